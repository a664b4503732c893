-- Runs that tasks of other runs have begun. Whoever writes or removes a row holds the run of the task.
create table scheduler.child (
  run_id uuid primary key,
  task_run_id uuid not null,
  parent_run_id uuid not null,
  task text not null
);
