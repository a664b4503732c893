import { afterAll, beforeAll, expect, test } from "bun:test"
import { existsSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import { clone, installed, removeFolders, temporaryFolder } from "./checkout.ts"
import { endAll, up, wf } from "./launched.ts"

let checkout = ""

beforeAll(() => {
  checkout = installed(clone(temporaryFolder()))
}, 60_000)

afterAll(async () => {
  await endAll()
  removeFolders()
})

const stop_ms = 10_000

for (const [signal, code] of [
  ["SIGTERM", 0],
  ["SIGINT", 130],
  ["SIGHUP", 0],
] as const) {
  test(`${signal} ends it within 10 s though a task is running, and leaves no process`, async () => {
    const home = temporaryFolder()
    const me = { checkout, home }
    const data = join(home, "data")
    const begun = join(home, "begun")
    const platform = await up({ ...me, words: ["--data", data] })
    const file = join(home, "long.yml")
    // A task that ignores what it is told, with a child that does too.
    writeFileSync(
      file,
      `name: long\ntasks:\n  one:\n    run: |\n      trap '' TERM INT\n      sleep 300 & touch ${begun}\n      sleep 300\n      wait\n`,
    )
    expect((await wf({ ...me, words: ["run", file, "--detach"] })).code).toBe(0)
    await until("the task's begin", () => existsSync(begun))
    const from_ms = performance.now()
    expect(await platform.stop(signal)).toBe(code)
    expect(performance.now() - from_ms).toBeLessThan(stop_ms)
  }, 60_000)
}
