-- Task runs that ask people: few among many, and no index may name what changes. A row is written with what its task waits
-- for, whoever writes that, also a process of an older version, and removed some time after the task has ended.
create table scheduler.approval (
  workspace_id uuid not null,
  task_run_id uuid not null,
  primary key (workspace_id, task_run_id)
);

create function scheduler.note_approval() returns trigger
language plpgsql as $$
begin
  insert into scheduler.approval (workspace_id, task_run_id) values (new.workspace_id, new.id)
  on conflict do nothing;
  return null;
end
$$;

-- Looked at only where a statement writes `wait`, which none does that begins or ends what workers do.
create trigger approval_begun after update of wait on scheduler.task_run
for each row when (old.wait is null and new.wait ->> 'for' = 'approval')
execute function scheduler.note_approval();

insert into scheduler.approval (workspace_id, task_run_id)
select workspace_id, id from scheduler.task_run where status = 'waiting' and wait ->> 'for' = 'approval';
