-- Everything that each run begins with, written in one call: mostly it is all that a start writes, and then it is a
-- transaction by itself, of one round trip. What needs nothing is claimable at once, or is given to the worker whose claim
-- waits: the call holds its session and draws the token then. The outbox's ids are drawn last.
create function scheduler.begin_runs(
  hold_session uuid, holder uuid, claims uuid[],
  run_ids uuid[], run_workspaces uuid[], run_workflows text[], run_versions int[], run_plans text[], run_inputs text[],
  run_triggers text[], run_open int[], run_bad int[], run_statuses text[], run_reasons text[], run_seqs int[],
  run_traceparents text[], run_reruns uuid[], run_gates text[], run_timeouts float8[],
  task_ids uuid[], task_runs uuid[], task_workspaces uuid[], task_places int[], task_names text[], task_types text[],
  task_statuses text[], task_reasons text[], task_attempts int[], task_needs_left int[], task_needs_bad int[],
  task_queues text[], task_slots text[], task_priorities int[], task_retries int[], task_reused uuid[],
  task_outputs text[], task_settings text[],
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
  if claims <> '{}' then
    given_token := currval('scheduler.token');
  end if;
  insert into scheduler.run
    (id, workspace_id, workflow, version, plan_id, inputs, trigger, open, bad, status, reason, seq, traceparent, rerun_of,
      gate_key, started_at, deadline, finished_at)
  select id, workspace_id, workflow, version, plan_id, inputs::json, trigger, open, bad, status, reason, seq, traceparent,
    rerun_of, gate_key, case when status <> 'pending' then now() end, now() + timeout_ms * interval '1 millisecond',
    case when open = 0 then now() end
  from unnest(run_ids, run_workspaces, run_workflows, run_versions, run_plans, run_inputs, run_triggers, run_open, run_bad,
      run_statuses, run_reasons, run_seqs, run_traceparents, run_reruns, run_gates, run_timeouts)
    as given (id, workspace_id, workflow, version, plan_id, inputs, trigger, open, bad, status, reason, seq, traceparent,
      rerun_of, gate_key, timeout_ms);
  insert into scheduler.task_run
    (id, run_id, idx, workspace_id, task, type, status, needs_left, needs_bad, queue, slot, priority, max_retries, attempt,
      token, worker_id, queued_at, started_at, finished_at, reason, reused_from, outputs, settings)
  select id, run_id, idx, workspace_id, task, type, status, needs_left, needs_bad, queue, slot, priority, max_retries,
    attempt, case when status = 'running' then given_token end, case when status = 'running' then holder::text end,
    case when status in ('queued', 'running') then now() end, case when status = 'running' then now() end,
    case when status in ('skipped', 'completed', 'failed') then now() end, reason, reused_from, outputs::json, settings::json
  from unnest(task_ids, task_runs, task_workspaces, task_places, task_names, task_types, task_statuses, task_reasons,
      task_attempts, task_needs_left, task_needs_bad, task_queues, task_slots, task_priorities, task_retries, task_reused,
      task_outputs, task_settings)
    as given (id, run_id, workspace_id, idx, task, type, status, reason, attempt, needs_left, needs_bad, queue, slot,
      priority, max_retries, reused_from, outputs, settings);
  if 'queued' = any(task_statuses) then
    insert into scheduler.ready (task_run_id, run_id, workspace_id, queue, slot, rank)
    select id, run_id, workspace_id, queue, slot, floor(extract(epoch from now()) * 1000)::bigint - 60000 * priority
    from unnest(task_ids, task_runs, task_workspaces, task_statuses, task_queues, task_slots, task_priorities)
      as given (id, run_id, workspace_id, status, queue, slot, priority)
    where status = 'queued' order by id;
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
    select topic, told::json, ids::uuid[], details::json
    from unnest(fact_topics, string_to_array(fact_events, E'\n', ''), string_to_array(fact_ids, E'\n', ''),
      string_to_array(fact_details, E'\n', '')) as given (topic, told, ids, details);
  end if;
end
$$;
