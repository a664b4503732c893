-- People who sign in at an external provider of OpenID Connect.

-- The provider knows somebody by its subject, which it never gives to another; an address may change hands.
create table iam.external_identity (
  issuer text not null,
  subject text not null,
  user_id uuid not null references iam.user_account (id),
  created_at timestamptz not null default now(),
  last_used_at timestamptz not null default now(),
  primary key (issuer, subject)
);

create unique index external_identity_of_user on iam.external_identity (user_id, issuer);

-- What a browser brings back to the program that somebody signs in with. Only hashes are kept, and a used one stays for a while, so
-- that neither the code nor the state that it came of works twice.
create table iam.sign_in_code (
  hash bytea primary key,
  state_hash bytea not null unique,
  user_id uuid not null references iam.user_account (id),
  challenge text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);

create index sign_in_code_created on iam.sign_in_code (created_at);
