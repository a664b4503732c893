/**
 * The file of profiles is there but can't be read or understood; its message says what to do. By itself, since every
 * command of the CLI knows it, and few read the file.
 */
export class ProfilesError extends Error {}
