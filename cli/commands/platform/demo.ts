import { readdirSync } from "node:fs"
import { join } from "node:path"
import { pushAuthored, readOne } from "../../authored.ts"
import type { Given } from "../../command.ts"
import { connect } from "../../connection.ts"
import { examplesFolder } from "../../examples.ts"
import { exit_codes } from "../../exit.ts"
import type { Io } from "../../io.ts"

/** Pushes every example, and starts each once. */
export const run = async ({ options }: Given, io: Io): Promise<number> => {
  const client = connect(options, io)
  const folder = examplesFolder()
  const files = readdirSync(folder).filter((name) => /\.(yml|ts)$/.test(name))
  const pushed: { readonly workflow: string; readonly version: number }[] = []
  for (const file of files.sort()) {
    const authored = await readOne(join(folder, file), io)
    if (!authored) return exit_codes.usage
    pushed.push(await pushAuthored(client, { ...authored, path: file }))
  }
  // Some run others, so all are there before one begins.
  for (const { workflow, version } of pushed) {
    const started = await client.runs.start({ workflow, version })
    io.out(`${workflow}\t${started.id}`)
  }
  io.note("Started. `wf runs list` shows them, `wf watch RUN` follows one.")
  return exit_codes.done
}
