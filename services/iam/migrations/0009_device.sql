-- Devices that wait for somebody to let them in elsewhere (RFC 8628).

create table iam.device_login (
  -- Of the device's code; the other code is short, for people to type, and good for nothing by itself.
  hash bytea primary key,
  user_code text not null unique,
  device text not null,
  address text,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  -- Null while nobody has decided.
  decision text check (decision in ('approved', 'denied')),
  user_id uuid references iam.user_account (id),
  interval_s int not null,
  asked_at timestamptz
);

create index device_login_end on iam.device_login (expires_at);
