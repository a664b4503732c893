import { afterAll, beforeAll, expect, test } from "bun:test"
import type { Actor } from "#kernel/auth/actor.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { createSignal } from "#kernel/service/signal.ts"
import { compile } from "#language/plan.ts"
import { randomFrom } from "#language/testing/random.ts"
import { replayDeadLetters } from "../dead-letter/replay.ts"
import type { Engine } from "../engine.ts"
import { given, workspace_id } from "../given.ts"
import { cancelJob } from "../job/cancel.ts"
import { createJobs } from "../job/create.ts"
import type { Job } from "../job/shape.ts"
import { createLanes } from "../lane/lanes.ts"
import { refreshLanes } from "../lane/refresh.ts"
import { createPlans } from "../plan/plans.ts"
import { cancelRun } from "../run/cancel.ts"
import { pauseRun, resumeRun } from "../run/pause.ts"
import { startRuns } from "../run/start.ts"
import { claimTasks } from "../task/claim.ts"
import { reportTasks } from "../task/report.ts"
import { fireTimers } from "../timer/fire.ts"
import { findGateFaults, readGates } from "./given.ts"

let engines: readonly [Engine, Engine]
let close: () => Promise<void>
beforeAll(async () => {
  const first = await given.engine()
  close = first.close
  // Another process: it shares the database and nothing in memory.
  const alone = { plans: createPlans(), lanes: createLanes(), ready: createSignal(), moved: createSignal() }
  engines = [first, { ...first, ...alone }]
})
afterAll(() => close())

const seed = Number(process.env.SEED ?? Math.floor(Math.random() * 2 ** 31))

const user = "0198c0de-0000-7000-8000-00000000000a"
const actor: Actor = {
  ...{ kind: "user", user_id: user, email: "a@example.test", workspace_id, role: "owner", grant_id: user },
}

const conflicts = ["queue", "queue", "reject", "cancel_running"] as const

const accepted = async <Answer>(work: Promise<Answer>): Promise<Answer | undefined> => {
  try {
    return await work
  } catch (error) {
    if (error instanceof Problem) return undefined
    throw error
  }
}

/** Everything that may happen to jobs and runs with keys, in any order. */
const storm = (engine: Engine, random: () => number) => {
  const ids: string[] = []
  const runs: string[] = []
  const one = <Item>(items: readonly Item[]): Item | undefined => items[Math.floor(random() * items.length)]
  const concurrency = () => ({
    key: `k${Math.floor(random() * 3)}`,
    limit: 1 + Math.floor(random() * 3),
    on_conflict: one(conflicts) ?? "queue",
  })
  const create = createJobs(engine)
  const acts: Record<string, () => Promise<unknown>> = {
    create: async () => {
      const more = random() < 0.3 ? { run_at: new Date(Date.now() + 5).toISOString() } : {}
      const retries = { max_retries: 1, retries: { initial: "1ms" } }
      const job = { type: "noop", concurrency: concurrency(), ...retries, ...more, queue_timeout: "300ms" }
      const made = await accepted(create.one(actor, { job, header_key: undefined }))
      if (made) ids.push((JSON.parse(made) as Job).id)
    },
    start: async () => {
      const plan = compile({
        name: "test",
        concurrency: concurrency(),
        tasks: { a: { uses: "noop" }, b: { uses: "noop", needs: ["a"], when: one(["success", "failure"]) } },
      })
      const started = await startRuns(engine)([given.start(plan), given.start(plan)])
      runs.push(...started.flatMap(({ run }) => run?.id ?? []))
    },
    cancel: async () => {
      const id = one(ids)
      if (id) await accepted(cancelJob(engine)(actor, id))
    },
    cancelRun: async () => {
      const id = one(runs)
      if (id) await accepted(cancelRun(engine)(actor, id))
    },
    pause: async () => {
      const id = one(runs)
      if (!id) return
      await accepted(pauseRun(engine)(actor, id))
      await accepted(resumeRun(engine)(actor, id))
    },
    replay: () => replayDeadLetters(engine)(actor, { limit: 5 }),
    timers: () => fireTimers(engine)(),
  }
  return { acts: Object.values(acts), act: () => one(Object.values(acts))?.() }
}

const work = async (engine: Engine, random: () => number, isDone: () => boolean) => {
  const session_id = await given.session(engine)
  const refresh = refreshLanes(engine)
  const room = given.room(5)
  while (!isDone()) {
    await refresh()
    let attempts = await claimTasks(engine)({ session_id, room })
    while (attempts.length > 0) {
      const settlements = attempts.map(({ id: task_run_id, token }) => ({
        ...{ task_run_id, token },
        outcome:
          (["completed", "completed", "failed", "lost", "released"] as const)[Math.floor(random() * 5)] ??
          "failed",
      }))
      attempts = (await reportTasks(engine)({ session_id, settlements, room })).attempts
    }
    await new Promise((resolve) => setImmediate(resolve))
  }
}

const rest = async () => {
  const [first] = engines
  const [row] = await first.database.run(
    (sql) => sql<{ open: number }>`
      select (
        (select count(*) from scheduler.task_run where status in ('queued', 'running', 'retrying'))
        + (select count(*) from scheduler.task_run where run_id is null and status = 'pending')
        + (select count(*) from scheduler.run where status in ('pending', 'running', 'paused'))
      )::int as open`,
  )
  return row?.open === 0
}

test(`two schedulers keep every gate exact through whatever happens (SEED=${seed})`, async () => {
  const acts = 60
  let acting = 4
  let is_over = false
  const stormers = [0, 1, 2, 3].map(async (number) => {
    const engine = engines[number % 2] ?? engines[0]
    const { act } = storm(engine, randomFrom(seed + number))
    for (let count = 0; count < acts; count++) await act()
    acting -= 1
  })
  const workers = [4, 5].map((number) =>
    work(engines[number % 2] ?? engines[0], randomFrom(seed + number), () => is_over),
  )
  const watcher = async () => {
    const faults: unknown[] = []
    while (acting > 0 || !(await rest())) {
      faults.push(...(await findGateFaults(engines[0])))
      await fireTimers(engines[1])()
    }
    is_over = true
    return faults
  }
  const [faults] = await Promise.all([watcher(), ...stormers, ...workers])
  expect(faults).toEqual([])
  expect(await findGateFaults(engines[0])).toEqual([])
  expect(await readGates(engines[0])).toEqual([])
  const [left] = await engines[0].database.run(
    (sql) => sql`
      select (select count(*)::int from scheduler.holder) as holders,
        (select count(*)::int from scheduler.blocked) as blocked,
        (select count(*)::int from scheduler.task_run where gate_key is not null) > 0 as any_jobs`,
  )
  expect(left).toEqual({ holders: 0, blocked: 0, any_jobs: true })
}, 60_000)
