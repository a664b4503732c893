import { list, type Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import { runId } from "#language/run-id.ts"
import type { Overlap } from "#language/schedule.ts"
import type { Scheduler } from "../run/hand-over.ts"
import { type Firing, iso, isoOrNull } from "./clock.ts"
import { type FireKind, fireMoves } from "./moves.ts"
import { type Decision, decideFires, type OpenFire, queue_look_ms } from "./overlap.ts"

const max_schedules = 100
const max_fires = 300

/** Decides what is due now: start it, leave it out, or let it wait. True when there is more. */
export const settleFires = async (firing: Firing): Promise<boolean> => {
  const { database, scheduler, readNow } = firing
  const open = await database.run(async (sql) => findOpen(sql, await readNow(sql)))
  if (open.length === 0) return false
  const ids = open.map(({ schedule_id }) => schedule_id)
  const ended = await endedOf(scheduler, await database.run((sql) => findActive(sql, ids)))
  const cancelled = await database.tx((sql) => settle(firing, sql, { ids, ended }))
  // Asked for again each time somebody still waits, so one that gets lost is no harm.
  for (const run of cancelled) await cancel(firing, run)
  return open.length === max_schedules
}

const cancel = async ({ scheduler, log }: Firing, { workspace_id, run_id }: Cancelled): Promise<void> => {
  try {
    await scheduler.cancelRun({ workspaceId: workspace_id, runId: run_id })
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    log.info({ event: "fire.not_cancelled", run_id, code: error.code })
  }
}

const statuses = { waiting: "waiting", queued: "queued", started: "started" } as const

const findOpen = (sql: Sql, now: number) =>
  sql<{ schedule_id: string }>`
    select schedule_id from workflow.fire
    where look_at <= ${iso(now)}::text::timestamptz
      and status = any(${list(fireMoves.from("skip").filter((status) => status !== "starting"))}::text::text[])
    group by schedule_id
    order by min(look_at)
    limit ${max_schedules}::int`

type Active = { readonly schedule_id: string; readonly run_id: string; readonly status: string }

const findActive = (sql: Sql, ids: readonly string[]) =>
  sql<Active>`
    select schedule_id, run_id, status from workflow.fire
    where schedule_id = any(${list(ids)}::text::uuid[]) and active
    order by fire_at`

/** Which of these runs have ended. One that isn't there any more did so long ago. */
const endedOf = async (scheduler: Scheduler, active: readonly Active[]): Promise<readonly string[]> => {
  const asked = active.flatMap(({ run_id, status }) => (status === statuses.started ? [run_id] : []))
  if (asked.length === 0) return []
  const { open } = await scheduler.openRuns({ runIds: asked })
  const going_on = new Set(open)
  return asked.filter((run_id) => !going_on.has(run_id))
}

type Settling = { readonly ids: readonly string[]; readonly ended: readonly string[] }

type Held = {
  readonly id: string
  readonly workspace_id: string
  readonly overlap: Overlap
  readonly paused_at: Date | null
}

type OpenRow = {
  readonly schedule_id: string
  readonly fire_at: Date
  readonly kind: FireKind
  readonly status: OpenFire["status"]
}

type Cancelled = { readonly workspace_id: string; readonly run_id: string }

const settle = async (firing: Firing, sql: Sql, { ids, ended }: Settling): Promise<readonly Cancelled[]> => {
  const now = await firing.readNow(sql)
  const held = await lockSchedules(sql, ids)
  const own = held.map(({ id }) => id)
  if (ended.length > 0) await endActive(sql, ended)
  const active = await findActive(sql, own)
  const open = await readOpen(sql, own, now)
  const decided: Decided[] = []
  const cancelled: Cancelled[] = []
  for (const { id, workspace_id, overlap, paused_at } of held) {
    const fires = open
      .filter(({ schedule_id }) => schedule_id === id)
      .map(({ fire_at, kind, status }) => ({ fire_at: fire_at.getTime(), kind, status }))
    const running = active.filter(({ schedule_id }) => schedule_id === id)
    const queued = fires.filter(({ status }) => status === statuses.queued).length
    const facts = { overlap, is_paused: paused_at !== null, fires, active: running[0]?.run_id, queued }
    const decisions = decideFires(facts)
    for (const decision of decisions) decided.push({ schedule_id: id, overlap, ...decision })
    if (overlap !== "cancel_running" || !decisions.some(({ move }) => move === "queue")) continue
    cancelled.push(...running.map(({ run_id }) => ({ workspace_id, run_id })))
  }
  await save(sql, { decided, now, id: firing.kit.id })
  return cancelled
}

const lockSchedules = (sql: Sql, ids: readonly string[]) =>
  sql<Held>`
    select id, workspace_id, overlap, paused_at from workflow.schedule
    where id = any(${list(ids)}::text::uuid[])
    order by id
    for update skip locked`

const endActive = (sql: Sql, run_ids: readonly string[]) =>
  sql`update workflow.fire set active = false where active and run_id = any(${list(run_ids)}::text::uuid[])`

/** Who waits in line goes before who has just come. */
const readOpen = (sql: Sql, ids: readonly string[], now: number) =>
  sql<OpenRow>`
    select schedule_id, fire_at, kind, status
    from unnest(${list(ids)}::text::uuid[]) as given (id)
      cross join lateral (
        select schedule_id, fire_at, kind, status from workflow.fire
        where schedule_id = given.id and (status = ${statuses.queued}
          or (status = ${statuses.waiting} and look_at <= ${iso(now)}::text::timestamptz))
        order by fire_at
        limit ${max_fires}::int
      ) as open
    order by fire_at`

type Decided = Decision & { readonly schedule_id: string; readonly overlap: Overlap }

type Saving = { readonly decided: readonly Decided[]; readonly now: number; readonly id: () => string }

const outcomes = { start: "starting", queue: "queued", skip: "skipped" } as const

const save = async (sql: Sql, { decided, now, id }: Saving): Promise<void> => {
  if (decided.length === 0) return
  const lookAt = (move: Decision["move"]) => (move === "queue" ? now + queue_look_ms : now)
  await sql`
    update workflow.fire
    set status = given.status, reason = given.reason, look_at = given.look_at, run_id = given.run_id,
      active = given.active, decided_at = ${iso(now)}::text::timestamptz
    from unnest(
      ${list(decided.map(({ schedule_id }) => schedule_id))}::text::uuid[],
      ${list(decided.map(({ fire_at }) => iso(fire_at)))}::text::timestamptz[],
      ${list(decided.map(({ move }) => outcomes[move]))}::text::text[],
      ${list(decided.map(({ reason }) => reason))}::text::text[],
      ${list(decided.map(({ move }) => (move === "skip" ? null : isoOrNull(lookAt(move)))))}::text::timestamptz[],
      ${list(decided.map(({ move }) => (move === "start" ? runId(id()) : null)))}::text::uuid[],
      ${list(decided.map(({ move, overlap }) => move === "start" && overlap !== "allow"))}::text::bool[]
    ) as given (schedule_id, fire_at, status, reason, look_at, run_id, active)
    where fire.schedule_id = given.schedule_id and fire.fire_at = given.fire_at`
}
