-- The outbox of a service's schema, and what its readers and consumers remember.

-- One row per transaction and topic. `events` holds the bodies; the hot path writes `ids` (and what a later attempt
-- would overwrite in `details`), and the bodies are derived when they are read.
-- xid stands before id: defaults are evaluated in this order, so an id is drawn after its transaction has its number.
-- The readers rely on that (see outbox_page).
create table outbox (
  xid xid8 not null default pg_current_xact_id(),
  id bigint generated always as identity primary key,
  at timestamptz not null default clock_timestamp(),
  topic text not null,
  events json,
  ids uuid[],
  details json,
  size int not null generated always as (coalesce(cardinality(ids), json_array_length(events))) stored,
  check (num_nonnulls(events, ids) = 1)
);
create index outbox_xid on outbox (xid);

-- How far a reader of this outbox is. All that was finished in `seen` is behind it. Between `seen` and `target` it
-- goes by id, and `after_id` is behind it; of row `partial_id` so are the first `partial_count` events.
-- No row of a transaction that began after `seen` (or `target`) has an id up to `bound` (or `target_bound`).
create table reader (
  name text primary key,
  version bigint not null default 0,
  seen pg_snapshot not null default '1:1:',
  bound bigint not null default 0,
  target pg_snapshot,
  target_bound bigint not null default 0,
  after_id bigint not null default 0,
  partial_id bigint not null default 0,
  partial_count int not null default 0,
  holder uuid,
  lease_until timestamptz,
  updated_at timestamptz not null default now()
) with (fillfactor = 50);

-- What a consumer of this service has handled already.
create table inbox (
  consumer text not null,
  event_id uuid not null,
  at timestamptz not null default now(),
  primary key (consumer, event_id)
);
create index inbox_at on inbox (at);

-- What a consumer could not handle and will never be able to, with the reason.
create table parked (
  id bigint generated always as identity primary key,
  consumer text not null,
  topic text not null,
  event json not null,
  reason text not null,
  at timestamptz not null default now()
);

-- The next rows, in id order, of transactions that were unfinished in `seen` and are finished in `target`: those that
-- were under way in `seen`, by their numbers, and those that began later, whose ids all lie above `bound`. The settings
-- are here because a plan made while the table was empty would scan all of it for ever.
create function outbox_page(
  seen pg_snapshot, target pg_snapshot, bound bigint, after_id bigint, topics text[], max_rows int, max_events int
)
returns table (
  id bigint, at timestamptz, topic text, events json, ids uuid[], details json, size int, is_last boolean
)
language sql stable
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
begin atomic
  select page.id, page.at, page.topic, page.events, page.ids, page.details, page.size, page.is_last
  from (
    select
      found.*,
      sum(found.size) over (order by found.id) - found.size as events_before,
      row_number() over (order by found.id) = count(*) over () and count(*) over () < outbox_page.max_rows as is_last
    from (
      select late.*
      from outbox late
      where late.xid = any (array(select pg_snapshot_xip(outbox_page.seen)))
        and late.id > outbox_page.after_id
        and pg_visible_in_snapshot(late.xid, outbox_page.target)
        and (outbox_page.topics is null or late.topic = any (outbox_page.topics))
      union all
      (
        select fresh.*
        from outbox fresh
        where fresh.id > greatest(outbox_page.bound, outbox_page.after_id)
          and fresh.xid >= pg_snapshot_xmax(outbox_page.seen)
          and pg_visible_in_snapshot(fresh.xid, outbox_page.target)
          and (outbox_page.topics is null or fresh.topic = any (outbox_page.topics))
        order by fresh.id
        limit outbox_page.max_rows
      )
      order by id
      limit outbox_page.max_rows
    ) found
  ) page
  where page.events_before < outbox_page.max_events
  order by page.id;
end;
