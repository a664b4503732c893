import { create } from "@bufbuild/protobuf"
import { Problem } from "#kernel/problem/problem.ts"
import type { PlanTask } from "#language/plan.ts"
import { functionNamed, jobsOfType, kindOf as kindOfSlot, slotOf } from "#language/slots.ts"
import { type Attempt, type Result, ResultSchema } from "#proto/generated/wf/scheduler/v1/scheduler_pb.ts"
import type { Taker } from "#services/scheduler/lane/taker.ts"
import { Fault } from "#services/scheduler/memory/demand.ts"
import { createLife, type Life } from "#services/scheduler/memory/life.ts"
import { attemptMessage, settlementOf } from "#services/scheduler/task/message.ts"
import { createSession, type Session } from "#services/worker/claim/session.ts"
import type { Chance } from "./chance.ts"
import type { Network } from "./network.ts"
import { remoteTypes } from "./workload.ts"
import type { World } from "./world.ts"

/** One process of a worker. It claims, runs, reports and beats as `services/worker/claim/pump.ts` does. */
export type Worker = {
  readonly name: string
  readonly life: Life
  /** Takes nothing new, and hands back what it holds. */
  leave(): void
}

type Kind = "process" | "inline" | "remote"
type Room = Readonly<Record<Kind, number>>

type Running = { readonly attempt: Attempt; stop: boolean }
type Done = { readonly attempt: Attempt; readonly result: Result; readonly session: Session }

type State = {
  readonly world: World
  readonly network: Network
  readonly name: string
  readonly life: Life
  readonly taker: Taker
  readonly total: Room
  readonly taken: Record<Kind, number>
  readonly running: Map<string, Running>
  readonly done: Done[]
  session: Session
  opened: boolean
  leaving: boolean
  reporting: boolean
}

const keyOf = ({ taskRunId, token }: Attempt): string => `${taskRunId} ${token}`

const heartbeat_ms = 5_000
const idle_ms = { least: 300, most: 3_000 }
const retry_ms = 300
const no_room: Room = { process: 0, inline: 0, remote: 0 }

export const createWorker = (world: World, network: Network, name: string): Worker => {
  const { chance, clock } = world
  const { taker, total } = talentsOf(chance, name)
  const state: State = {
    ...{ world, network, name, life: createLife() },
    ...{ taker, total, taken: { ...no_room } },
    ...{ running: new Map(), done: [], session: createSession(world.id()), opened: false },
    ...{ leaving: false, reporting: false },
  }
  const { life } = state
  for (const kind of ["process", "inline", "remote"] as const) if (total[kind] > 0) void claimOn(state, kind)
  const beating = () => {
    void beat(state)
    clock.in(heartbeat_ms, beating, life)
  }
  clock.in(heartbeat_ms, beating, life)
  return { name, life, leave: () => void leave(state) }
}

/** The first takes from all queues, and for each workspace one of its own takes all that it asks for. */
const talentsOf = (chance: Chance, name: string): { readonly taker: Taker; readonly total: Room } => {
  const isFirst = name.endsWith(" 1")
  const queues = isFirst || chance.happens(0.6) ? ["*"] : ["default", chance.pick(["fast", "slow"])]
  const [owner] = name.split(" of ")[1]?.split(" ") ?? []
  if (owner === undefined) {
    const labels = isFirst || chance.happens(0.3) ? { zone: "a" } : {}
    const total = { process: chance.between(1, 2), inline: chance.between(1, 6), remote: 0 }
    return { taker: { queues, workspace_id: null, takes: [], labels }, total }
  }
  const known = isFirst || chance.happens(0.3) ? remoteTypes : remoteTypes.slice(1)
  const takes = known.flatMap((name) => [jobsOfType(name), functionNamed(name)])
  const total = { ...no_room, remote: chance.between(1, 4) }
  return { taker: { queues, workspace_id: owner, takes, labels: {} }, total }
}

const kindOf = ({ type }: Attempt): Kind => kindOfSlot(slotOf(type))

const roomOf = (attempts: readonly Attempt[]): Room => {
  const room: Record<Kind, number> = { ...no_room }
  for (const attempt of attempts) room[kindOf(attempt)] += 1
  return room
}

const give = ({ taken, total, name, world }: State, room: Room): void => {
  taken.process -= room.process
  taken.inline -= room.inline
  taken.remote -= room.remote
  const isFull = (["process", "inline", "remote"] as const).some((kind) => taken[kind] > total[kind])
  if (isFull) world.expected(new Fault(`${name} was given more than it has room for`))
}

const minus = (one: Room, other: Room): Room => ({
  process: one.process - other.process,
  inline: one.inline - other.inline,
  remote: one.remote - other.remote,
})

const claimOn = async (state: State, kind: Kind): Promise<void> => {
  const { clock, chance } = state.world
  while (!state.leaving) {
    const brought = await claimOnce(state, kind).catch(() => 0)
    if (brought === 0) await clock.sleep(chance.between(idle_ms.least, idle_ms.most), state.life)
  }
}

const claimOnce = async (state: State, kind: Kind): Promise<number> => {
  const { network, life, session, name } = state
  await open(state)
  const room = { ...no_room, [kind]: state.total[kind] - state.taken[kind] }
  if (room[kind] <= 0) return 0
  state.taken[kind] = state.total[kind]
  let brought = no_room
  try {
    const attempts = await session.claiming(async () => {
      const ask = { session_id: session.id, room }
      const what = `${name} claims`
      const given = await network.call({ life, what, timeout_ms: 15_000, ask: (one) => one.claim(ask) })
      return { attempts: given.map(attemptMessage) }
    })
    brought = roomOf(attempts.attempts)
    begin(state, session, attempts.attempts)
    if (attempts.attempts.length === 0) await beat(state)
    return attempts.attempts.length
  } catch (error) {
    if (hasEnded(error)) reopen(state, session)
    throw error
  } finally {
    give(state, minus(room, brought))
  }
}

