import { list, type Sql } from "#kernel/database/database.ts"
import { leastIdOf } from "#kernel/service/uuid.ts"
import type { ArtifactStore } from "../store.ts"

const max_runs = 200

/** A run that isn't known is gone, and not about to come. */
const settled_ms = 86_400_000

const first_id = leastIdOf(0)

/** Files go with their run: those of runs that the scheduler has removed are left to the sweep. Some runs a round, all in turn. */
export const expireArtifacts = ({ database, kit, goneRuns }: ArtifactStore) => {
  let from = first_id
  return async (): Promise<boolean> => {
    const before = leastIdOf(kit.now().getTime() - settled_ms)
    const run_ids = await database.run((sql) => findRuns(sql, { from, before }))
    const gone = run_ids.length === 0 ? [] : await goneRuns(run_ids)
    if (gone.length > 0) await database.run((sql) => hideAll(sql, gone))
    const isLast = run_ids.length < max_runs
    from = isLast ? first_id : (run_ids.at(-1) ?? from)
    return !isLast
  }
}

type Range = { readonly from: string; readonly before: string }

const findRuns = async (sql: Sql, { from, before }: Range): Promise<readonly string[]> => {
  const rows = await sql<{ run_id: string }>`
    select distinct run_id from artifact.artifact
    where status = 'stored' and run_id > ${from}::text::uuid and run_id < ${before}::text::uuid
    order by run_id
    limit ${max_runs}::int`
  return rows.map(({ run_id }) => run_id)
}

const hideAll = (sql: Sql, run_ids: readonly string[]) =>
  sql`
    update artifact.artifact set status = 'pending', reserved_bytes = 0, alive_until = now()
    where run_id = any(${list(run_ids)}::text::uuid[]) and status = 'stored'`
