-- Who is to be told of what, and where.
create table notification.subscription (
  id uuid primary key,
  workspace_id uuid not null,
  -- Whose it is; null: the workspace's.
  user_id uuid,
  name text not null,
  -- 'made' by somebody, or 'usual': everybody's, until they switch it off.
  source text not null,
  events text[] not null,
  -- Of these workflows, or of those with one of the tags; without both, of all.
  workflows text[] not null,
  tags text[] not null,
  longer_than_ms bigint,
  channel text not null,
  -- Where to, sealed: such an address may be as good as a key. `shown` is what may be seen of it.
  address bytea,
  shown text not null,
  secret bytea,
  old_secret bytea,
  old_secret_until timestamptz,
  digest text not null,
  -- Minutes of the day, by the clocks of the zone.
  quiet_from int,
  quiet_until int,
  timezone text not null,
  paused_at timestamptz,
  pause_reason text,
  failing_since timestamptz,
  -- What happened before is nothing to it.
  counts_from timestamptz not null default now(),
  created_by uuid not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index subscription_of on notification.subscription (workspace_id, id);
-- Every member may have a usual one, which hears of approvals alone: all else looks only at those that were made.
create index subscription_made on notification.subscription (workspace_id) where source = 'made';

-- One for each event and subscription, whatever becomes of it.
create table notification.delivery (
  id uuid primary key,
  workspace_id uuid not null,
  -- Null: a task has asked for it.
  subscription_id uuid references notification.subscription on delete cascade,
  event_id uuid not null,
  user_id uuid,
  type text not null,
  -- What repeats itself in a storm.
  about text not null,
  run_id uuid,
  channel text not null,
  address bytea,
  shown text not null,
  content json not null,
  status text not null,
  -- Counts all of them, and is what a late answer is told by; `tries` begins anew when it is to go out again.
  attempt int not null default 0,
  tries int not null default 0,
  -- When something is to be done about it; null once it is settled.
  due_at timestamptz,
  digest_id uuid,
  error text,
  created_at timestamptz not null default now(),
  finished_at timestamptz
);
create unique index delivery_once on notification.delivery (subscription_id, event_id);
create unique index delivery_asked_once on notification.delivery (event_id) where subscription_id is null;
create index delivery_due on notification.delivery (due_at) where due_at is not null;
create index delivery_listed on notification.delivery (workspace_id, id);
create index delivery_recent on notification.delivery (subscription_id, created_at);
create index delivery_at on notification.delivery (created_at);

create table notification.attempt (
  delivery_id uuid not null references notification.delivery on delete cascade,
  number int not null,
  at timestamptz not null,
  took_ms int not null,
  outcome text not null,
  request json not null,
  response json,
  error text,
  primary key (delivery_id, number)
);

-- What somebody has in a workspace. Its row is locked by whoever puts something in, so that `seq` has no gaps and is
-- committed in its order: whoever has read up to a number has missed nothing below it.
create table notification.mailbox (
  workspace_id uuid not null,
  user_id uuid not null,
  seq bigint not null default 0,
  unread int not null default 0,
  primary key (workspace_id, user_id)
);

create table notification.notification (
  id uuid primary key,
  workspace_id uuid not null,
  user_id uuid not null,
  seq bigint not null,
  type text not null,
  title text not null,
  body text not null,
  link text,
  read_at timestamptz,
  created_at timestamptz not null default now()
);
create unique index notification_in on notification.notification (workspace_id, user_id, seq);
create index notification_unread on notification.notification (workspace_id, user_id, seq) where read_at is null;
create index notification_at on notification.notification (created_at);

-- Which process holds somebody's open streams, for as long as it says that it is there; and what it is to look at.
create table notification.instance (
  id uuid primary key,
  alive_until timestamptz not null
);

create table notification.presence (
  workspace_id uuid not null,
  user_id uuid not null,
  instance_id uuid not null references notification.instance on delete cascade,
  opening bigint not null,
  primary key (workspace_id, user_id, instance_id)
);
create index presence_of on notification.presence (instance_id);

create table notification.push (
  id bigint generated always as identity primary key,
  instance_id uuid not null references notification.instance on delete cascade,
  workspace_id uuid not null,
  user_id uuid not null
);
create index push_to on notification.push (instance_id);

-- Runs that somebody is to be told of once they take longer than they should.
create table notification.watch (
  subscription_id uuid not null references notification.subscription on delete cascade,
  run_id uuid not null,
  workspace_id uuid not null,
  workflow text not null,
  started_at timestamptz not null,
  due_at timestamptz not null,
  primary key (run_id, subscription_id)
);
create index watch_due on notification.watch (due_at);
