import { createWriteStream } from "node:fs"
import { rename, rm } from "node:fs/promises"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { createGzip } from "node:zlib"
import type { Client } from "#sdk/client.ts"
import { isEnded } from "#sdk/runs.ts"
import type { Run } from "#sdk/shapes.ts"
import { type Given, text } from "../../command.ts"
import { connect } from "../../connection.ts"
import { exit_codes } from "../../exit.ts"
import { Failure } from "../../failure.ts"
import type { Io } from "../../io.ts"
import { type Entry, inParts, jsonEntry, tarOf } from "../../tar.ts"

const numbered = (folder: string) => (part: number) => `${folder}/${String(part).padStart(5, "0")}.jsonl`

/** What is there of a run, one piece after the other; nothing is held but the piece that is being written. */
async function* contents(client: Client, run: Run, { now, signal }: Io): AsyncGenerator<Entry> {
  const at = now()
  yield jsonEntry("run.json", run, at)
  // A sequence has no version of its own to show.
  const version = await client.workflows.version(run.workflow, run.version).catch(() => undefined)
  if (version) yield jsonEntry("version.json", version, at)
  yield* inParts(client.runs.watch(run.id, { signal }), numbered("events"), at)
  yield* inParts(client.history.all({ run_id: run.id }), numbered("executions"), at)
  yield* inParts(client.runs.logs(run.id, { signal }), numbered("logs"), at)
  yield* inParts(client.artifacts.all(run.id), numbered("artifacts"), at)
}

export const run = async ({ arguments: [run_id = ""], options }: Given, io: Io): Promise<number> => {
  const client = connect(options, io)
  const found = await client.runs.get(run_id)
  if (!isEnded(found))
    throw new Failure(
      exit_codes.conflict,
      `This run has not ended: it is ${found.status}. \`wf watch ${found.id}\` waits for its end.`,
    )
  const output = text(options, "output") ?? `${found.id}.tar.gz`
  const archive = Readable.from(tarOf(contents(client, found, io)))
  if (output === "-") {
    for await (const bytes of archive.compose(createGzip())) await io.write(bytes as Uint8Array)
    return exit_codes.done
  }
  const draft = `${output}.part`
  try {
    await pipeline(archive, createGzip(), createWriteStream(draft))
    await rename(draft, output)
  } catch (error) {
    await rm(draft, { force: true })
    throw error
  }
  io.out(output)
  return exit_codes.done
}
