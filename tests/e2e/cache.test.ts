import { afterAll, beforeAll, expect, test } from "bun:test"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { platform, type UnderTest } from "./platform.ts"

let it: UnderTest
let folder: string
beforeAll(async () => {
  it = await platform()
  folder = mkdtempSync(join(tmpdir(), "wf-e2e-cache-"))
}, 120_000)
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const flow = (command: string) => `name: cached
inputs: { day: { type: string } }
tasks:
  slow:
    run: |
      ${command}
      echo "made=$WF_RUN_ID" >> "$WF_OUTPUT"
    cache: { key: "\${{ inputs.day }}", ttl: 1h }
    outputs: [made]
  after: { needs: [slow], run: "echo it was made by \${{ tasks.slow.outputs.made }}" }
`

type Run = {
  readonly id: string
  readonly tasks: readonly {
    readonly reason: string | null
    readonly reused_from: string | null
    readonly id: string
  }[]
}

const run = async (command: string, day: string): Promise<Run> => {
  const path = join(folder, "cached.yml")
  writeFileSync(path, flow(command))
  const { code, stdout } = await it.wf(["run", path, "-i", `day=${day}`, "--json"])
  expect(code).toBe(0)
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "") as Run
}

test("a task whose key has a result is completed with it, and says so", async () => {
  const first = await run("echo one", "mon")
  const again = await run("echo one", "mon")
  expect(again.tasks[0]).toMatchObject({ reason: "cached", reused_from: first.tasks[0]?.id })
  expect((await it.wf(["logs", again.id])).stdout).toBe(`after\tit was made by ${first.id}\n`)
  const shown = await it.client.runs.get(again.id)
  expect(shown.tasks?.map(({ status, outputs }) => [status, outputs])).toEqual([
    ["completed", { made: first.id }],
    ["completed", {}],
  ])
  for (const other of [await run("echo one", "tue"), await run("echo two", "mon")]) {
    expect(other.tasks[0]).toMatchObject({ reason: null, reused_from: null })
  }
  const rerun = await it.wf(["rerun", again.id, "--json"])
  expect(rerun.code).toBe(0)
  expect(rerun.stdout).not.toContain('"reason":"cached"')
})
