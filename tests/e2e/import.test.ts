import { beforeAll, expect, test } from "bun:test"
import { existsSync, mkdtempSync, readdirSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { durationMs } from "#language/duration.ts"
import { parseWorkflow } from "#language/parse.ts"
import { platform, type UnderTest } from "./platform.ts"

let it: UnderTest
beforeAll(async () => {
  it = await platform()
}, 120_000)

/** Recordings of real ones, where somebody has them beside the checkout. */
const recordings = process.env.WF_WFINSTANCES ?? join(import.meta.dir, "../../../shared/wfinstances")
const files = [join(import.meta.dir, "graphs/assembly.json"), ...recorded()]

function recorded(): string[] {
  if (!existsSync(recordings)) return []
  const names = readdirSync(recordings).filter((name) => name.endsWith(".json"))
  return names.map((name) => join(recordings, name))
}

const scratch = mkdtempSync(join(tmpdir(), "wf-import-"))

type Sleeper = { readonly needs?: readonly string[] | undefined; readonly with?: unknown }

/** How long the longest way through it takes. */
const criticalMs = (tasks: Readonly<Record<string, Sleeper>>): number => {
  const ends = new Map<string, number>()
  const endOf = (name: string): number => {
    const known = ends.get(name)
    if (known !== undefined) return known
    const { needs = [], with: given } = tasks[name] ?? {}
    const own = durationMs((given as { duration: string }).duration) ?? 0
    const end = own + Math.max(0, ...needs.map(endOf))
    ends.set(name, end)
    return end
  }
  return Math.max(...Object.keys(tasks).map(endOf))
}

test.each(files)(
  "a recorded graph runs each of its tasks once, and none before its parents: %s",
  async (file) => {
    const whole = await it.wf(["import", "wfformat", file])
    const parsed = parseWorkflow(whole.stdout)
    if (!parsed.ok) throw new Error("what was imported is no workflow")
    // About a second for the longest way through it, whatever was recorded.
    const scale = 1_000 / criticalMs(parsed.definition.tasks as Record<string, Sleeper>)
    const scaled = await it.wf(["import", "wfformat", file, "--time-scale", String(scale)])
    const path = join(scratch, "graph.yml")
    writeFileSync(path, scaled.stdout)
    const ran = await it.wf(["run", path, "--json"])
    expect(ran.code).toBe(0)
    const run = JSON.parse(ran.stdout.trimEnd().split("\n").at(-1) ?? "{}")
    const sleepers = parseWorkflow(scaled.stdout)
    const tasks = (sleepers.ok ? sleepers.definition.tasks : {}) as Record<string, Sleeper>
    const { items } = await it.client.runs.tasks(run.id)
    expect(items.map(({ task }) => task).toSorted()).toEqual(Object.keys(tasks).toSorted())
    const known = new Map(items.map((task) => [task.task, task]))
    const early = items.filter((task) =>
      (tasks[task.task]?.needs ?? []).some(
        (need) =>
          Date.parse(task.queued_at ?? task.started_at ?? "") <
          Date.parse(known.get(need)?.finished_at ?? ""),
      ),
    )
    expect(early.map(({ task }) => task)).toEqual([])
    // Nobody woke early; how late the whole was is for the bench to say. Times are told in whole milliseconds.
    const took_ms = Date.parse(run.finished_at) - Date.parse(run.started_at)
    expect(took_ms).toBeGreaterThanOrEqual(criticalMs(tasks) - 1)
  },
  60_000,
)
