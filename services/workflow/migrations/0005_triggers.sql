-- What else begins runs: requests to an address that nobody can guess, and the ends of other workflows' runs.

create table workflow.trigger (
  id uuid primary key,
  workspace_id uuid not null,
  workflow_id uuid not null references workflow.workflow (id),
  name text not null,
  -- webhook or workflow
  type text not null,
  -- As the workflow's newest version declares it.
  settings json not null,
  -- Of a webhook: the SHA-256 of its token, and the token itself under a key that only the key file gives.
  token_hash text unique,
  token_box bytea,
  -- Of the end of another workflow's run: that workflow, and the ends that count.
  upstream text,
  statuses text[],
  last_at timestamptz,
  last_status text,
  last_reason text,
  last_run_id uuid,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (workflow_id, name)
);

create index trigger_upstream on workflow.trigger (workspace_id, upstream) where upstream is not null;

-- The row of an end and a trigger is its claim: there is one run for it, however often the end is told.
create table workflow.triggered (
  trigger_id uuid not null references workflow.trigger (id) on delete cascade,
  event_id uuid not null,
  -- What the trigger's expressions read of the run that ended.
  ended json not null,
  -- The run that is to begin, and how many triggers in a row have led to it.
  run_id uuid not null,
  depth int not null,
  status text not null,
  -- When it is looked at next; null when nothing is left to do.
  look_at timestamptz,
  created_at timestamptz not null default now(),
  primary key (trigger_id, event_id)
);

create index triggered_open on workflow.triggered (look_at) where look_at is not null;
create index triggered_run on workflow.triggered (run_id);
create index triggered_age on workflow.triggered (created_at);
