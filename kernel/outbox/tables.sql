-- The outbox of a service's schema, and what its readers and consumers remember.

-- One row per transaction and topic. `events` holds the bodies; the hot path writes `ids` (and what a later attempt
-- would overwrite in `details`), and the bodies are derived when they are read.
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
-- goes by id (see outbox_page), and `after_id` is behind it; of row `partial_id` so are the first `partial_count` events.
create table reader (
  name text primary key,
  version bigint not null default 0,
  seen pg_snapshot not null default '1:1:',
  target pg_snapshot,
  fresh_from bigint,
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

-- What became visible since `seen`: rows of transactions that were under way then (`has_late`), and rows of later ones,
-- the first of which is `fresh_from`. A transaction under way may be missing in the list of a snapshot when its number
-- is above all that had ended, so nothing but the rows themselves can tell where to begin. `+ 0` keeps the planner
-- from looking for the least id among all rows. The settings are here because a plan made while the table was empty
-- would scan all of it for ever.
create function outbox_news(seen pg_snapshot)
returns table (target pg_snapshot, has_late boolean, fresh_from bigint)
language sql stable
set enable_seqscan = off
set enable_bitmapscan = off
begin atomic
  select
    pg_current_snapshot(),
    exists (select from outbox late where late.xid = any (array(select pg_snapshot_xip(outbox_news.seen)))),
    (select min(fresh.id + 0) from outbox fresh where fresh.xid >= pg_snapshot_xmax(outbox_news.seen));
end;

-- The next rows, in id order, of transactions that were unfinished in `seen` and are finished in `target`.
create function outbox_page(
  seen pg_snapshot, target pg_snapshot, fresh_from bigint, after_id bigint, topics text[], max_rows int, max_events int
)
returns table (
  id bigint, at timestamptz, topic text, events json, ids uuid[], details json, is_last boolean
)
language sql stable
set enable_seqscan = off
set enable_bitmapscan = off
set enable_sort = off
begin atomic
  select page.id, page.at, page.topic, page.events, page.ids, page.details, page.is_last
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
        where fresh.id >= greatest(outbox_page.fresh_from, outbox_page.after_id + 1)
          and outbox_page.fresh_from is not null
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
