-- Mail that waits to be sent, and what the links in it lead to.

-- Whose address is theirs for certain: they have read a mail that was sent to it.
alter table iam.user_account add column verified_at timestamptz;

-- What it says is encrypted under the platform's key, since the links in it are as good as passwords.
create table iam.letter (
  id uuid primary key,
  box bytea not null,
  created_at timestamptz not null default now(),
  due_at timestamptz not null default now(),
  tries int not null default 0
);

create index letter_due on iam.letter (due_at);

-- Who registered and has not yet shown that the address is theirs. Only hashes of the links' tokens are kept.
create table iam.registration (
  hash bytea primary key,
  email text not null,
  name text not null,
  password_hash text not null,
  expires_at timestamptz not null
);

create index registration_end on iam.registration (expires_at);

create table iam.password_reset (
  hash bytea primary key,
  user_id uuid not null references iam.user_account (id),
  expires_at timestamptz not null
);

create index password_reset_end on iam.password_reset (expires_at);
create index password_reset_of_user on iam.password_reset (user_id);
