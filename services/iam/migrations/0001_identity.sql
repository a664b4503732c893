-- Who people are, what they sign in with, and where they belong.

create table iam.user_account (
  id uuid primary key,
  -- Normalised: NFKC and lower case.
  email text not null unique,
  name text not null,
  created_at timestamptz not null default now()
);

create table iam.password (
  user_id uuid primary key references iam.user_account (id),
  hash text not null,
  changed_at timestamptz not null default now()
);

create table iam.workspace (
  id uuid primary key,
  slug text not null unique,
  name text not null,
  created_at timestamptz not null default now()
);

create table iam.member (
  user_id uuid not null references iam.user_account (id),
  workspace_id uuid not null references iam.workspace (id),
  role text not null,
  created_at timestamptz not null default now(),
  primary key (user_id, workspace_id)
);

create index member_of_workspace on iam.member (workspace_id);

-- A sign-in. Its refresh tokens are one family, which ends with it.
create table iam.session (
  id uuid primary key,
  user_id uuid not null references iam.user_account (id),
  workspace_id uuid not null references iam.workspace (id),
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);

create index session_of_user on iam.session (user_id);

-- Only hashes of tokens are kept. A used one stays, so that its reuse is noticed.
create table iam.refresh_token (
  hash bytea primary key,
  session_id uuid not null references iam.session (id),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  used_at timestamptz
);

create index refresh_token_of_session on iam.refresh_token (session_id);
create index refresh_token_end on iam.refresh_token (expires_at);

create table iam.api_token (
  id uuid primary key,
  hash bytea not null unique,
  user_id uuid not null,
  workspace_id uuid not null,
  name text not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  last_used_at timestamptz,
  revoked_at timestamptz,
  foreign key (user_id, workspace_id) references iam.member (user_id, workspace_id) on delete cascade
);

create index api_token_of_member on iam.api_token (user_id, workspace_id, id);

-- Private keys are encrypted under the platform's key. One is current; the others still verify.
create table iam.signing_key (
  id text primary key,
  public_jwk json not null,
  private_box bytea not null,
  current boolean not null,
  created_at timestamptz not null default now()
);

create unique index signing_key_current on iam.signing_key (current) where current;
