import { expect, test } from "bun:test"
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import { clearCgroups, openCgroups } from "./cgroup.ts"

const bounds = { max_memory_bytes: 1_000_000_000, max_processes: 100 }

test("what a worker that is gone has left is ended and removed by the next one", async () => {
  const id = `test-${crypto.randomUUID()}`
  const cgroups = openCgroups(id)
  // Where no control group can be made, none is left.
  if (!cgroups?.cgroup) return
  const family = cgroups.open("/anywhere/one", bounds)
  const child = Bun.spawn(["sleep", "60"])
  writeFileSync(family.entry ?? "", String(child.pid))
  expect(family.processes()).toEqual([child.pid])
  clearCgroups([id])
  await child.exited
  expect(child.signalCode).toBe("SIGKILL")
  await until("it is removed", () => {
    clearCgroups([id])
    return !readdirSync(join(cgroups.cgroup ?? "", "..")).includes(`wf-${id}`)
  })
})

test("a folder that is no control group is not taken for one, and nothing stays in it", () => {
  const base = mkdtempSync(join(tmpdir(), "wf-cgroup-"))
  writeFileSync(join(base, "cgroup.procs"), "")
  expect(openCgroups("one", base)).toBeUndefined()
  expect(readdirSync(base)).toEqual(["cgroup.procs"])
  mkdirSync(join(base, "none"))
  expect(openCgroups("one", join(base, "none"))).toBeUndefined()
  rmSync(base, { recursive: true })
})
