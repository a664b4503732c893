import { afterAll, beforeAll, expect, test } from "bun:test"
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import { clone, installed, removeFolders, temporaryFolder } from "./checkout.ts"
import { areGone, endAll, family, up, wf } from "./launched.ts"

let checkout = ""

beforeAll(() => {
  checkout = installed(clone(temporaryFolder()))
}, 60_000)

afterAll(async () => {
  await endAll()
  removeFolders()
})

const parts = ["a", "b", "c", "d", "e"]

/** Five tasks at once, of which some have ended and some are running when it is killed, and one that joins them. */
const workflow = (effects: string): string =>
  [
    "name: killed",
    "tasks:",
    ...parts.map(
      (part, place) =>
        `  ${part}:\n    run: |\n      echo begin >> ${effects}/${part}.begun\n      sleep ${place < 2 ? 0 : 3}\n      echo end >> ${effects}/${part}.ended`,
    ),
    `  join:\n    needs: [${parts.join(", ")}]\n    run: ls ${effects} | grep -c ended > ${effects}/join.ended`,
    "",
  ].join("\n")

test("a run goes on after kill -9 of the platform: every effect is there, no process is left, nothing is locked", async () => {
  const home = temporaryFolder()
  const me = { checkout, home }
  const data = join(home, "data")
  const effects = join(home, "effects")
  mkdirSync(effects)
  const file = join(home, "killed.yml")
  writeFileSync(file, workflow(effects))
  const first = await up({ ...me, words: ["--data", data] })
  const run_id = (await wf({ ...me, words: ["run", file, "--detach"] })).stdout.trim()
  await until("two ended tasks", () =>
    parts.slice(0, 2).every((part) => existsSync(join(effects, `${part}.ended`))),
  )
  await until("all tasks' begin", () => parts.every((part) => existsSync(join(effects, `${part}.begun`))))
  const all = family(first.pid)
  expect(await first.stop("SIGKILL")).toBe(137)
  expect(await areGone(all)).toBe(true)
  const second = await up({ ...me, words: ["--data", data] })
  const watched = await wf({ ...me, words: ["watch", run_id] })
  expect([watched.code, watched.stdout]).toEqual([0, expect.stringContaining("✓ killed completed")])
  expect(
    readdirSync(effects)
      .filter((name) => name.endsWith(".ended"))
      .sort(),
  ).toEqual([...parts, "join"].map((name) => `${name}.ended`))
  expect(await second.stop("SIGTERM")).toBe(0)
}, 120_000)

type Event = { readonly seq: number; readonly type: string }
type Line = { readonly task: string; readonly attempt: number; readonly text: string }

const parsed = <Item>(text: string): readonly Item[] =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Item)

test("who follows a run does so through kill -9 and a new start: no event and no line is missing or doubled", async () => {
  const home = temporaryFolder()
  const me = { checkout, home }
  const data = join(home, "data")
  const mark = join(home, "mark")
  const go = join(home, "go")
  const count = "for n in $(seq 1 30); do echo line $n; sleep 0.1; done"
  const file = join(home, "followed.yml")
  writeFileSync(
    file,
    `name: followed\ntasks:\n  early:\n    run: until [ -e ${go} ]; do sleep 0.05; done; seq 1 500\n  late:\n    needs: [early]\n    run: touch ${mark}; ${count}\n`,
  )
  const first = await up({ ...me, words: ["--data", data] })
  const port = new URL(first.url).port
  const run_id = (await wf({ ...me, words: ["run", file, "--detach"] })).stdout.trim()
  const watched = wf({ ...me, words: ["watch", run_id, "--json"] })
  const followed = wf({ ...me, words: ["logs", run_id, "-f", "--json"] })
  await until("both follow", async () => {
    const metrics = await (await fetch(`${first.url}/metrics`)).text()
    return ["events", "logs"].every((what) => metrics.includes(`/runs/:run_id/${what}"`))
  })
  writeFileSync(go, "")
  await until("the second task's begin", () => existsSync(mark))
  await first.stop("SIGKILL")
  const second = await up({ ...me, words: ["--data", data, "--port", port] })
  const seen = await watched
  expect([seen.code, seen.stderr]).toEqual([0, ""])
  const events = parsed<Event>(seen.stdout).slice(0, -1)
  expect(events.map(({ seq }) => seq)).toEqual(events.map((_, place) => place + 1))
  expect(events.at(-1)?.type).toBe("workflow.completed")
  const lines = parsed<Line>((await followed).stdout)
  const early = lines.filter(({ task }) => task === "early")
  expect(early.map(({ text }) => text)).toEqual(Array.from({ length: 500 }, (_, place) => String(place + 1)))
  const attempt = Math.max(...lines.map((line) => line.attempt))
  const last = lines.filter((line) => line.task === "late" && line.attempt === attempt)
  expect(last.map(({ text }) => text)).toEqual(Array.from({ length: 30 }, (_, place) => `line ${place + 1}`))
  expect(await second.stop("SIGTERM")).toBe(0)
}, 120_000)
