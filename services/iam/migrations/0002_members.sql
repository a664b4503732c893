-- Workspaces that are archived, people who are invited, and tokens that go where their holder goes.

alter table iam.workspace add column archived_at timestamptz;

-- What `wf login` keeps: it opens every workspace of its holder. Others open the one they were made in.
alter table iam.api_token add column all_workspaces boolean not null default false;

-- Only the hash of an invite's text is kept. An answered one stays, so that what became of it can be told.
create table iam.invite (
  id uuid primary key,
  hash bytea not null unique,
  workspace_id uuid not null references iam.workspace (id),
  email text not null,
  role text not null,
  invited_by uuid not null references iam.user_account (id),
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  accepted_at timestamptz,
  revoked_at timestamptz
);

create index invite_of_workspace on iam.invite (workspace_id, id);
