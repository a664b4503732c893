-- Workflows that are put together step by step, and started once. Counts are kept under the lock of the draft's row.

create table workflow.draft (
  id uuid primary key,
  workspace_id uuid not null,
  name text not null,
  tasks int not null default 0,
  dependencies int not null default 0,
  payload_chars int not null default 0,
  -- From here on it doesn't change; the run's id is known when the scheduler has it.
  started_at timestamptz,
  run_id uuid,
  created_by uuid not null,
  created_at timestamptz not null default now()
) with (fillfactor = 50);

create table workflow.draft_task (
  id uuid primary key,
  draft_id uuid not null references workflow.draft (id),
  name text not null,
  type text not null,
  payload json not null,
  max_retries int not null,
  created_at timestamptz not null default now()
);

create index draft_task_of_draft on workflow.draft_task (draft_id, id);

create table workflow.draft_dependency (
  task_id uuid not null references workflow.draft_task (id),
  depends_on_task_id uuid not null references workflow.draft_task (id),
  primary key (task_id, depends_on_task_id)
);

create index draft_dependency_of on workflow.draft_dependency (depends_on_task_id);
