import { afterEach, beforeAll, expect, test } from "bun:test"
import { until } from "#kernel/testing/until.ts"
import { doorTo } from "./door.ts"
import { platform, type UnderTest } from "./platform.ts"
import { leaveAll, type Sitting, sitAt } from "./terminal.ts"

let it: UnderTest
beforeAll(async () => {
  it = await platform()
}, 120_000)

const sitting: Sitting[] = []
afterEach(() => leaveAll(sitting))

const start = async (name: string, tasks: string): Promise<string> => {
  await it.client.workflows.push(`name: ${name}\ntasks:\n${tasks}\n`)
  return (await it.client.runs.start({ workflow: name })).id
}

const logs = (
  words: readonly string[],
  more: { url?: string; env?: Record<string, string> } = {},
): Sitting => {
  const { url = it.url, env = {} } = more
  const at = sitAt({ url, token: it.token }, ["logs", ...words], { columns: 120, rows: 40, env })
  sitting.push(at)
  return at
}

const three = [
  "  compile: { run: echo one }",
  "  go: { needs: [compile], run: echo two }",
  "  shard: { needs: [go], for_each: [1, 2], run: echo three }",
].join("\n")

const ended = async (run_id: string) => {
  for await (const _ of it.client.runs.watch(run_id));
}

test("at a terminal each task has a colour of its own, and what it says stands below each other", async () => {
  const run_id = await start("logs-coloured", three)
  await ended(run_id)
  const at = logs([run_id])
  expect(await at.ended).toBe(0)
  expect(
    at
      .left()
      .filter((text) => text !== "")
      .slice(0, 2),
  ).toEqual(["compile │ one", "go      │ two"])
  const colours = ["compile", "go", "shard\\[0\\]", "shard\\[1\\]"].map(
    (task) => new RegExp(`\u001b\\[(\\d+)m${task} *│\u001b\\[0m`).exec(at.written())?.[1],
  )
  expect(new Set(colours).size).toBe(3)
  expect(colours[2]).toBe(colours[3])
  const bare = logs([run_id, "--timestamps"], { env: { NO_COLOR: "1" } })
  expect(await bare.ended).toBe(0)
  expect(bare.written()).not.toContain("\u001b[")
  expect(bare.left()[0]).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z compile │ one$/)
})

test("of several runs at once each has a colour of its own", async () => {
  const waiting = [
    "  greet: { run: echo hello }",
    "  wait: { needs: [greet], uses: signal, with: { name: go } }",
  ].join("\n")
  const runs = [await start("logs-several", waiting), await start("logs-several", waiting)]
  const at = logs(["--workflow", "logs-several", "-f"])
  for (const run_id of runs) await at.shows(`${run_id.slice(0, 13)} greet │ hello`)
  const colours = runs.map(
    (run_id) => new RegExp(`\u001b\\[(\\d+)m${run_id.slice(0, 13)}\u001b\\[0m`).exec(at.written())?.[1],
  )
  expect(colours.every((one) => one !== undefined)).toBe(true)
  if (runs[0]?.slice(0, 13) !== runs[1]?.slice(0, 13)) expect(new Set(colours).size).toBe(2)
})

test("a connection that breaks leaves no gap and no double line", async () => {
  const count = 120
  const run_id = await start(
    "logs-broken",
    `  say: { run: "for i in $(seq ${count}); do echo line $i; sleep 0.02; done" }`,
  )
  const door = doorTo(it.url)
  const at = logs([run_id, "-f"], { url: door.url })
  for (const line of [10, 40, 80]) {
    await until("some lines have come", () => at.written().includes(`line ${line}`))
    await door.shut()
    door.open()
  }
  expect(await at.ended).toBe(0)
  await door.shut()
  const shown = at.left().flatMap((text) => /^say │ line (\d+)$/.exec(text)?.[1] ?? [])
  expect(shown).toEqual(Array.from({ length: count }, (_, index) => String(index + 1)))
})
