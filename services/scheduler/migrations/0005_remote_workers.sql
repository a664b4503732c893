-- A worker outside of the platform belongs to a workspace, and takes what it was written for and nothing else.
alter table scheduler.session add column workspace_id uuid;
alter table scheduler.session add column takes text[] not null default '{}';
create index session_of_workspace on scheduler.session (workspace_id) where workspace_id is not null;

-- What no worker of the platform runs waits in lanes by what its worker has to be written for.
update scheduler.task_run set slot = 'remote job:' || type where slot = 'remote';
update scheduler.ready set slot = task.slot
from scheduler.task_run as task
where task.id = ready.task_run_id and ready.slot = 'remote';
