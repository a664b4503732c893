import { until } from "#kernel/testing/until.ts"
import { type Client, isEnded, WfProblem } from "#sdk/index.ts"
import { notedScript } from "./ledger.ts"
import type { Random } from "./random.ts"

export type Workload = {
  readonly client: Client
  readonly random: Random
  readonly ledger: string
  /** Between two requests. */
  readonly pace_ms: number
}

/** What was answered with success, and so has to come true. */
export type Acked = {
  readonly runs: Set<string>
  readonly jobs: Set<string>
  /** Requests that were refused or never answered: nothing is known of them. */
  refused: number
  /** Answers that no platform may give. */
  readonly wrong: string[]
}

/** Names of jobs of which at most one may run at once. */
export const gated_prefix = "gated-"

const max_under_way = 16
const resume_ms = [500, 2_000] as const

const task = (ledger: string, more: { seconds: number; failures?: number }) =>
  JSON.stringify(notedScript({ ledger, id: "$WF_RUN_ID.$WF_TASK", ...more }))

const quick = "retries: { max_retries: 5, initial: 200ms, max: 1s }"

/** By workflow, what precedes its tasks. */
const gates: Readonly<Record<string, string>> = {
  gated: "concurrency: { key: gated, limit: 2 }\n",
  superseded: "concurrency: { key: superseded, on_conflict: cancel_running }\n",
}

const definitions = (ledger: string): Readonly<Record<string, string>> => ({
  diamond: `
  first: { run: ${task(ledger, { seconds: 0.05 })} }
  one: { needs: [first], run: ${task(ledger, { seconds: 0.3 })} }
  two: { needs: [first], run: ${task(ledger, { seconds: 0.1 })} }
  three: { needs: [first], run: ${task(ledger, { seconds: 0.2 })} }
  last: { needs: [one, two, three], run: ${task(ledger, { seconds: 0.05 })} }`,
  retried: `
  first: { run: ${task(ledger, { seconds: 0.1, failures: 2 })}, ${quick} }
  last: { needs: [first], run: ${task(ledger, { seconds: 0.05 })} }`,
  broken: `
  first: { run: ${task(ledger, { seconds: 0.05 })} }
  second: { needs: [first], run: ${task(ledger, { seconds: 0.1, failures: 99 })}, retries: { max_retries: 1, initial: 100ms } }
  never: { needs: [second], run: ${task(ledger, { seconds: 0.1 })} }
  after: { needs: [second], when: failure, run: ${task(ledger, { seconds: 0.05 })} }`,
  long: `
  first: { run: ${task(ledger, { seconds: 2 })} }
  last: { needs: [first], run: ${task(ledger, { seconds: 0.5 })} }`,
  gated: `
  first: { run: ${task(ledger, { seconds: 0.2 })} }
  last: { needs: [first], uses: noop }`,
  superseded: `
  first: { run: ${task(ledger, { seconds: 1 })} }
  last: { needs: [first], uses: noop }`,
  inline: `
  first: { uses: noop }
${Array.from({ length: 20 }, (_, place) => `  part${place}: { uses: noop, needs: [first] }`).join("\n")}
  last: { uses: noop, needs: [${Array.from({ length: 20 }, (_, place) => `part${place}`).join(", ")}] }`,
})

/** The first fault may come before all are there; to push the same again does nothing. */
const pushAll = async ({ client, ledger }: Workload): Promise<readonly string[]> => {
  const all = definitions(ledger)
  for (const [name, tasks] of Object.entries(all)) {
    const source = `name: ${name}\n${gates[name] ?? ""}tasks:${tasks}\n`
    await until("it is pushed", () => client.workflows.push(source).catch(unlessAway))
  }
  return Object.keys(all)
}

const unlessAway = (error: unknown): undefined => {
  if (!(error instanceof WfProblem && error.status === 503)) throw error
}

type Drive = Workload & { readonly acked: Acked; readonly names: readonly string[]; made: number }

const known = ({ random }: Drive, ids: ReadonlySet<string>): string | undefined =>
  ids.size === 0 ? undefined : random.pick([...ids].slice(-50))

const startRun = async ({ client, random, acked, names }: Drive): Promise<void> => {
  const run = await client.runs.start({ workflow: random.pick(names) })
  acked.runs.add(run.id)
}

const startSequence = async ({ client, acked }: Drive): Promise<void> => {
  const steps = [
    { name: "first", type: "noop" },
    { name: "second", type: "sleep", payload: { ms: 200 } },
    { name: "third", type: "flaky", payload: { failure_rate: 0.3 }, max_retries: 2 },
  ]
  acked.runs.add((await client.workflows.startSequence({ name: "sequence", steps })).id)
}

