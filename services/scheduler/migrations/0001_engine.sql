-- Runs and task runs, from start to end. No index may name a column that changes: then updates stay HOT.

create table scheduler.plan (
  id text primary key,
  plan json not null,
  created_at timestamptz not null default now()
);

create table scheduler.run (
  id uuid primary key,
  workspace_id uuid not null,
  workflow text not null,
  version int not null,
  plan_id text not null references scheduler.plan (id),
  status text not null,
  reason text,
  inputs json not null,
  outputs json,
  trigger text not null,
  rerun_of uuid,
  -- Task runs that are not yet terminal, and failures that nothing handles.
  open int not null,
  bad int not null default 0,
  -- Number of the last event.
  seq int not null default 0,
  -- What it holds or waits for before it may begin.
  gate_key text,
  deadline timestamptz,
  traceparent text,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz
) with (fillfactor = 50);

create index run_of_workspace on scheduler.run (workspace_id, id);
create index run_reruns on scheduler.run (rerun_of) where rerun_of is not null;

-- A task of a run, or a job, which has no run. The id of a task of a run is the run's with its last 20 bits = idx + 1,
-- so a run's rows lie together and need no other index.
create table scheduler.task_run (
  id uuid primary key,
  run_id uuid,
  idx int not null,
  workspace_id uuid not null,
  task text not null,
  item int,
  type text not null,
  status text not null,
  reason text,
  needs_left int not null default 0,
  needs_bad int not null default 0,
  queue text not null,
  -- Which kind of slot it takes: 'process', 'inline' (a function of the worker's own) or 'remote'.
  slot text not null,
  priority int not null,
  run_at timestamptz,
  token bigint,
  attempt int not null default 0,
  max_retries int not null,
  -- Attempts that ended with their worker, and those that were handed back: neither is one of its tries.
  lost int not null default 0,
  returned int not null default 0,
  cancel boolean not null default false,
  gate_key text,
  worker_id text,
  outputs json,
  -- The task of an earlier run whose result a rerun took over.
  reused_from uuid,
  error json,
  usage json,
  log_chunks int not null default 0,
  queued_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz,
  -- Of jobs alone; a task of a run has these in its plan.
  payload json,
  idempotency_key text,
  settings json,
  traceparent text,
  created_at timestamptz,
  updated_at timestamptz
) with (fillfactor = 50);

create unique index job_key on scheduler.task_run (workspace_id, idempotency_key) where idempotency_key is not null;
create index job_of_workspace on scheduler.task_run (workspace_id, id) where run_id is null;

-- What may be claimed now. Rows come and go with the work; a lane is what one workspace has in one queue for one kind
-- of slot. `rank` is the time of queueing in milliseconds, less a minute for each point of priority: so the important
-- goes first and nothing starves.
create table scheduler.ready (
  seq bigint generated always as identity,
  task_run_id uuid not null,
  run_id uuid,
  workspace_id uuid not null,
  queue text not null,
  slot text not null,
  rank bigint not null
) with (autovacuum_vacuum_scale_factor = 0.01);

create index ready_order on scheduler.ready (queue, workspace_id, slot, rank, seq);

-- What waits behind a pause of its run or a full gate; moved to ready by whoever ends that. A run that waits to begin has
-- its own id for both.
create table scheduler.blocked (
  seq bigint generated always as identity,
  task_run_id uuid primary key,
  run_id uuid,
  workspace_id uuid not null,
  gate_key text
);

create index blocked_of_run on scheduler.blocked (run_id) where run_id is not null;
create index blocked_of_gate on scheduler.blocked (workspace_id, gate_key, seq) where gate_key is not null;

-- How many may hold a key at once, and who does: from when it may be claimed, or begins, until it has ended. Whoever adds
-- or removes a holder, or what waits behind the gate, has locked the gate; it goes with its last holder.
create table scheduler.gate (
  workspace_id uuid not null,
  key text not null,
  max int not null,
  in_use int not null default 0,
  primary key (workspace_id, key)
) with (fillfactor = 50);

create table scheduler.holder (
  id uuid primary key,
  workspace_id uuid not null,
  gate_key text not null
);

create index holder_of_gate on scheduler.holder (workspace_id, gate_key);

-- When the next job with a rate key may begin.
create table scheduler.rate (
  workspace_id uuid not null,
  key text not null,
  next_at timestamptz not null,
  primary key (workspace_id, key)
) with (fillfactor = 50);

-- What was set for a queue; one that nothing was set for has no row.
create table scheduler.queue (
  workspace_id uuid not null,
  name text not null,
  paused boolean not null default false,
  concurrency int,
  -- At most `rate_limit` are claimed in `rate_ms`; `rate_at` is when the next may be, spread evenly.
  rate_limit int,
  rate_ms int,
  rate_at timestamptz not null default '-infinity',
  updated_at timestamptz not null default now(),
  primary key (workspace_id, name)
) with (fillfactor = 50);

-- Jobs that have failed for good, each time they did.
create table scheduler.dead_letter (
  id uuid primary key,
  job_id uuid not null,
  workspace_id uuid not null,
  queue text not null,
  type text not null,
  reason text not null,
  attempts int not null,
  died_at timestamptz not null default now(),
  -- When it was replayed or dropped; until then it is listed.
  resolved_at timestamptz,
  resolution text
);

create index dead_letter_open on scheduler.dead_letter (workspace_id, died_at, id) where resolved_at is null;
create index dead_letter_of_job on scheduler.dead_letter (job_id);

create table scheduler.session (
  id uuid primary key,
  name text not null,
  queues text[] not null,
  labels json not null default '{}',
  slots int not null,
  -- Slots for functions of the worker's own, which take no process.
  inline_slots int not null default 0,
  draining boolean not null default false,
  lease_until timestamptz not null,
  ended boolean not null default false,
  started_at timestamptz not null default now(),
  last_seen_at timestamptz not null default now()
) with (fillfactor = 50);

create sequence scheduler.token;

-- One row for each claim batch; its key is the fencing token of all its attempts.
create table scheduler.claim (
  token bigint primary key,
  session_id uuid not null,
  ids uuid[] not null,
  open int not null,
  claimed_at timestamptz not null default now()
) with (fillfactor = 50);

create index claim_of_session on scheduler.claim (session_id);

create table scheduler.timer (
  id bigint generated always as identity primary key,
  due_at timestamptz not null,
  kind text not null,
  task_run_id uuid,
  run_id uuid
);

create index timer_due on scheduler.timer (due_at);

-- What a transaction told of a run: one row, whose seq is that of its last event.
create table scheduler.run_event (
  run_id uuid not null,
  seq int not null,
  at timestamptz not null default now(),
  events json not null,
  primary key (run_id, seq)
);

create table scheduler.idempotency (
  workspace_id uuid not null,
  scope text not null,
  key text not null,
  body_hash text not null,
  object_id uuid not null,
  created_at timestamptz not null default now(),
  primary key (workspace_id, scope, key)
);

create index idempotency_age on scheduler.idempotency (created_at);

-- One row: when somebody last swept, and from when sessions may be ended again.
create table scheduler.sweep (
  one boolean primary key default true check (one),
  last_at timestamptz not null default now(),
  reap_after timestamptz not null default now()
);

insert into scheduler.sweep default values;
