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
  cancel_at timestamptz,
  deadline timestamptz,
  traceparent text,
  created_at timestamptz not null default now(),
  started_at timestamptz,
  finished_at timestamptz
) with (fillfactor = 50);

create index run_of_workspace on scheduler.run (workspace_id, id);

-- The id is the run's with its last 20 bits = idx + 1, so a run's rows lie together and need no other index.
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
  needs_left int not null,
  needs_bad int not null default 0,
  queue text not null,
  priority int not null,
  run_at timestamptz,
  token bigint,
  attempt int not null default 0,
  max_retries int not null,
  -- Attempts that ended with their worker, and those that were handed back: neither is one of its tries.
  lost int not null default 0,
  returned int not null default 0,
  cancel boolean not null default false,
  worker_id text,
  outputs json,
  error json,
  usage json,
  log_chunks int not null default 0,
  queued_at timestamptz,
  started_at timestamptz,
  finished_at timestamptz
) with (fillfactor = 50);

-- What may be claimed now. Rows come and go with the work.
create table scheduler.ready (
  seq bigint generated always as identity,
  task_run_id uuid not null,
  run_id uuid,
  workspace_id uuid not null,
  queue text not null,
  priority int not null
);

create index ready_order on scheduler.ready (queue, priority desc, seq);

-- What waits behind a pause; moved back to ready by whoever ends it.
create table scheduler.blocked (
  task_run_id uuid primary key,
  run_id uuid,
  why text not null
);

create index blocked_of_run on scheduler.blocked (run_id);

create table scheduler.session (
  id uuid primary key,
  name text not null,
  queues text[] not null,
  slots int not null,
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

create table scheduler.run_event (
  run_id uuid not null,
  seq int not null,
  type text not null,
  task text,
  status text,
  at timestamptz not null default now(),
  data json,
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

-- One row: when somebody last swept, and from when sessions may be ended again.
create table scheduler.sweep (
  one boolean primary key default true check (one),
  last_at timestamptz not null default now(),
  reap_after timestamptz not null default now()
);

insert into scheduler.sweep default values;
