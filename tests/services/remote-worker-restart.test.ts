import { afterAll, beforeAll, expect, test } from "bun:test"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import { type Client, createClient, createWorker, type Worker } from "#sdk/index.ts"
import { type EmbeddedPlatform, startEmbeddedPlatform } from "#tests/chaos/embedded-platform.ts"

let home: string
let it: EmbeddedPlatform
let client: Client
let worker: Worker
/** Ends what the function of this name does at present. */
const let_go = new Map<string, () => void>()
const calls: string[] = []

const wait = ({ name }: { readonly name: string }) => {
  calls.push(name)
  return new Promise<{ readonly name: string }>((resolve) => let_go.set(name, () => resolve({ name })))
}

beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "wf-remote-"))
  // PostgreSQL, which root runs as somebody else, has to get through.
  chmodSync(home, 0o711)
  it = await startEmbeddedPlatform({ data: join(home, "data"), home })
  const { url } = it.part.address
  client = createClient({ url, token: it.token })
  worker = createWorker({ url, token: it.token, functions: { wait }, slots: 2 })
  void worker.run()
}, 120_000)

afterAll(async () => {
  await worker.stop(0)
  await it.part.stop()
  rmSync(home, { recursive: true, force: true })
})

const flow = "name: waiting\ninputs: { name: { type: string } }\ntasks:\n  one:\n    uses: function\n"

const start = async (name: string): Promise<string> => {
  const given = `    with: { name: wait, input: { name: "\${{ inputs.name }}" } }\n`
  const { workflow, version } = await client.workflows.push(flow + given, "waiting.yml")
  const { id } = await client.runs.start({ workflow, version, inputs: { name } })
  await until(`${name} runs`, () => let_go.has(name))
  return id
}

const ended = (run_id: string) =>
  until("the run ends", async () => {
    const run = await client.runs.get(run_id).catch(() => undefined)
    return run?.finished_at ? run : undefined
  })

test("a worker goes on through a restart of the platform: what it runs, what ends meanwhile, what comes after", async () => {
  const [during, after] = [await start("during"), await start("after")]
  await it.part.kill("SIGKILL")
  let_go.get("during")?.()
  await it.part.restart()
  expect(await ended(during)).toMatchObject({ status: "completed" })
  let_go.get("after")?.()
  expect(await ended(after)).toMatchObject({ status: "completed" })
  const later = await start("later")
  let_go.get("later")?.()
  expect(await ended(later)).toMatchObject({ status: "completed" })
  // Nothing was done twice.
  expect(calls).toEqual(["during", "after", "later"])
  for (const run_id of [during, after, later]) {
    const { items } = await client.runs.tasks(run_id)
    expect(items).toMatchObject([{ attempt: 1, status: "completed" }])
  }
}, 120_000)
