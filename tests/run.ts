import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { startTestServer } from "#kernel/testing/database.ts"
import { announceEngines, lackingEngines } from "./run/announce.ts"
import { runStages } from "./run/schedule.ts"
import { type Counts, endStages, type Outcome, type Stage } from "./run/stage.ts"
import { type Extent, stagesOf } from "./run/stages.ts"

const interrupted = 130
const stopping = new AbortController()
const extents: readonly string[] = ["all", "quick", "long", "node"]

const isExtent = (text: string): text is Extent => extents.includes(text)

const say = (line: string) => process.stdout.write(`${line}\n`)

const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`.padStart(8)

const tally = ({ passed, failed, skipped }: Counts): string =>
  [`${passed} passed`, failed > 0 && `${failed} failed`, skipped > 0 && `${skipped} skipped`]
    .filter(Boolean)
    .join(", ")

/** What a passing stage may still have to say: what it left out. */
const skippedLines = (output: string): readonly string[] => [
  ...new Set(output.split("\n").filter((line) => line.startsWith("SKIPPED"))),
]

/** What a failing stage printed, without the tests that passed: where only the end is kept, what failed is in it. */
const failureOf = ({ output }: Outcome): string =>
  output
    .split("\n")
    .filter((line) => !line.startsWith("(pass)"))
    .join("\n")
    .trim()

/** The failed tests of a stage, or the stage itself where it failed in another way. */
const failedTests = (stage: Stage, outcome: Outcome | "not run"): readonly string[] => {
  if (outcome === "not run") return [`not run: ${stage.name}`]
  if (outcome.ok) return []
  // The end of the output says them once more.
  const tests = [...new Set(outcome.output.split("\n").filter((line) => line.startsWith("(fail)")))]
  return tests.length === 0 ? [`failed: ${stage.name}`] : tests.map((line) => `${line}, ${stage.name}`)
}

const showOutcome = (stage: Stage, outcome: Outcome): void => {
  const { ok, counts, output, took_ms } = outcome
  say(
    `${ok ? "ok    " : "FAILED"}${seconds(took_ms)}  ${stage.name.padEnd(28)} ${stage.tests ? tally(counts) : ""}`.trimEnd(),
  )
  if (ok) for (const line of skippedLines(output)) say(`  ${line}`)
  else say(`${failureOf(outcome)}\n${stage.mend === undefined ? "" : `To mend: ${stage.mend}\n`}`)
}

/** Everything that the tests lay down somewhere goes with it, also what a killed one left behind. */
const scratchFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "wf-tests-"))
  // PostgreSQL, which root runs as somebody else, has to get through.
  chmodSync(folder, 0o755)
  return folder
}

const run = async (extent: Extent): Promise<Counts> => {
  const total = { passed: 0, failed: 0, skipped: 0 }
  const failures: string[] = []
  const add = ({ passed, failed, skipped }: Counts) => {
    total.passed += passed
    total.failed += failed
    total.skipped += skipped
  }
  const uses_engines = extent === "all" || extent === "long"
  const lacking = uses_engines ? lackingEngines() : []
  if (uses_engines) for (const line of announceEngines()) say(line)
  const scratch = scratchFolder()
  process.env.TMPDIR = scratch
  const server = await startTestServer()
  process.env.WF_TEST_POSTGRES_URL = server.url
  if (extent === "quick") process.env.WF_TEST_ENGINES = "none"
  try {
    const stages = await stagesOf(extent)
    const lackOf = (stage: Stage): string =>
      stage.lacks ?? (stage.environment?.WF_E2E === "stack" ? lacking.join(", ") : "")
    const runnable = stages.filter((stage) => lackOf(stage) === "")
    for (const stage of stages) {
      if (runnable.includes(stage)) continue
      say(`SKIPPED: ${stage.name}, for want of ${lackOf(stage)}`)
      add({ passed: 0, failed: 0, skipped: 1 })
    }
    const report = (stage: Stage, outcome: Outcome | "not run") => {
      if (stopping.signal.aborted) return
      if (outcome === "not run") say(`not run         ${stage.name}: it needs what has failed`)
      else showOutcome(stage, outcome)
      add(outcome === "not run" ? { passed: 0, failed: 1, skipped: 0 } : outcome.counts)
      failures.push(...failedTests(stage, outcome))
    }
    await runStages(runnable, { report, stop: stopping.signal })
    for (const line of failures) say(line)
  } finally {
    await server.stop()
    rmSync(scratch, { recursive: true, force: true })
  }
  return total
}

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    if (stopping.signal.aborted) return
    stopping.abort()
    process.stderr.write("Stopping …\n")
    void endStages().finally(() => process.exit(interrupted))
  })
}

const [word = "all"] = process.argv.slice(2)
if (!isExtent(word)) {
  process.stderr.write(`There is no extent "${word}". There are: ${extents.join(", ")}\n`)
  process.exit(2)
}
const { passed, failed, skipped } = await run(word)
if (!stopping.signal.aborted) {
  say(`${passed} passed, ${failed} failed, ${skipped} skipped`)
  process.exit(failed > 0 || passed === 0 ? 1 : 0)
}
