import type { Sql } from "#kernel/database/database.ts"
import { Problem } from "#kernel/problem/problem.ts"
import type { Chosen } from "./shape.ts"

export type Locked = {
  readonly id: string
  readonly job_id: string
  readonly resolution: "replayed" | "dropped" | null
}

/** One of the workspace's dead letters, whatever became of it, held until the transaction ends. */
export const lockDeadLetter = async (sql: Sql, workspace_id: string, id: string): Promise<Locked> => {
  const [found] = await sql<Locked>`
    select id, job_id, resolution
    from scheduler.dead_letter
    where id = ${id}::text::uuid and workspace_id = ${workspace_id}::text::uuid
    for update`
  if (found) return found
  throw new Problem("dead_letter.not_found", { detail: `There is no dead letter ${id} in this workspace.` })
}

/** The oldest open ones; those that somebody else is dealing with are left to them. */
export const lockChosen = (sql: Sql, workspace_id: string, { queue, type, limit }: Chosen) =>
  sql<{ id: string }>`
    select id
    from scheduler.dead_letter
    where workspace_id = ${workspace_id}::text::uuid and resolved_at is null
      and (${queue ?? null}::text is null or queue = ${queue ?? null}::text)
      and (${type ?? null}::text is null or type = ${type ?? null}::text)
    order by died_at, id
    limit ${limit}::int
    for update skip locked`

export const hasOpen = async (sql: Sql, workspace_id: string, { queue, type }: Chosen): Promise<boolean> => {
  const found = await sql`
    select 1
    from scheduler.dead_letter
    where workspace_id = ${workspace_id}::text::uuid and resolved_at is null
      and (${queue ?? null}::text is null or queue = ${queue ?? null}::text)
      and (${type ?? null}::text is null or type = ${type ?? null}::text)
    limit 1`
  return found.length > 0
}
