/** The examples, where this is one file that has no folder beside it: the build puts them here. */
export const kept: Readonly<Record<string, string>> | undefined = undefined
