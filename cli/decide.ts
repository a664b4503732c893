import { asJson, cleanLine } from "./clean.ts"
import { flag, type Given, text } from "./command.ts"
import { connect } from "./connection.ts"
import { exit_codes } from "./exit.ts"
import type { Io } from "./io.ts"

type Wait = { readonly approvals?: number; readonly decisions?: readonly { readonly approved: boolean }[] }

/** Says what somebody thinks of an approval, and what came of it. */
export const decide = async (
  verb: "approve" | "reject",
  { arguments: [run_id = "", task = ""], options }: Given,
  io: Io,
): Promise<number> => {
  const comment = text(options, "comment")
  const client = connect(options, io)
  const said = await client.runs[verb](run_id, task, comment === undefined ? {} : { comment })
  if (flag(options, "json")) {
    io.out(asJson(said))
    return exit_codes.done
  }
  const { approvals = 1, decisions = [] } = (said.wait ?? {}) as Wait
  const agreed = decisions.filter(({ approved }) => approved).length
  const name = cleanLine(said.task)
  if (said.status === "waiting") io.note(`Noted: ${agreed} of ${approvals} have agreed to ${name}.`)
  else if (said.status === "completed") io.note(`Approved: ${name} has completed, and the run goes on.`)
  else io.note(`Rejected: ${name} has ${cleanLine(said.status)}.`)
  return exit_codes.done
}
