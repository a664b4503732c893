-- Where people are signed in, and what is not to be believed of access tokens that are still valid.

alter table iam.session add column device text not null default '';
alter table iam.session add column address text;
alter table iam.session add column last_used_at timestamptz not null default now();

-- A session, a user or a workspace of which something has changed. Kept for longer than an access token is valid.
create table iam.revocation (
  id bigint generated always as identity primary key,
  xid xid8 not null default pg_current_xact_id(),
  subject uuid not null,
  at timestamptz not null default now()
);

create index revocation_xid on iam.revocation (xid);
create index revocation_at on iam.revocation (at);
