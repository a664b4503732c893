-- How often something was tried of late, by account, by address and by both: the same for every instance. What a crash of the
-- database takes away here only lets somebody try anew.

create unlogged table iam.throttle (
  -- A hash of what is counted, so that nobody reads here who was tried.
  key bytea primary key,
  -- Tries that count; they are forgotten one by one as time passes.
  level real not null default 0,
  at timestamptz not null default now(),
  free_at timestamptz not null default now()
);

create index throttle_at on iam.throttle (at);

create index session_of_address on iam.session (user_id, address);
