import type { Engine } from "#services/scheduler/engine.ts"
import type { Lane } from "#services/scheduler/lane/lanes.ts"
import { anybody, type Taker } from "#services/scheduler/lane/taker.ts"
import type { StoredTask } from "#services/scheduler/memory/tables.ts"
import { takeBack } from "#services/scheduler/session/held.ts"
import { claimTasks } from "#services/scheduler/task/claim.ts"
import { reportTasks } from "#services/scheduler/task/report.ts"
import type { Settlement } from "#services/scheduler/task/verdict.ts"
import type { Chance } from "../sim/chance.ts"
import { workspaces } from "../sim/workload.ts"
import { idOf } from "./ground.ts"
import type { Deed, Walk } from "./walk.ts"

const jobs_type = (type: string) => [`job:${type}`, `function:${type}`]

export const takers: Readonly<Record<string, Taker>> = {
  [idOf(0xf0001)]: { ...anybody, labels: { zone: "a" } },
  [idOf(0xf0002)]: { ...anybody, queues: ["default", "fast"] },
  [idOf(0xf0003)]: {
    ...{ queues: ["*"], workspace_id: workspaces[0] ?? "", labels: {} },
    takes: [...jobs_type("convert"), ...jobs_type("resize")],
  },
}

/** What each process is told by looking at the database now and then; the same for both, before either goes on. */
const refreshing = ({ tables }: Walk): ((engine: Engine) => void) => {
  const seen = new Map<string, Lane>()
  for (const { queue, workspace_id, slot } of tables.ready.values())
    seen.set(JSON.stringify([queue, workspace_id, slot]), { queue, workspace_id, slot })
  const found = [...seen].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, lane]) => lane)
  const set = [...tables.queues.values()].map((queue) => ({ ...queue, rate_limit: null }))
  return ({ lanes, queues: known }) => {
    lanes.note(found)
    known.replace(set)
  }
}

export const claim = (walk: Walk): Deed => {
  const { chance } = walk
  const refresh = refreshing(walk)
  const session_id = chance.pick([...Object.keys(takers), idOf(0xf0009)])
  const room = { process: chance.between(0, 4), inline: chance.between(0, 6), remote: chance.between(0, 2) }
  return {
    name: `claim ${session_id} ${JSON.stringify(room)}`,
    async act({ engine }) {
      refresh(engine)
      return byId(await claimTasks(engine)({ session_id, room }))
    },
  }
}

const byId = <Row extends { readonly id: string }>(rows: readonly Row[]): readonly Row[] =>
  rows.toSorted((one, other) => (one.id < other.id ? -1 : 1))

const randomEnd = (chance: Chance, { id, token }: StoredTask): Settlement => {
  const outcome = chance.pick([
    "completed",
    "completed",
    "completed",
    "failed",
    "failed",
    "released",
    "lost",
    "unheard",
  ] as const)
  const own = { task_run_id: id, token: chance.happens(0.08) ? "1" : (token ?? "1"), outcome }
  if (outcome === "completed")
    return { ...own, outputs: { n: chance.between(1, 9), list: ["a", "b"] }, log_chunks: 1 }
  if (outcome !== "failed") return own
  const error = { code: "exit.1", message: 'It said no; "and" \\ more.\n' }
  return {
    ...own,
    error,
    non_retryable: chance.happens(0.2),
    retry_after_ms: chance.happens(0.2) ? 3_000 : 0,
  }
}

export const report = (walk: Walk): Deed => {
  const { chance, tables } = walk
  const refresh = refreshing(walk)
  const session_id = chance.pick(Object.keys(takers))
  const running = [...tables.tasks.values()].filter(({ status }) => status === "running")
  const held = running.filter(({ token }) => tables.claims.get(token ?? "")?.session_id === session_id)
  const others = chance.happens(0.1) ? running : []
  const chosen = [...new Set([...held, ...others])].filter(() => chance.happens(0.7))
  const settlements = chosen.map((task) => randomEnd(chance, task))
  const room = { process: chance.between(0, 3), inline: chance.between(0, 4), remote: chance.between(0, 2) }
  return {
    name: `report ${session_id} ${JSON.stringify(settlements)}`,
    async act({ engine }) {
      refresh(engine)
      const { verdicts, attempts } = await reportTasks(engine)({ session_id, settlements, room })
      return { verdicts, attempts: byId(attempts) }
    },
  }
}

export const leave = ({ chance, tables }: Walk): Deed => {
  const running = [...tables.tasks.values()].filter(({ status }) => status === "running")
  const some = running.filter(() => chance.happens(0.5))
  const outcome = chance.pick(["released", "unheard", "lost"] as const)
  const attempts = some.map(({ id, token }) => ({ task_run_id: id, token: token ?? "" }))
  return {
    name: `${outcome} ${JSON.stringify(attempts)}`,
    act: ({ engine }) => takeBack(engine, attempts, outcome),
  }
}
