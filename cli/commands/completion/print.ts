import { basename } from "node:path"
import { cleanLine } from "../../clean.ts"
import type { Given } from "../../command.ts"
import { scripts } from "../../completion/scripts.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import type { Io } from "../../io.ts"

/** Without a name it is for the shell that one signs in with. */
export const run = ({ arguments: [named] }: Given, io: Io): Promise<number> => {
  const shell = named ?? basename(io.environment.SHELL ?? "")
  const script = Object.hasOwn(scripts, shell) ? scripts[shell] : undefined
  if (script === undefined) {
    const known = Object.keys(scripts).join(", ")
    const what = shell === "" ? "Which shell?" : `There is no completion for \`${cleanLine(shell)}\`.`
    throw new Failure(exit_codes.usage, `${what} There are: ${known}, as in \`wf completion bash\`.`)
  }
  io.out(script.trimEnd())
  if (io.out_is_tty) io.note("The second line says where this belongs; `wf help completion` has more.")
  return Promise.resolve(exit_codes.done)
}
