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
