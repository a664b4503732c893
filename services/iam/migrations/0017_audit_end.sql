-- Entries of the audit log are kept for long, and not for ever.

create index audit_at on iam.audit (at);

-- Who cleans says so in that very transaction, and takes nothing that is younger than a month, whatever the settings are. All
-- else is refused as before.
create or replace function iam.refuse_change() returns trigger language plpgsql as $$
begin
  if tg_op = 'DELETE' then
    if current_setting('iam.forgets_audit', true) = 'on' and old.at < now() - interval '30 days' then
      return old;
    end if;
  end if;
  raise exception 'iam.audit is append-only';
end
$$;
