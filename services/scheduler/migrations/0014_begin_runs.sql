-- Everything that runs begin with which are written alike, in one call: mostly it is all that a start writes, and then it
-- is a transaction by itself, of one round trip. Their columns come once, and so do the tasks of their plan: a task run's
-- id is its run's, but for the digits of its place.
--
-- What needs nothing is claimable at once, or is given to the worker whose claim waits: the call then holds its session and
-- draws the token. Where several calls write what begins together, the first one holds and the last one tells.
create function scheduler.begin_runs(
  hold_session uuid,
  ids uuid[], traceparents text[], reruns uuid[], inputs json,
  of_workspace uuid, of_workflow text, of_version int, of_plan text, by_trigger text, with_open int, with_bad int,
  with_status text, with_reason text, with_seq int, with_gate text, timeout_ms float8,
  places text[], indexes int[], names text[], types text[], statuses text[], reasons text[], attempts int[],
  needs_left int[], needs_bad int[], queues text[], slots text[], priorities int[], retries int[], reused uuid[],
  outputs text[], settings text[],
  holder uuid, claims uuid[],
  told_ids uuid[], told_seqs int[], told_events text, told_at timestamptz,
  fact_topics text[], fact_events text, fact_ids text, fact_details text,
  out at timestamptz, out token bigint
) language plpgsql as $$
declare
  given_token bigint;
begin
  at := now();
  if hold_session is not null then
    token := scheduler.hold(hold_session, '{}', '{}');
  end if;
  if 'running' = any(statuses) or claims <> '{}' then
    given_token := currval('scheduler.token');
  end if;
  insert into scheduler.run
    (id, workspace_id, workflow, version, plan_id, inputs, trigger, open, bad, status, reason, seq, traceparent, rerun_of,
      gate_key, started_at, deadline, finished_at)
  select given.id, of_workspace, of_workflow, of_version, of_plan, given.inputs, by_trigger, with_open, with_bad, with_status,
    with_reason, with_seq, given.traceparent, given.rerun_of, with_gate, case when with_status <> 'pending' then now() end,
    now() + timeout_ms * interval '1 millisecond', case when with_open = 0 then now() end
  from rows from (unnest(begin_runs.ids, traceparents, reruns), json_array_elements(begin_runs.inputs))
    as given (id, traceparent, rerun_of, inputs);
  insert into scheduler.task_run
    (id, run_id, idx, workspace_id, task, type, status, needs_left, needs_bad, queue, slot, priority, max_retries, attempt,
      token, worker_id, queued_at, started_at, finished_at, reason, reused_from, outputs, settings)
  select (left(one.id::text, -length(task.place)) || task.place)::uuid, one.id, task.idx, of_workspace, task.name, task.type,
    task.status, task.needs_left, task.needs_bad, task.queue, task.slot, task.priority, task.max_retries, task.attempt,
    case when task.status = 'running' then given_token end, case when task.status = 'running' then holder::text end,
    case when task.status in ('queued', 'running') then now() end, case when task.status = 'running' then now() end,
    case when task.status in ('skipped', 'completed', 'failed') then now() end, task.reason, task.reused_from,
    task.outputs::json, task.settings::json
  from unnest(begin_runs.ids) as one (id)
  cross join unnest(places, indexes, names, types, statuses, reasons, attempts, begin_runs.needs_left,
      begin_runs.needs_bad, queues, slots, priorities, retries, reused, begin_runs.outputs, begin_runs.settings)
    as task (place, idx, name, type, status, reason, attempt, needs_left, needs_bad, queue, slot, priority, max_retries,
      reused_from, outputs, settings);
  if 'queued' = any(statuses) then
    insert into scheduler.ready (task_run_id, run_id, workspace_id, queue, slot, rank)
    select (left(one.id::text, -length(task.place)) || task.place)::uuid, one.id, of_workspace, task.queue, task.slot,
      floor(extract(epoch from now()) * 1000)::bigint - 60000 * task.priority
    from unnest(begin_runs.ids) with ordinality as one (id, number)
    cross join unnest(places, statuses, queues, slots, priorities) with ordinality
      as task (place, status, queue, slot, priority, number)
    where task.status = 'queued' order by one.number, task.number;
  end if;
  if claims <> '{}' then
    insert into scheduler.claim (token, session_id, ids, open) values (given_token, holder, claims, cardinality(claims));
  end if;
  if told_ids <> '{}' then
    insert into scheduler.run_event (run_id, seq, at, events)
    select run_id, seq, told_at, told::json
    from unnest(told_ids, told_seqs, string_to_array(told_events, E'\n')) as given (run_id, seq, told);
  end if;
  if fact_topics <> '{}' then
    insert into scheduler.outbox (topic, events, ids, details)
    select topic, told::json, rows_told::uuid[], details::json
    from unnest(fact_topics, string_to_array(fact_events, E'\n', ''), string_to_array(fact_ids, E'\n', ''),
      string_to_array(fact_details, E'\n', '')) as given (topic, told, rows_told, details);
  end if;
end
$$;
