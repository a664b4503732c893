/** Slow on purpose, so it is bounded: who comes when too many wait is told that the platform is busy. */
export type Passwords = {
  hash(password: string): Promise<string>
  /** Takes the same time when there is no hash to compare with. */
  verify(password: string, hash: string | undefined): Promise<boolean>
}
