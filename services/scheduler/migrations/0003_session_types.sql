-- The types of tasks that a worker can run, as it said when it came.
alter table scheduler.session add column types text[] not null default '{}';
