-- How often a run was written. Who knows its rows at a revision needs not read them again.
alter table scheduler.run add column revision int not null default 0;

-- Holds runs, in the order of their ids, as they were at these revisions, and draws a token for the session's claim.
-- Where something was moved on meanwhile, or the session has ended, it fails as a serialisation does: what was to
-- be done is then done again, with fresh eyes.
create function scheduler.hold(session_id uuid, ids uuid[], revisions int[]) returns bigint
language plpgsql as $$
declare
  held int;
begin
  select count(*) into held
  from (
    select run.id
    from unnest(hold.ids, hold.revisions) as given (id, revision)
    join scheduler.run as run on run.id = given.id and run.revision = given.revision
    order by run.id
    for update of run
  ) as locked;
  if held <> cardinality(hold.ids) then
    raise exception 'a run was moved on meanwhile' using errcode = 'serialization_failure';
  end if;
  if not exists (
    select from scheduler.session where session.id = hold.session_id and not session.ended
  ) then
    raise exception 'the session has ended meanwhile' using errcode = 'serialization_failure';
  end if;
  return nextval('scheduler.token');
end
$$;

-- Fails as a serialisation does where fewer rows were changed than were meant to be; null expects nothing.
create function scheduler.expect(changed bigint, meant int) returns void
language plpgsql as $$
begin
  if changed <> meant then
    raise exception '% rows were to be changed, and % were', meant, changed using errcode = 'serialization_failure';
  end if;
end
$$;
