import { afterAll, describe, expect, test } from "bun:test"
import { existsSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { until } from "#kernel/testing/until.ts"
import { shell } from "../executor/shell.ts"
import { given } from "../given.ts"
import { openCgroups } from "./cgroup.ts"
import type { Families } from "./family.ts"
import { markedFamilies } from "./marked.ts"

const isGone = (process_id: number): boolean => {
  try {
    process.kill(process_id, 0)
    return readFileSync(`/proc/${process_id}/stat`, "utf8").includes(") Z ")
  } catch {
    return true
  }
}

const gone = (process_id: number) => until(`process ${process_id} is gone`, () => isGone(process_id))

const cgroups = openCgroups(`probe-${crypto.randomUUID()}`)

const kinds: readonly [string, Families][] = [
  ["marks", markedFamilies],
  ...(cgroups ? ([["control groups", cgroups]] as [string, Families][]) : []),
]

describe.each(kinds)("with %s", (_, families) => {
  const worker = given.ground({ families, limits: { max_processes: 60, max_memory_bytes: 300_000_000 } })
  afterAll(() => worker.close())
  const ran = (run: string, more: Parameters<typeof worker.run>[2] = {}, limits = {}) =>
    worker.run(shell(worker.ground), { run, limits }, more)

  test.each([
    ["took a session of its own", "setsid sh -c 'echo $$; exec sleep 60' & sleep 0.3"],
    ["lost its parent twice", "(setsid sh -c '(echo $$; exec sleep 60) & echo $!' &) ; sleep 0.3"],
    [
      "did so and closed all that it held",
      "setsid sh -c 'echo $$; exec sleep 60 >/dev/null 2>&1' & sleep 0.3",
    ],
    ["forgot its environment", "setsid env -i sh -c 'echo $$; exec sleep 60 >/dev/null 2>&1' & sleep 0.3"],
    [
      "ignores what is polite",
      "setsid sh -c 'trap \"\" TERM HUP INT; echo $$; while :; do sleep 1; done' & sleep 0.3",
    ],
  ])("a child that %s is ended with its task", async (_, script) => {
    const { outcome, lines } = await ran(script)
    expect(outcome).toMatchObject({ ok: true })
    expect(lines.length).toBeGreaterThan(0)
    for (const [, text] of lines) await gone(Number(text))
  })

  test("a fork bomb ends at the bound of processes, and says so", async () => {
    // It doubles a few times between two looks: without a breath it would take every process of the machine.
    const { outcome } = await ran("bomb() { sleep 0.05; bomb | bomb & sleep 30; }; bomb; wait")
    expect(outcome).toMatchObject({ ok: false, error: { code: "task.processes" } })
    if (!outcome.ok) expect(outcome.error.message).toContain("at most 60 are allowed")
  })

  test("a task that takes too much memory is ended, and told what to raise", async () => {
    const { outcome } = await ran(
      "head -c 900000000 /dev/zero | tail -c 900000000 | sleep 30",
      {},
      { memory: "64MiB" },
    )
    expect(outcome).toMatchObject({ ok: false, error: { code: "task.memory" } })
    if (!outcome.ok) expect(outcome.error.message).toContain("64 MiB")
  })

  test("what it used is told: time, memory, and how it ended", async () => {
    const { outcome } = await ran("head -c 60000000 /dev/zero | tail -c 60000000 | wc -c; exit 3")
    expect(outcome.usage).toMatchObject({ exit_code: 3, signal: null })
    expect(outcome.usage?.cpu_ms).toBeGreaterThan(0)
    expect(outcome.usage?.max_memory_bytes).toBeGreaterThan(30_000_000)
  })

  test("no control group is left", () => {
    if (families.cgroup !== undefined) {
      expect(readFileSync(join(families.cgroup, "cgroup.stat"), "utf8")).toContain("nr_descendants 0")
    }
  })
})

describe("a task", () => {
  const worker = given.ground({ limits: { max_output_bytes: 100_000, max_open_files: 64 } })
  afterAll(() => worker.close())
  const ran = (run: string, more: Parameters<typeof worker.run>[2] = {}, env = {}) =>
    worker.run(shell(worker.ground), { run, env }, more)

  test("that floods its output goes on, and the rest of it is not kept", async () => {
    const { outcome, lines } = await ran(
      'yes "a line of output" | head -c 5000000; echo done=1 >> "$WF_OUTPUT"',
    )
    expect(outcome).toMatchObject({ ok: true, outputs: { done: 1 } })
    const kept = lines
      .filter(([stream]) => stream === "stdout")
      .reduce((sum, [, text]) => sum + text.length + 1, 0)
    expect(kept).toBeLessThanOrEqual(100_000)
    expect(lines.at(-1)).toEqual(["system", expect.stringContaining("more than 100000 bytes")])
  })

  test("with one line of 100 MB costs no such memory", async () => {
    Bun.gc(true)
    const before_bytes = process.memoryUsage.rss()
    let peak_bytes = 0
    const onLine = () => {
      peak_bytes = Math.max(peak_bytes, process.memoryUsage.rss())
    }
    const { outcome, lines } = await ran("head -c 100000000 /dev/zero | tr '\\0' x", { onLine })
    expect(outcome).toMatchObject({ ok: true })
    expect(Math.max(...lines.map(([, text]) => text.length))).toBeLessThanOrEqual(16_384)
    expect(peak_bytes - before_bytes).toBeLessThan(150_000_000)
  })

  test("that prints what is no text ends well", async () => {
    const { outcome, lines } = await ran("head -c 100000 /dev/urandom")
    expect(outcome).toMatchObject({ ok: true })
    expect(lines.every(([, text]) => text.isWellFormed())).toBe(true)
  })

  test("has only so many open files, and no core is left", async () => {
    const { lines } = await ran("ulimit -n; ulimit -c")
    expect(lines.map(([, text]) => text)).toEqual(["64", "0"])
  })

  test("that fills its output file is stopped before the disk is full", async () => {
    const { outcome } = await ran('yes a=1 >> "$WF_OUTPUT"')
    expect(outcome).toMatchObject({ ok: false, error: { code: "outputs.too_large" } })
  })

  test("that removes its own folder, and all around it that it can reach, ends with a result", async () => {
    const { outcome, folder } = await ran('cd /; rm -rf "$(dirname "${HOME:?}")"; echo gone')
    expect(outcome).toMatchObject({ ok: true, outputs: {} })
    expect(existsSync(folder)).toBe(false)
  })

  test("whose variable is too long for a process is told so at once, and not tried again", async () => {
    const context = { inputs: { long: "x".repeat(200_000) } }
    const { outcome } = await ran("true", { context }, { LONG: `${"${{"} inputs.long }}` })
    expect(outcome).toMatchObject({ ok: false, non_retryable: true, error: { code: "env.too_large" } })
    if (!outcome.ok) expect(outcome.error.message).toContain("LONG")
  })

  test("whose variables are too long together is told so as well", async () => {
    const context = { inputs: { long: "x".repeat(100_000) } }
    const names = Array.from({ length: 12 }, (_, index) => [`LONG_${index}`, `${"${{"} inputs.long }}`])
    const { outcome } = await ran("true", { context }, Object.fromEntries(names))
    expect(outcome).toMatchObject({ ok: false, error: { code: "env.too_large" } })
  })
})
