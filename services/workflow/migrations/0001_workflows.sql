-- Workflows by name, and their versions, which never change.

create table workflow.workflow (
  id uuid primary key,
  workspace_id uuid not null,
  name text not null,
  -- Zero only inside the transaction that makes the first version.
  latest_version int not null default 0,
  latest_digest text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  archived_at timestamptz,
  unique (workspace_id, name)
);

create table workflow.version (
  workflow_id uuid not null references workflow.workflow (id),
  version int not null,
  -- SHA-256 of the definition's canonical text: equal meaning, equal digest.
  digest text not null,
  definition json not null,
  plan json not null,
  created_at timestamptz not null default now(),
  created_by uuid not null,
  primary key (workflow_id, version)
);
