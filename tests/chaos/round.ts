import { expect } from "bun:test"
import type { Database } from "#kernel/database/database.ts"
import { createClient } from "#sdk/index.ts"
import { type Campaign, type Strike, strikeAll, untilWorks } from "./fault.ts"
import { untilInHistory } from "./history.ts"
import { judge, keepOutbox, type Verdict } from "./judge.ts"
import { createLedger, readLedger } from "./ledger.ts"
import { seededRandom } from "./random.ts"
import { driveWorkload } from "./workload.ts"

export type Arena = {
  readonly name: string
  readonly url: string
  readonly token: string
  readonly database: Database
  readonly ledger: string
  readonly seed: number
  readonly pace_ms: number
}

type Round = { readonly strikes: readonly Strike[]; readonly verdict: Verdict; readonly took_ms: number }

/** What is handed to somebody who dies at that moment is back within the lease; meanwhile others show that all works. */
const another_ms = 3_000

/** A job is accepted and run to its end: the platform does what it is for. */
export const jobWorks = async ({ url, token }: Pick<Arena, "url" | "token">): Promise<string> => {
  const client = createClient({ url, token, timeout_ms: 3_000 })
  const made: string[] = []
  let made_at_ms = Number.NEGATIVE_INFINITY
  let done: string | undefined
  await untilWorks("a job's end", async () => {
    if (performance.now() - made_at_ms > another_ms) {
      made.push((await client.jobs.create({ type: "noop", priority: 100 })).id)
      made_at_ms = performance.now()
    }
    const jobs = await Promise.all(made.map((id) => client.jobs.get(id)))
    done = jobs.find(({ status }) => status === "completed")?.id
    return done !== undefined
  })
  return done ?? ""
}

/** Work goes on while parts are struck; then nothing is lost, stuck, told twice or run again without a reason. */
export const chaosRound = async (arena: Arena, campaign: Omit<Campaign, "random">): Promise<Round> => {
  const { url, token, database, ledger, seed, pace_ms } = arena
  const begun_ms = performance.now()
  createLedger(ledger)
  await keepOutbox(database)
  const end = new AbortController()
  const client = createClient({ url, token, timeout_ms: 5_000 })
  // Two sources of chance, so that what is struck doesn't hang on how many requests there was time for.
  const workload = { client, ledger, pace_ms, random: seededRandom(seed + 1) }
  const working = driveWorkload(workload, end.signal)
  const strikes = await strikeAll({ ...campaign, random: seededRandom(seed) }).finally(() => end.abort())
  const acked = await working
  const verdict = await judge(database, { acked, strikes, entries: () => readLedger(ledger) })
  expect(await untilInHistory(database, client)).toBeGreaterThan(0)
  const round = { strikes, verdict, took_ms: performance.now() - begun_ms }
  report(arena, round, acked.refused)
  return round
}

const secondsOf = (ms: number) => `${(ms / 1_000).toFixed(1)} s`

const span = (values: readonly number[]): string =>
  values.length === 0
    ? "never"
    : `${values.length} times, at most ${secondsOf(Math.max(...values))}, half within ${secondsOf(
        values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0,
      )}`

const report = ({ name, seed }: Arena, { strikes, verdict, took_ms }: Round, refused: number): void => {
  const kills = strikes.filter(({ how }) => how === "kill")
  const lines = [
    `${name}: SEED=${seed}, ${kills.length} kills and ${strikes.length - kills.length} freezes in ${secondsOf(took_ms)}`,
    `  ${verdict.runs} runs, ${verdict.tasks} tasks, ${verdict.jobs} jobs; ${refused} requests refused or unanswered`,
    `  ${verdict.executions} executions in the ledger, ${verdict.duplicates} of them done again after a strike`,
    `  lost workers noticed: ${span(verdict.noticed_ms)}`,
    ...[...Map.groupBy(strikes, ({ target, how }) => `${how} ${target}`)].map(
      ([what, some]) => `  back after ${what}: ${span(some.map(({ back_ms }) => back_ms))}`,
    ),
  ]
  process.stderr.write(`${lines.join("\n")}\n`)
}
