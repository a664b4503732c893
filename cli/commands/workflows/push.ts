import { asJson, cleanLine } from "../../clean.ts"
import { flag, type Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"
import { readWorkflow } from "../../workflow-file.ts"
import { noteProblems } from "./validate.ts"

/** All files are checked before the first is sent. */
export const run = async (given: Given, io: Io): Promise<number> => {
  const sources = given.arguments.map((path) => ({ path, source: readWorkflow(path) }))
  const valid = sources.map(({ path, source }) => noteProblems(path, source, io))
  if (valid.includes(false)) return exit_codes.usage
  const client = connect(given.options, io)
  for (const { path, source } of sources) {
    const pushed = await client.workflows.push(source, path)
    const outcome = pushed.created ? "created" : "unchanged"
    io.out(
      flag(given.options, "json")
        ? asJson(pushed)
        : `${cleanLine(pushed.workflow)}\t${pushed.version}\t${outcome}`,
    )
  }
  return exit_codes.done
}
