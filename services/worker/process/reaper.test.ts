import { afterEach, expect, test } from "bun:test"
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"

const linesOf = (stream: ReadableStream<Uint8Array>) => {
  const reader = stream.getReader()
  const next = async () => new TextDecoder().decode((await reader.read()).value).trim()
  return { next }
}

/** A worker of a kind: it starts two tasks, forgets the second, tells their groups, and waits. */
const worker = `
const { startReaper } = await import(${JSON.stringify(new URL("./reaper.ts", import.meta.url).href)})
const reaper = startReaper()
const task = () => Bun.spawn(["sh", "-c", "trap '' TERM; sleep 60 & wait"], { detached: true, stdout: "ignore" }).pid
const [watched, forgotten] = [task(), task()]
reaper.watch(watched)
reaper.watch(forgotten)
reaper.forget(forgotten)
console.log([watched, forgotten].join(" "))
await Bun.stdin.text()
reaper.forget(watched)
await reaper.stop()
console.log("stopped")
process.exit(0)
`

const cleanups: (() => void)[] = []
afterEach(() => {
  for (const clean of cleanups.splice(0)) clean()
})

const endGroup = (group: number): void => {
  try {
    process.kill(-group, "SIGKILL")
  } catch {
    // It has ended already.
  }
}

const start = async () => {
  const child = Bun.spawn([process.execPath, "-e", worker], {
    stdin: "pipe",
    stdout: "pipe",
    stderr: "inherit",
  })
  const lines = linesOf(child.stdout)
  const [watched = 0, forgotten = 0] = (await lines.next()).split(" ").map(Number)
  cleanups.push(() => {
    child.kill("SIGKILL")
    endGroup(watched)
    endGroup(forgotten)
  })
  return { child, lines, watched, forgotten }
}

/** Empty when the process has just ended. */
const factOf = (process_id: string | number, fact: "stat" | "cmdline"): string => {
  try {
    return readFileSync(`/proc/${process_id}/${fact}`, "utf8")
  } catch {
    return ""
  }
}

/** Those that live, zombies apart, in which a condition on "state ppid pgrp" holds. */
const living = (holds: (fields: readonly string[]) => boolean): readonly number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      const fields = factOf(name, "stat")
        .replace(/^.*\) /, "")
        .split(" ")
      return fields.length > 3 && fields[0] !== "Z" && holds(fields)
    })
    .map(Number)

const membersOf = (group: number) => living(([, , pgrp]) => pgrp === String(group))

test("a worker that is killed takes the groups of its tasks with it, also those that ignore the polite signal", async () => {
  const { child, watched, forgotten } = await start()
  await until("the tasks run", () => membersOf(watched).length === 2 && membersOf(forgotten).length === 2)
  child.kill("SIGKILL")
  await child.exited
  await until("the watched group is gone", () => membersOf(watched).length === 0)
  expect(membersOf(forgotten)).toHaveLength(2)
})

const kinds = ["openCgroups('test-' + crypto.randomUUID()) ?? markedFamilies", "markedFamilies"]

test.each(kinds)("a worker that is killed takes those along that left their groups: %s", async (families) => {
  const folder = mkdtempSync(join(tmpdir(), "wf-reaper-"))
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }))
  const part = (name: string) => JSON.stringify(new URL(name, import.meta.url).href)
  const code = `
    const { startReaper } = await import(${part("./reaper.ts")})
    const { openCgroups } = await import(${part("./cgroup.ts")})
    const { markedFamilies } = await import(${part("./marked.ts")})
    const { shell } = await import(${part("../executor/shell.ts")})
    const families = ${families}
    const folder = ${JSON.stringify(folder)}
    const reaper = startReaper({ cgroup: families.cgroup, folder })
    const limits = { max_memory_bytes: 1e9, max_processes: 100, max_open_files: 100, max_output_bytes: 1e6 }
    await shell({ reaper, families, limits })({
      run_id: "r", task_run_id: "t", attempt: 1, context: {}, folder: folder + "/one",
      task: { name: "t", env: {}, with: { run: "(setsid sh -c 'trap : TERM; echo $$; while :; do sleep 1; done' &); sleep 60" } },
      write: async (_, text) => console.log(text), signal: new AbortController().signal })`
  const child = Bun.spawn([process.execPath, "-e", code], { stdout: "pipe", stderr: "inherit" })
  const escaped = Number(await linesOf(child.stdout).next())
  expect(escaped).toBeGreaterThan(1)
  cleanups.push(() => endGroup(escaped))
  expect(membersOf(escaped).length).toBeGreaterThan(0)
  child.kill("SIGKILL")
  await until("the escaped one is gone", () => membersOf(escaped).length === 0)
})

test("a worker that stops in peace leaves nothing behind and waits for nothing", async () => {
  const { child, lines, watched } = await start()
  await child.stdin.end()
  expect(await lines.next()).toBe("stopped")
  expect(await child.exited).toBe(0)
  expect(membersOf(watched)).not.toHaveLength(0)
})

test("a reaper that is killed is replaced, and the next one guards the same groups", async () => {
  const { child, watched } = await start()
  const reapers = () => living(([, ppid, pgrp]) => ppid === String(child.pid) && pgrp !== String(watched))
  const isReaper = (process_id: number) => factOf(process_id, "cmdline").includes("groups=")
  const [first] = await until("the reaper is there", () => {
    const found = reapers().filter(isReaper)
    return found.length === 1 && found
  })
  process.kill(first ?? 0, "SIGKILL")
  await until("another one is there", () =>
    reapers()
      .filter(isReaper)
      .some((one) => one !== first),
  )
  child.kill("SIGKILL")
  await until("the watched group is gone", () => membersOf(watched).length === 0)
})
