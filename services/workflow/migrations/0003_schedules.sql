-- When runs start by themselves, and what became of each time that was due.

create table workflow.schedule (
  id uuid primary key,
  workspace_id uuid not null,
  workflow_id uuid not null references workflow.workflow (id),
  name text not null,
  -- Made by a version's file, and changed with it.
  declared boolean not null,
  cron text not null,
  timezone text not null,
  catch_up text not null,
  window_ms double precision not null,
  overlap text not null,
  jitter_ms double precision not null,
  inputs json not null,
  paused_at timestamptz,
  -- The first time that is due and has no row yet; null while nothing can be due.
  next_at timestamptz,
  created_by uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (workspace_id, name)
);

create index schedule_due on workflow.schedule (next_at) where next_at is not null;
create index schedule_of on workflow.schedule (workflow_id);

-- The row of a time that is due is its claim: whoever makes it is the only one who starts a run for it.
create table workflow.fire (
  schedule_id uuid not null references workflow.schedule (id) on delete cascade,
  fire_at timestamptz not null,
  -- schedule, catch_up or backfill
  kind text not null,
  status text not null,
  reason text,
  -- The row stands for all times that were due until here.
  until timestamptz,
  -- When it is looked at next; null when nothing is left to do.
  look_at timestamptz,
  run_id uuid,
  -- Whether its run may still go on, as far as that matters to the next one.
  active boolean not null default false,
  decided_at timestamptz not null default now(),
  primary key (schedule_id, fire_at)
);

create index fire_open on workflow.fire (look_at) where look_at is not null;
create index fire_active on workflow.fire (schedule_id) where active;
create index fire_age on workflow.fire (decided_at);