const hasEnded = (error: unknown): boolean => error instanceof Problem && error.code === "session.ended"

const open = async (state: State): Promise<void> => {
  if (state.opened) return
  const { network, life, session, taker, name } = state
  const what = `${name} opens ${session.id}`
  await network.call({ life, what, timeout_ms: 10_000, ask: (one) => one.openSession(session.id, taker) })
  if (state.session === session) state.opened = true
}

const reopen = (state: State, lost: Session): void => {
  if (state.session !== lost) return
  for (const job of state.running.values()) job.stop = true
  state.session = createSession(state.world.id())
  state.opened = false
}

const begin = (state: State, session: Session, attempts: readonly Attempt[]): void => {
  const { world, life, name } = state
  const { clock, chance } = world
  for (const attempt of attempts) {
    const job: Running = { attempt, stop: false }
    state.running.set(keyOf(attempt), job)
    checkOnce(world, attempt)
    world.trace(() => `${name} begins ${attempt.task} ${keyOf(attempt)}`)
    const takes_ms = chance.happens(0.1) ? chance.between(2_000, 12_000) : chance.between(1, 600)
    let left_ms = takes_ms
    const work = () => {
      left_ms -= 1_000
      if (left_ms > 0 && !job.stop) clock.in(Math.min(left_ms, 1_000), work, life)
      else finish(state, { attempt, result: resultOf(world, job), session })
    }
    clock.in(Math.min(left_ms, 1_000), work, life)
  }
}

/** What is not to run twice has begun before only if that attempt has failed by itself. */
const checkOnce = ({ once, failures }: World, { taskRunId: id, token, taskJson }: Attempt): void => {
  if ((JSON.parse(taskJson) as PlanTask).on_worker_lost !== "fail") return
  const before = once.begun.get(id)
  if (before !== undefined && before !== token && !once.failed.has(before))
    failures.push(new Fault(`${id} begins again under ${token}, and ${before} may have done its work`))
  once.begun.set(id, token)
}

/** A stopped one is handed back, now and then too late to be stopped. */
const resultOf = ({ chance }: World, { attempt, stop }: Running): Result => {
  const { taskRunId, token } = attempt
  const about = { taskRunId, token, logChunks: 1 }
  if (stop && chance.happens(0.8)) return create(ResultSchema, { ...about, outcome: "released" })
  const dice = chance.random()
  if (dice < 0.8)
    return create(ResultSchema, { ...about, outcome: "completed", outputsJson: `{"by":"${token}"}` })
  const failed = { ...about, outcome: "failed", errorCode: "task.exit", errorMessage: "exit code 1" }
  if (dice < 0.82) return create(ResultSchema, { ...about, outcome: "released" })
  if (dice < 0.85) return create(ResultSchema, { ...failed, nonRetryable: true })
  return create(ResultSchema, dice < 0.87 ? { ...failed, retryAfterMs: 3_000n } : failed)
}

const finish = (state: State, done: Done): void => {
  state.running.delete(keyOf(done.attempt))
  state.done.push(done)
  if (done.result.outcome === "failed") state.world.once.failed.add(done.attempt.token)
  state.world.trace(() => `${state.name} has ${done.result.outcome} ${keyOf(done.attempt)}`)
  if (!state.reporting) void reportAll(state)
}

const reportAll = async (state: State): Promise<void> => {
  state.reporting = true
  while (state.done.length > 0) {
    const isReported = await reportOnce(state).then(
      () => true,
      () => false,
    )
    if (!isReported) await state.world.clock.sleep(retry_ms, state.life)
  }
  state.reporting = false
}

const reportOnce = async (state: State): Promise<void> => {
  const { network, life, session, name } = state
  const batch = [...state.done]
  const freed = roomOf(batch.map(({ attempt }) => attempt))
  const room = state.leaving || !state.opened ? no_room : freed
  const settlements = batch.map(({ result }) => settlementOf(result))
  const report = { session_id: session.id, settlements, room }
  const what = `${name} reports ${settlements.length}`
  const { attempts } = await session.claiming(async () => {
    const answer = await network.call({ life, what, timeout_ms: 10_000, ask: (one) => one.report(report) })
    return { attempts: answer.attempts.map(attemptMessage) }
  })
  state.done.splice(0, batch.length)
  for (const one of batch) one.session.settled(one.attempt)
  begin(state, session, attempts)
  give(state, minus(freed, roomOf(attempts)))
}

const beat = async (state: State): Promise<void> => {
  const { network, life, session, opened, name } = state
  if (!opened) return
  const held = session
    .held()
    .map(({ taskRunId, token }) => ({ task_run_id: taskRunId, token: String(token) }))
  const ask = {
    session_id: session.id,
    held,
    last_token: String(session.lastToken()),
    draining: state.leaving,
  }
  try {
    const what = `${name} beats`
    const stop = await network.call({ life, what, timeout_ms: 10_000, ask: (one) => one.heartbeat(ask) })
    for (const { task_run_id, token } of stop) {
      const job = state.running.get(`${task_run_id} ${token}`)
      if (job) job.stop = true
    }
  } catch (error) {
    if (hasEnded(error)) reopen(state, session)
  }
}

const leave = async (state: State): Promise<void> => {
  state.leaving = true
  const { network, life, session, name, world } = state
  const what = `${name} leaves`
  const ask = { life, what, timeout_ms: 10_000 }
  await network.call({ ...ask, ask: (one) => one.closeSession(session.id) }).catch(() => undefined)
  world.kill(life, `${name}, which has left`)
}
