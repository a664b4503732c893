import { type Actor, allow } from "#kernel/auth/actor.ts"
import type { Database, Sql } from "#kernel/database/database.ts"
import { type PageOf, pageOf } from "#kernel/http/page.ts"
import { mayDecide } from "../wait/approval.ts"
import type { Approval } from "../wait/waits.ts"
import type { ShownApproval } from "./shape.ts"

export type ListApprovals = {
  /** Only those that the caller may decide, and has not said anything to. */
  readonly yours: boolean
  readonly cursor?: string | undefined
  readonly limit: number
}

/** Most that one page looks at, so that one who may decide nothing costs no more than this. */
const max_looked_at = 1_000

/** What people are asked now, of the newest run first. */
export const listApprovals =
  (database: Database) =>
  async (actor: Actor, { yours, cursor, limit }: ListApprovals): Promise<PageOf<ShownApproval>> => {
    allow(actor, "run.read")
    const { workspace_id } = actor
    const most = yours ? max_looked_at : limit + 1
    const rows = await database.run((sql) => findWaiting(sql, { workspace_id, cursor, limit: most }))
    const shown = rows.map((row) => shownApproval(row, actor)).filter((row) => row.yours || !yours)
    const page = pageOf(shown, limit, ({ id }) => id)
    // Where it has looked at as much as it may, the next page goes on.
    const isCut = page.next_cursor === null && yours && rows.length === most
    return isCut ? { ...page, next_cursor: rows.at(-1)?.id ?? null } : page
  }

type Row = {
  readonly id: string
  readonly run_id: string
  readonly task: string
  readonly wait: Approval
  readonly started_at: Date
  readonly workflow: string
  readonly version: number
}

type Wanted = {
  readonly workspace_id: string
  readonly cursor: string | undefined
  readonly limit: number
}

const findWaiting = (sql: Sql, { workspace_id, cursor, limit }: Wanted) =>
  sql<Row>`
    select task.id, task.run_id, task.task, task.wait, task.started_at, run.workflow, run.version
    from scheduler.approval
      join scheduler.task_run as task on task.id = approval.task_run_id
      join scheduler.run on run.id = task.run_id
    where approval.workspace_id = ${workspace_id}::text::uuid
      and approval.task_run_id < coalesce(${cursor ?? null}::text::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
      and task.status = 'waiting'
    order by approval.task_run_id desc
    limit ${limit}::int`

const shownApproval = ({ wait, started_at, ...row }: Row, actor: Actor): ShownApproval => ({
  ...row,
  message: wait.message,
  roles: [...wait.roles],
  people: [...wait.people],
  approvals: wait.approvals,
  decisions: wait.decisions.map(({ by, at, approved, comment }) => ({ by, at, approved, comment })),
  yours: mayDecide(wait, actor) && !wait.decisions.some(({ user_id }) => user_id === actor.user_id),
  since: started_at.toISOString(),
  until: wait.until,
})
