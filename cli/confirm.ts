import { flag, type Options } from "./command.ts"
import { exit_codes } from "./exit.ts"
import { Failure } from "./failure.ts"
import type { Io } from "./io.ts"

/** What can't be taken back has to be meant: `--yes`, or a yes to the question where somebody can answer it. */
export const confirm = async (what: string, options: Options, io: Io): Promise<void> => {
  if (flag(options, "yes")) return
  const answer = await io.ask(`This will ${what}. Go on? [y/N] `)
  if (/^y(es)?$/i.test(answer?.trim() ?? "")) return
  throw new Failure(
    exit_codes.usage,
    `This would ${what}. Give \`--yes\` if that is meant; nothing was changed.`,
  )
}
