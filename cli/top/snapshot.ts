import { asJson } from "../clean.ts"
import { deadLetterColumns } from "../dead-letter-table.ts"
import { type Io, styled } from "../io.ts"
import { queueColumns } from "../queue-table.ts"
import { runColumns } from "../run-table.ts"
import { type Column, printTable } from "../table.ts"
import { workerColumns } from "../worker-table.ts"
import { activeRuns, type Facts } from "./facts.ts"
import { jobsThroughput, runsThroughput, type Throughput } from "./throughput.ts"

type Rate = Omit<Throughput, "bars">

const ratesOf = (facts: Facts, io: Io): Readonly<Record<"runs" | "jobs", Rate>> => {
  const now_ms = io.now().getTime()
  const { bars: _runs, ...runs } = runsThroughput(facts, now_ms)
  const { bars: _jobs, ...jobs } = jobsThroughput(facts, now_ms)
  return { runs, jobs }
}

/** All of it as one object, of the API's own. */
export const printObject = (facts: Facts, io: Io): void =>
  io.out(
    asJson({
      at: io.now().toISOString(),
      throughput: ratesOf(facts, io),
      running: activeRuns(facts),
      failed: facts.failed.items,
      queues: facts.queues.items,
      workers: facts.workers.items,
      dead_letters: facts.dead_letters.items,
    }),
  )

/** Each list as its own command prints it, on a terminal below a title, in a pipe with a word before it. */
export const printFacts = (facts: Facts, io: Io): void => {
  const now = io.now()
  const rates = Object.entries(ratesOf(facts, io)).map(([of, rate]) => ({ of, ...rate }))
  printPart({ kind: "throughput", title: "Throughput", columns: rateColumns, items: rates }, io)
  printPart({ kind: "run", title: "Running", columns: runColumns(now), items: activeRuns(facts) }, io)
  printPart({ kind: "failed", title: "Failed", columns: runColumns(now), items: facts.failed.items }, io)
  printPart({ kind: "queue", title: "Queues", columns: queueColumns, items: facts.queues.items }, io)
  printPart({ kind: "worker", title: "Workers", columns: workerColumns(now), items: facts.workers.items }, io)
  const dead = { columns: deadLetterColumns(now), items: facts.dead_letters.items }
  printPart({ kind: "dead_letter", title: "Dead letters", ...dead }, io)
}

const rateColumns: readonly Column<Rate & { readonly of: string }>[] = [
  { title: "of", full: ({ of }) => of },
  { title: "ended", full: ({ ended }) => String(ended) },
  { title: "failed", full: ({ failed }) => String(failed) },
  { title: "seconds", full: ({ window_s }) => String(window_s) },
]

type Part<Item> = {
  readonly kind: string
  readonly title: string
  readonly columns: readonly Column<Item>[]
  readonly items: readonly Item[]
}

const printPart = <Item>({ kind, title, columns, items }: Part<Item>, io: Io): void => {
  if (!io.out_is_tty) {
    printTable(io, [{ title: "kind", full: () => kind }, ...columns], items)
    return
  }
  if (items.length === 0) return
  io.out(styled(io, "bold", title))
  printTable(io, columns, items)
}
