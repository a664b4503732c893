-- Under which key a task's result may be taken over. The result stays with the task run that wrote it, and counts only
-- if that has completed; a row goes with it, or when it is too old for anybody.
create table scheduler.cache_key (
  task_run_id uuid primary key,
  workspace_id uuid not null,
  -- SHA-256 of what the task is and what its key was.
  hash text not null,
  ttl_ms double precision not null,
  -- Not removed before, whatever became of the task.
  keep_until timestamptz not null
);

create index cache_key_of on scheduler.cache_key (workspace_id, hash, task_run_id);
create index cache_key_age on scheduler.cache_key (keep_until);
