-- Members that are programs: they have API tokens, and no password.

create table iam.service_account (
  user_id uuid primary key,
  workspace_id uuid not null,
  name text not null,
  created_by uuid not null references iam.user_account (id),
  created_at timestamptz not null default now(),
  unique (workspace_id, name),
  foreign key (user_id, workspace_id) references iam.member (user_id, workspace_id) on delete cascade
);
