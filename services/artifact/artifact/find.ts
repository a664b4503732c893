import { list, type Sql } from "#kernel/database/database.ts"
import type { ArtifactStore, Origin } from "../store.ts"
import { takeArrivalsOf } from "./arrive.ts"
import type { Artifact } from "./shape.ts"

type Which = { readonly workspace_id: string; readonly run_id: string }

/** `run_id` is that of the run that has kept it. */
export type Fetchable = Pick<Artifact, "run_id" | "name" | "size_bytes" | "sha256">

const page_size = 500

/** Pages of what the tasks of a run may fetch, by their names: its own files, before those of whom it took results over from. */
export const findFetchable = (store: ArtifactStore) => {
  const { database, originsOf } = store
  const takeArrived = takeArrivalsOf(store)
  return async function* (which: Which): AsyncGenerator<readonly Fetchable[]> {
    await takeArrived(which.run_id)
    const origins = await originsOf(which.workspace_id, which.run_id)
    let after = ""
    for (;;) {
      const found = await database.run((sql) => readPage(sql, { ...which, origins, after }))
      if (found.length > 0) yield found
      after = found.at(-1)?.name ?? ""
      if (found.length < page_size) return
    }
  }
}

type Page = Which & { readonly origins: readonly Origin[]; readonly after: string }

type Row = Omit<Fetchable, "size_bytes"> & { readonly size_bytes: string }

/** What the engine keeps for itself, such as large outputs, is no task's file. */
const readPage = async (
  sql: Sql,
  { workspace_id, run_id, origins, after }: Page,
): Promise<readonly Fetchable[]> => {
  const of_tasks = origins.flatMap((origin) => origin.tasks.map((task) => ({ run_id: origin.run_id, task })))
  const rows = await sql<Row>`
    with origin as materialized (
      select * from unnest(
        ${list(of_tasks.map((one) => one.run_id))}::text::uuid[], ${list(of_tasks.map((one) => one.task))}::text::text[]
      ) as given (run_id, task)
    )
    select distinct on (name) run_id, name, size_bytes, sha256
    from artifact.artifact
    where run_id = any(${list([run_id, ...origins.map((origin) => origin.run_id)])}::text::uuid[])
      and workspace_id = ${workspace_id}::text::uuid and status = 'stored'
      and name > ${after} and not starts_with(name, '.wf/')
      and (run_id = ${run_id}::text::uuid or (run_id, task) in (select run_id, task from origin))
    order by name, (run_id = ${run_id}::text::uuid) desc, created_at desc
    limit ${page_size}::int`
  return rows.map((row) => ({ ...row, size_bytes: Number(row.size_bytes) }))
}
