-- A plan is removed some time after the last run that began with it; whoever begins one says so once a day. No run is older
-- than its plan, so nothing is lost with the constraint, which cost each new run a look and a lock.
alter table scheduler.plan add column used_at timestamptz not null default now();
create index plan_use on scheduler.plan (used_at);
alter table scheduler.run drop constraint run_plan_id_fkey;
