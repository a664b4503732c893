import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"
import type { Io } from "./io.ts"

/** Asked for without showing it, or read from stdin; never an argument, which everybody on the machine could see. */
export const readPassword = async (question: string, io: Io): Promise<string> => {
  const typed = await io.askHidden(`${question}: `)
  const password = typed ?? (await io.readStdin()).replace(/\r?\n$/, "")
  if (password !== "") return password
  throw new Failure(exit_codes.usage, "Nothing came from stdin. Pipe the password into this command.")
}
