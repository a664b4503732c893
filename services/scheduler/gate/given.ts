import type { Engine } from "../engine.ts"

export type GateState = { readonly key: string; readonly in_use: number; readonly waiting: number }

/** Gates with how many wait behind them. */
export const readGates = (engine: Engine) =>
  engine.database.run(
    (sql) => sql<GateState>`
      select key, in_use, (select count(*)::int from scheduler.blocked where gate_key = key) as waiting
      from scheduler.gate
      order by key`,
  )

/** Every way in which gates could disagree with the jobs and runs that they are about; nothing of it may ever be found. */
export const findGateFaults = (engine: Engine) =>
  engine.database.run(
    (sql) => sql<{ fault: string; id: string }>`
      with member as (
        select id, workspace_id, gate_key, status in ('running', 'retrying') as holds
        from scheduler.task_run
        where gate_key is not null and status in ('queued', 'running', 'retrying')
        union all
        select id, workspace_id, gate_key, status <> 'pending' as holds
        from scheduler.run
        where gate_key is not null and status in ('pending', 'running', 'paused')
      ), holder as (
        select member.* from member left join scheduler.blocked on task_run_id = id where task_run_id is null
      ), waiting as (
        select blocked.* from scheduler.blocked where gate_key is not null
      )
      select 'in_use is not the number of holders' as fault, key as id
      from scheduler.gate
      where in_use <> (
        select count(*) from holder
        where holder.workspace_id = gate.workspace_id and holder.gate_key = gate.key
      )
      union all
      select 'a holder that is not written down', id::text from holder
      where not exists (select from scheduler.holder as row where row.id = holder.id and row.gate_key = holder.gate_key)
      union all
      select 'a holder that holds nothing', id::text from scheduler.holder
      where id not in (select id from holder)
      union all
      select 'a holder without a gate', id::text from holder
      where not exists (
        select from scheduler.gate where gate.workspace_id = holder.workspace_id and gate.key = holder.gate_key
      )
      union all
      select 'what runs waits', id::text from member join waiting on task_run_id = id where holds
      union all
      select 'what has ended waits', task_run_id::text from waiting
      where task_run_id not in (select id from member)
      union all
      select 'something waits though there is room', key from scheduler.gate
      where in_use < max and exists (
        select from waiting where waiting.workspace_id = gate.workspace_id and waiting.gate_key = gate.key
      )
      union all
      select 'what waits can be claimed', task_run_id::text from scheduler.ready
      where task_run_id in (select task_run_id from waiting)
      union all
      select 'what is queued and holds its key can not be claimed', id::text
      from holder join scheduler.task_run using (id)
      where task_run.status = 'queued' and id not in (select task_run_id from scheduler.ready)
      union all
      select 'a gate that nothing holds', key from scheduler.gate where in_use = 0`,
  )