const jobOf = (drive: Drive) => {
  const { random, ledger } = drive
  drive.made += 1
  const id = `job-${drive.made}`
  const failures = random.pick([0, 0, 0, 1, 2, 99])
  const run = notedScript({ ledger, id, seconds: random.whole(5, 80) / 100, failures })
  const delay_ms = random.pick([0, 0, 500, 2_000])
  return {
    ...{ type: "shell", payload: { run, name: id }, priority: random.whole(-2, 2) },
    ...{ max_retries: failures === 99 ? 1 : 4, retries: { initial: "200ms", max: "1s" } },
    ...(delay_ms > 0 && { run_at: new Date(Date.now() + delay_ms).toISOString() }),
  }
}

const createJob = async (drive: Drive): Promise<void> => {
  const job = await drive.client.jobs.create(jobOf(drive))
  drive.acked.jobs.add(job.id)
}

/** One at a time. */
const createGated = async (drive: Drive): Promise<void> => {
  const { client, acked, ledger, random } = drive
  drive.made += 1
  const id = `${gated_prefix}${drive.made}`
  const failures = random.pick([0, 0, 1])
  const run = notedScript({ ledger, id, seconds: 0.2, failures })
  const concurrency = { key: "jobs" }
  const retries = { initial: "100ms" }
  const job = await client.jobs.create({ type: "shell", payload: { run, name: id }, concurrency, retries })
  acked.jobs.add(job.id)
}

const createTwice = async (drive: Drive): Promise<void> => {
  const { client, acked } = drive
  const job = { ...jobOf(drive), idempotency_key: crypto.randomUUID() }
  const made = await Promise.allSettled([client.jobs.create(job), client.jobs.create(job)])
  const ids = new Set(made.flatMap((one) => (one.status === "fulfilled" ? one.value.id : [])))
  for (const id of ids) acked.jobs.add(id)
  if (ids.size > 1) acked.wrong.push(`one key made the jobs ${[...ids].join(" and ")}`)
}

const createFlaky = async ({ client, acked }: Drive): Promise<void> => {
  const retries = { initial: "100ms", max: "500ms" }
  const flaky = { type: "flaky", payload: { failure_rate: 0.3 }, max_retries: 2, retries }
  const { items } = await client.jobs.createMany(Array.from({ length: 20 }, () => flaky))
  for (const item of items) if ("job" in item && item.job) acked.jobs.add(item.job.id)
}

const pauseAndResume = async (drive: Drive): Promise<void> => {
  const run_id = known(drive, drive.acked.runs)
  if (run_id === undefined) return
  await drive.client.runs.pause(run_id)
  await Bun.sleep(drive.random.whole(...resume_ms))
  await drive.client.runs.resume(run_id)
}

const cancelOne = async (drive: Drive): Promise<void> => {
  const { client, random, acked } = drive
  const isJob = random.next() < 0.5
  const id = known(drive, isJob ? acked.jobs : acked.runs)
  if (id !== undefined) await (isJob ? client.jobs.cancel(id) : client.runs.cancel(id))
}

const rerunOne = async (drive: Drive): Promise<void> => {
  const { client, random, acked } = drive
  const run_id = known(drive, acked.runs)
  if (run_id === undefined || !isEnded(await client.runs.get(run_id))) return
  const run = await client.runs.rerun(run_id, { mode: random.pick(["all", "failed"] as const) })
  acked.runs.add(run.id)
}

/** Each as often as it is listed. */
const actions = [
  ...[startRun, startRun, startRun, startRun, createJob, createJob, createJob, createJob],
  ...[
    startSequence,
    createGated,
    createGated,
    createTwice,
    createFlaky,
    pauseAndResume,
    pauseAndResume,
    cancelOne,
    rerunOne,
  ],
]

/** Nobody resumes a run whose `resume` was lost but who asked for it. */
const resumeAll = async ({ client }: Workload): Promise<void> => {
  for await (const run of client.runs.all({ status: "paused" })) await client.runs.resume(run.id)
}

/** Runs and jobs of all kinds, and orders to them, until told to end; what is refused meanwhile is let go. */
export const driveWorkload = async (workload: Workload, end: AbortSignal): Promise<Acked> => {
  const acked: Acked = { runs: new Set(), jobs: new Set(), refused: 0, wrong: [] }
  const drive: Drive = { ...workload, acked, names: await pushAll(workload), made: 0 }
  const under_way = new Set<Promise<void>>()
  while (!end.aborted) {
    const action = workload.random
      .pick(actions)(drive)
      .catch(() => {
        acked.refused += 1
      })
      .finally(() => under_way.delete(action))
    under_way.add(action)
    await Bun.sleep(workload.pace_ms)
    while (under_way.size >= max_under_way) await Promise.race(under_way)
  }
  await Promise.all(under_way)
  await resumeAll(workload)
  return acked
}
