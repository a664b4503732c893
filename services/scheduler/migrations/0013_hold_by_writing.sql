-- A report holds its runs by writing them: the condition on the revision in the update is as good as a lock before it,
-- and each run is looked for and written in one go. Where runs are written that it doesn't hold by itself, all is as it was.
create or replace function scheduler.report(
  hold_session uuid, hold_ids uuid[], hold_revisions int[],
  holder uuid, holder_token bigint, handed uuid[], claims uuid[],
  done_ids uuid[], done_tokens bigint[], done_outputs text[], done_usages text[], done_chunks int[], done_expected int,
  closed_tokens bigint[], closed_counts int[],
  run_ids uuid[], run_statuses text[], run_reasons text[], run_open int[], run_bad int[], run_seqs int[],
  run_revisions int[], run_finished boolean[],
  told_ids uuid[], told_seqs int[], told_events text, told_at timestamptz,
  topics text[], events text, ids text, details text
) returns bigint language plpgsql as $$
declare
  held bigint;
  given_token bigint;
  changed int;
begin
  if hold_session is not null and hold_ids = run_ids then
    update scheduler.run as run
    set status = given.status, reason = given.reason, open = given.open, bad = given.bad, seq = given.seq,
      revision = given.revision, finished_at = case when given.finished then now() else run.finished_at end,
      started_at = coalesce(run.started_at, case when given.status = 'running' then now() end)
    from unnest(run_ids, hold_revisions, run_statuses, run_reasons, run_open, run_bad, run_seqs, run_revisions, run_finished)
      as given (id, held, status, reason, open, bad, seq, revision, finished)
    where run.id = given.id and run.revision = given.held;
    get diagnostics changed = row_count;
    if changed <> cardinality(hold_ids) then
      raise exception 'a run was moved on meanwhile' using errcode = 'serialization_failure';
    end if;
    if not exists (select from scheduler.session where session.id = hold_session and not session.ended) then
      raise exception 'the session has ended meanwhile' using errcode = 'serialization_failure';
    end if;
    held := nextval('scheduler.token');
    run_ids := '{}';
  elsif hold_session is not null then
    held := scheduler.hold(hold_session, hold_ids, hold_revisions);
  end if;
  if done_ids <> '{}' then
    update scheduler.task_run as task
    set status = 'completed', outputs = given.outputs::json, usage = given.usage::json,
      log_chunks = given.log_chunks, finished_at = now()
    from unnest(done_ids, done_tokens, done_outputs, done_usages, done_chunks)
      as given (id, token, outputs, usage, log_chunks)
    where task.id = given.id and task.token = given.token and status = 'running';
    get diagnostics changed = row_count;
    if changed <> done_expected then
      raise exception '% rows were to be changed, and % were', done_expected, changed
        using errcode = 'serialization_failure';
    end if;
  end if;
  if claims <> '{}' then
    given_token := coalesce(holder_token, currval('scheduler.token'));
    if handed <> '{}' then
      update scheduler.task_run
      set status = 'running', needs_left = 0, attempt = attempt + 1, worker_id = holder, token = given_token,
        queued_at = now(), started_at = now(), finished_at = null, error = null, reason = null, run_at = null
      where id = any(handed) and status in ('pending', 'queued');
    end if;
    insert into scheduler.claim (token, session_id, ids, open) values (given_token, holder, claims, cardinality(claims));
  end if;
  if closed_tokens <> '{}' then
    perform from scheduler.claim where token = any(closed_tokens) order by token for update;
    delete from scheduler.claim using unnest(closed_tokens, closed_counts) as given (token, done)
    where claim.token = given.token and open <= done;
    get diagnostics changed = row_count;
    if changed < cardinality(closed_tokens) then
      update scheduler.claim set open = open - done from unnest(closed_tokens, closed_counts) as given (token, done)
      where claim.token = given.token;
    end if;
  end if;
  if run_ids <> '{}' then
    update scheduler.run as run
    set status = given.status, reason = given.reason, open = given.open, bad = given.bad, seq = given.seq,
      revision = given.revision, finished_at = case when given.finished then now() else run.finished_at end,
      started_at = coalesce(run.started_at, case when given.status = 'running' then now() end)
    from unnest(run_ids, run_statuses, run_reasons, run_open, run_bad, run_seqs, run_revisions, run_finished)
      as given (id, status, reason, open, bad, seq, revision, finished)
    where run.id = given.id;
  end if;
  if told_ids <> '{}' then
    insert into scheduler.run_event (run_id, seq, at, events)
    select run_id, seq, told_at, told::json
    from unnest(told_ids, told_seqs, string_to_array(told_events, E'\n')) as given (run_id, seq, told);
  end if;
  if topics <> '{}' then
    insert into scheduler.outbox (topic, events, ids, details)
    select topic, told::json, fact_ids::uuid[], fact_details::json
    from unnest(topics, string_to_array(report.events, E'\n', ''), string_to_array(report.ids, E'\n', ''),
      string_to_array(report.details, E'\n', '')) as given (topic, told, fact_ids, fact_details);
  end if;
  return held;
end
$$;
