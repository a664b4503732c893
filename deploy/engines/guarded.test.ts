import { afterAll, beforeAll, expect, test } from "bun:test"
import { mkdtemp, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import { startGuarded } from "./guarded.ts"

let root = ""
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "wf-guarded-"))
})
afterAll(() => rm(root, { recursive: true, force: true }))

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const start = (name: string, words: readonly string[]) =>
  startGuarded({
    name,
    words,
    folder: join(root, name),
    address: {},
    ports: [],
    ready: async () => true,
    ready_ms: 5_000,
    grace_s: 1,
  })

const untilGone = async (pid: number) => {
  await until("the process is gone", () => !isAlive(pid))
}

test("stop ends the process, and twice is fine", async () => {
  const running = await start("polite", ["sleep", "600"])
  expect(isAlive(running.pid)).toBe(true)
  await running.stop()
  await running.stop()
  expect(isAlive(running.pid)).toBe(false)
})

test("a process that ignores the request to end is ended by force", async () => {
  const running = await startGuarded({
    name: "deaf",
    words: ["sh", "-c", "trap '' TERM; echo deaf; while :; do sleep 0.1; done"],
    folder: join(root, "deaf"),
    address: {},
    ports: [],
    ready: async () => (await Bun.file(join(root, "deaf", "deaf.log")).text()).includes("deaf"),
    ready_ms: 5_000,
    grace_s: 1,
  })
  await running.stop()
  expect(isAlive(running.pid)).toBe(false)
})

test("kill ends it at once, and stop after that is fine", async () => {
  const running = await start("killed", ["sleep", "600"])
  await running.kill()
  expect(await running.exited).toBe(137)
  expect(isAlive(running.pid)).toBe(false)
  await running.stop()
})

test("a process that ends before it is ready is reported with the end of its log", () => {
  const starting = startGuarded({
    name: "hopeless",
    words: ["sh", "-c", "echo the disk is full; exit 3"],
    folder: join(root, "hopeless"),
    address: {},
    ports: [],
    ready: async () => false,
    ready_ms: 5_000,
  })
  expect(starting).rejects.toThrow(/hopeless ended with 3:\nthe disk is full/)
})

test("the process ends with its parent, even when that is killed", async () => {
  const script = `
    import { startGuarded } from ${JSON.stringify(join(import.meta.dir, "guarded.ts"))}
    const running = await startGuarded({ name: "child", words: ["sleep", "600"], folder: ${JSON.stringify(join(root, "child"))},
      address: {}, ports: [], ready: async () => true, ready_ms: 5000 })
    process.stdout.write(running.pid + "\\n")
    setInterval(() => undefined, 1000)`
  const parent = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe" })
  const { value } = await parent.stdout.getReader().read()
  const pid = Number(new TextDecoder().decode(value))
  expect(isAlive(pid)).toBe(true)
  parent.kill("SIGKILL")
  await untilGone(pid)
})
