-- Secrets, each encrypted under its workspace's key, which is encrypted under a key that only the key file gives.

create table workflow.data_key (
  workspace_id uuid primary key,
  id uuid not null,
  box bytea not null,
  created_at timestamptz not null default now()
);

create table workflow.secret (
  workspace_id uuid not null,
  name text not null,
  box bytea not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  updated_by uuid not null,
  primary key (workspace_id, name)
);
