-- What webhooks were sent of late, and how much more of it they take.

-- When it has room for one more than its burst: requests have their turns one after the other.
alter table workflow.trigger add column turn_at timestamptz;

-- The newest of each webhook.
create table workflow.delivery (
  id bigint generated always as identity primary key,
  trigger_id uuid not null references workflow.trigger (id) on delete cascade,
  at timestamptz not null default clock_timestamp(),
  status text not null,
  reason text,
  run_id uuid
);

create index delivery_newest on workflow.delivery (trigger_id, id);
create index delivery_age on workflow.delivery (at);
