-- What a task that no worker runs waits for, and what has been decided of it so far.
alter table scheduler.task_run add column wait json;

-- A signal that came before a task waits for it; it goes with the task that takes it, or with its run.
create table scheduler.signal (
  run_id uuid not null,
  name text not null,
  data json not null,
  received_at timestamptz not null default now(),
  primary key (run_id, name)
);

-- Timers that came due while their run was paused: due again when it is resumed.
create index timer_postponed on scheduler.timer (run_id) where due_at = 'infinity';
