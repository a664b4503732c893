/** What the gateway's file says, with something else in its place; refuses a file that doesn't say it. */
export const replaced = (text: string, said: string, instead: string): string => {
  if (!text.includes(said)) throw new Error(`the gateway's file has no ${said}`)
  return text.replace(said, instead)
}
