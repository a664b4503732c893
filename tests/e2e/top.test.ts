import { afterEach, beforeAll, expect, test } from "bun:test"
import { mkdtempSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import { doorTo } from "./door.ts"
import { platform, type UnderTest } from "./platform.ts"
import { filterBy, leaveAll, type Sitting, sitAt } from "./terminal.ts"

let it: UnderTest
beforeAll(async () => {
  it = await platform()
}, 120_000)

const folder = mkdtempSync(join(tmpdir(), "wf-e2e-top-"))
const usual = { columns: 80, rows: 24 }

const begin = async (name: string, tasks: readonly string[]): Promise<string> => {
  const path = join(folder, `${name}.yml`)
  writeFileSync(path, [`name: ${name}`, "tasks:", ...tasks.map((line) => `  ${line}`), ""].join("\n"))
  return (await it.wf(["run", path, "--detach"])).stdout.trim()
}

const waiting = (name: string) =>
  begin(name, ['sign: { uses: approval, with: { roles: [viewer], message: "Sure?" } }'])

const failing = async (name: string): Promise<string> => {
  const run_id = await begin(name, ["break_it: { run: exit 3 }"])
  expect((await it.wf(["watch", run_id])).code).toBe(1)
  return run_id
}

const sitting: Sitting[] = []

const top = (url = it.url, size = usual): Sitting => {
  const at = sitAt({ url, token: it.token }, ["top"], size)
  sitting.push(at)
  return at
}

afterEach(() => leaveAll(sitting))

test("what goes on is seen, a run is looked into, approved there, and left for the rest again", async () => {
  await failing("top-fails")
  const run_id = await waiting("top-signs")
  const queue = `top-${crypto.randomUUID().slice(0, 8)}`
  await it.client.queues.pause(queue)
  await it.client.jobs.create({ type: "sleep", payload: {}, queue: `${queue}-dead`, max_retries: 1 })
  const at = top()
  for (const part of ["1 Running", "2 Failed", "3 Queues", "4 Workers", "5 Dead letters"])
    await at.shows(part)
  await at.shows(/work {2}\d+ queued/)
  await filterBy(at, "top-fails")
  await at.shows(/✗ top-fails +v1 +\d+s ago/)
  at.press("\u001b")
  await at.shows("/ filter")
  await filterBy(at, queue)
  await at.shows(/sleep +top-\S+-dead/)
  expect(at.screen().join("\n")).toMatch(/‖ \S+ +paused +empty/)
  at.press("\u001b")
  await at.shows("/ filter")
  await filterBy(at, run_id)
  await at.shows(/▶ top-signs/)
  at.press("\r")
  await at.shows("approval by viewer: Sure?")
  await at.shows("q back")
  at.press("a")
  await at.shows(/^top-signs v1 {2}completed/)
  at.press("q")
  await at.shows("none that the filter lets through")
  at.press("q")
  expect(await at.ended).toBe(0)
  expect((await it.client.runs.get(run_id)).status).toBe("completed")
  // The screen is taken once, however often what is on it changes.
  expect(at.written().match(/\u001b\[\?1049[hl]/g)).toEqual(["\u001b[?1049h", "\u001b[?1049l"])
})

test("a run that has failed stays on the screen, and is run again from there", async () => {
  const run_id = await failing("top-again")
  const at = top()
  await at.shows("2 Failed")
  await filterBy(at, run_id)
  await at.shows("✗ top-again")
  at.press("\r")
  await at.shows(/top-again v1 {2}failed/)
  at.press("r")
  await until("it is another run", () => {
    const screen = at.screen().join("\n")
    return /top-again v1 {2}failed/.test(screen) && !screen.includes(run_id)
  })
  at.press("\u001b")
  await at.shows("1 Running")
})

test("keys show one part, all values of what isn't a run, and the keys themselves", async () => {
  const at = top()
  await at.shows(/default +open/)
  at.press("3")
  await until("the queues are alone", () => !at.screen().join("\n").includes("4 Workers"))
  at.press("\r")
  await at.shows(/retrying +\d/)
  at.press("\u001b")
  await at.shows("3 Queues")
  at.press("3")
  await at.shows("4 Workers")
  at.press("?")
  await at.shows("shift tab the one before")
  at.press("\u001b")
  await at.shows("3 Queues")
  at.press("\u0003")
  expect(await at.ended).toBe(130)
})

test("Ctrl-C leaves from within a run, too, which goes on", async () => {
  const run_id = await waiting("top-left")
  const at = top()
  await at.shows("1 Running")
  await filterBy(at, run_id)
  await at.shows("▶ top-left")
  at.press("\r")
  await at.shows("Sure?")
  at.press("\u0003")
  expect(await at.ended).toBe(130)
  expect((await it.client.runs.get(run_id)).status).toBe("running")
})

test("it stays readable on terminals of any size", async () => {
  const at = top(it.url, { columns: 200, rows: 60 })
  await at.shows("5 Dead letters")
  for (const size of [{ columns: 40, rows: 10 }, { columns: 20, rows: 5 }, usual]) {
    at.resize(size)
    await until("it is drawn anew", () => {
      const screen = at.screen()
      return /^\/ filter/.test(screen.at(-1) ?? "") && /^wf top/.test(screen[0] ?? "")
    })
    expect(at.screen()).toHaveLength(size.rows)
    expect(at.screen().join("\n")).toMatch(/^\d (Running|Failed|Queues|Workers|Dead)/m)
  }
})

test("a platform that is away for a while is waited for", async () => {
  const door = doorTo(it.url)
  const at = top(door.url)
  await at.shows("4 Workers")
  await door.shut()
  await at.shows(/not answering for \d+s, trying again/)
  expect(at.screen().join("\n")).toContain("4 Workers")
  door.open()
  await until("it answers", () => !at.screen().join("\n").includes("not answering"))
  at.press("q")
  expect(await at.ended).toBe(0)
  await door.shut()
})

test("nothing that a server says moves the cursor or reaches the clipboard", async () => {
  await failing("top-evil")
  const evil = "\\u001b]52;c;ZXZpbA==\\u0007\\u001b[2J\\u001b[H\\u009b3A\\r\\n"
  const door = doorTo(it.url, (text) => text.replaceAll("top-evil", `${evil}top-evil`))
  const at = top(door.url)
  await at.shows("top-evil")
  at.press("q")
  await at.ended
  await door.shut()
  for (const forbidden of ["\u001b]52", "ZXZpbA", "\u009b"]) expect(at.written()).not.toContain(forbidden)
  // A name is one line, and stays in its own.
  expect(at.written()).toMatch(/✗[^\n]*top-evil/)
})

test("in a pipe it is what there is now, line by line, and as one object", async () => {
  const run_id = await failing("top-piped")
  const open_id = await waiting("top-open")
  const { code, stdout, stderr } = await it.wf(["top"])
  expect([code, stderr]).toEqual([0, ""])
  const lines = stdout.split("\n").map((line) => line.split("\t"))
  const linesOf = (kind: string) => lines.filter(([first]) => first === kind)
  expect(linesOf("throughput").map(([, of]) => of)).toEqual(["runs", "jobs"])
  expect(
    linesOf("failed")
      .find(([, id]) => id === run_id)
      ?.slice(2, 5),
  ).toEqual(["top-piped", "1", "failed"])
  expect(
    linesOf("run")
      .find(([, id]) => id === open_id)
      ?.slice(2, 5),
  ).toEqual(["top-open", "1", "running"])
  expect(linesOf("queue").some(([, name]) => name === "default")).toBe(true)
  expect(linesOf("worker").length).toBeGreaterThan(0)
  const told = JSON.parse((await it.wf(["top", "--json"])).stdout)
  expect(told.running).toContainEqual(
    await it.client.runs.list({ status: "running" }).then(({ items }) => items[0]),
  )
  expect(told.failed.map(({ id }: { id: string }) => id)).toContain(run_id)
  expect(told.throughput.runs.failed).toBeGreaterThan(0)
  expect(Object.keys(told)).toEqual([
    ...["at", "throughput", "running", "failed", "queues", "workers", "dead_letters"],
  ])
})

test("where no platform answers, or nobody is signed in, it says so and takes no screen", async () => {
  const away = sitAt({ url: "http://127.0.0.1:9", token: it.token }, ["top"], usual)
  expect(await away.ended).toBe(7)
  const nobody = sitAt({ url: it.url, token: "wf_nobody" }, ["top"], usual)
  expect(await nobody.ended).toBe(4)
  for (const at of [away, nobody]) expect(at.written()).not.toContain("\u001b[?1049h")
})

test("where nobody sits at the terminal it is tables", async () => {
  const at = sitAt(it, ["top", "--plain"], { columns: 200, rows: 60 })
  expect(await at.ended).toBe(0)
  expect(at.written()).not.toContain("\u001b[?1049h")
  await at.shows(/^Workers$/m)
})
