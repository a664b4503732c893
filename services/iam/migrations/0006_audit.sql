-- Who did what to what, and from where; written in the transaction of the change itself.

create table iam.audit (
  id uuid primary key,
  at timestamptz not null default now(),
  -- The workspace it happened in, or the user whose account alone it is about, and who alone sees it.
  scope text not null check (scope in ('workspace', 'account')),
  scope_id uuid not null,
  actor_kind text not null,
  actor_id uuid,
  actor text not null,
  -- The session or API token that was used.
  grant_id text,
  action text not null,
  subject_kind text not null,
  subject_id text,
  subject text not null,
  details json not null,
  address text,
  device text not null
);

create index audit_of on iam.audit (scope_id, id);
create index audit_of_action on iam.audit (scope_id, action, id);
create index audit_of_actor on iam.audit (scope_id, actor, id);

-- What was written stays, whoever asks: the service's own role has no way around this but to change the schema.
create function iam.refuse_change() returns trigger language plpgsql as $$
begin
  raise exception 'iam.audit is append-only';
end
$$;

create trigger audit_stays before update or delete on iam.audit
  for each row execute function iam.refuse_change();
create trigger audit_stays_whole before truncate on iam.audit
  for each statement execute function iam.refuse_change();
