import { runStages } from "./run/schedule.ts"
import { endStages, type Outcome, type Stage } from "./run/stage.ts"
import { format, testStage, types } from "./run/stages.ts"

const stopping = new AbortController()
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    stopping.abort()
    void endStages().finally(() => process.exit(130))
  })
}

const stages: readonly Stage[] = [
  types,
  format,
  testStage("tidy", ["./tests/tidy.test.ts", "./tests/tidy"]),
  testStage("contracts", ["./tests/contracts"]),
]

let failed = 0
const report = ({ name, mend }: Stage, outcome: Outcome | "not run") => {
  if (outcome === "not run") return
  const { ok, output, took_ms } = outcome
  process.stdout.write(`${ok ? "ok    " : "FAILED"} ${(took_ms / 1000).toFixed(1).padStart(5)} s  ${name}\n`)
  if (ok) return
  failed += 1
  process.stdout.write(`${output.trimEnd()}\n${mend === undefined ? "" : `To mend: ${mend}\n`}\n`)
}

await runStages(stages, { report, stop: stopping.signal })
process.exit(failed === 0 ? 0 : 1)
