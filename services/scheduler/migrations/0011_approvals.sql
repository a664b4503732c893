-- Task runs that ask people: few among many, and no index may name what changes. A row is written with what its task waits
-- for, and removed some time after the task has ended. No trigger writes it: where a table has one, each row that is
-- changed is read once more, whatever the change.
create table scheduler.approval (
  workspace_id uuid not null,
  task_run_id uuid not null,
  primary key (workspace_id, task_run_id)
);

insert into scheduler.approval (workspace_id, task_run_id)
select workspace_id, id from scheduler.task_run where status = 'waiting' and wait ->> 'for' = 'approval';
