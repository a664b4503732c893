-- Runs begin at any event of the platform that is told with its workspace; the end of a run is one of them.

-- The type of the event that it waits for, as it says itself.
alter table workflow.trigger add column event text generated always as (
  case type when 'workflow' then 'workflow.completed' when 'event' then settings ->> 'event' end
) stored;

create index trigger_event on workflow.trigger (workspace_id, event, upstream) where event is not null;
drop index workflow.trigger_upstream;

-- How many it has begun of late is asked for before it begins more.
create index triggered_recent on workflow.triggered (trigger_id, created_at);
