import { afterAll, beforeAll, expect, test } from "bun:test"
import type { Sql } from "#kernel/database/database.ts"
import type { Engine } from "../engine.ts"
import { given, workspace_id } from "../given.ts"
import { refreshLanes } from "../lane/refresh.ts"
import { takeReady } from "../step/take.ts"
import { claimTasks } from "../task/claim.ts"

const waiting = 100_000
const taken = 250
const other_id = "0198c0de-0000-7000-8000-0000000000b2"

let engine: Engine & { close(): Promise<void> }
beforeAll(async () => {
  // With the plans that the platform's own connections have.
  engine = await given.engine({ hot: true })
  await engine.database.run((sql) => fill(sql, workspace_id, waiting))
  await engine.database.run((sql) => fill(sql, other_id, 1))
})
afterAll(() => engine.close())

/** Jobs as they are when they wait, without a request for each. */
const fill = async (sql: Sql, workspace: string, count: number): Promise<void> => {
  await sql`
    with created as (
      insert into scheduler.task_run
        (id, idx, workspace_id, task, type, status, queue, slot, priority, max_retries, queued_at, created_at, payload)
      select (lpad(to_hex(place), 8, '0') || '-0000-7000-8000-' || right(${workspace}::text, 7) || 'fffff')::uuid, 0, ${workspace}::text::uuid,
        'noop', 'noop', 'queued', 'default', 'inline', 0, 0, now(), now(), 'null'
      from generate_series(1, ${count}::int) as place
      returning id, workspace_id, queue, slot
    )
    insert into scheduler.ready (task_run_id, workspace_id, queue, slot, rank)
    select id, workspace_id, queue, slot, 0 from created order by id`
}

/** Rows of jobs and of their places that this session has read so far, by table. */
const readSoFar = async (sql: Sql) => {
  const tables = await sql<{ name: string; rows: number }>`
    select relname as name, (seq_tup_read + coalesce(idx_tup_fetch, 0))::float8 as rows
    from pg_stat_xact_user_tables where schemaname = 'scheduler' and relname in ('ready', 'task_run')`
  const counts = new Map(tables.map(({ name, rows }) => [name, rows]))
  return { ready: counts.get("ready") ?? 0, task_run: counts.get("task_run") ?? 0 }
}

/** What a claim of some of the backlog reads. */
const readByClaim = async () => {
  const session_id = await given.session(engine)
  return engine.database.tx(async (sql) => {
    const before = await readSoFar(sql)
    const share = {
      workspace_id,
      queue: "default",
      slot: "inline",
      max_tasks: taken,
      limited: false,
    } as const
    const { tasks } = await takeReady(sql, [share], { session_id, token: "1" })
    const after = await readSoFar(sql)
    return {
      taken: tasks.length,
      ready: after.ready - before.ready,
      task_run: after.task_run - before.task_run,
    }
  })
}

test("who waits with one job among a hundred thousand of another workspace has it begun by the next claim", async () => {
  const session_id = await given.session(engine)
  await refreshLanes(engine)()
  const attempts = await claimTasks(engine)({ session_id, room: { process: 0, inline: 20, remote: 0 } })
  expect(attempts).toHaveLength(11)
  expect(attempts.filter((attempt) => attempt.workspace_id === other_id)).toHaveLength(1)
})

for (const [how, prepare] of [
  ["before anything is known of the tables", "select 1"],
  ["once they are counted", "analyze"],
  [
    "when nothing waited as they were counted",
    `update scheduler.task_run set status = 'completed'; analyze scheduler.task_run;
     update scheduler.task_run set status = 'queued'; analyze scheduler.ready`,
  ],
] as const) {
  test(`a claim reads no more of a backlog than it takes, ${how}`, async () => {
    await engine.database.run((sql) => sql.script(prepare))
    expect(await readByClaim()).toEqual({ taken, ready: taken, task_run: taken })
  })
}
