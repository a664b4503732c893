-- What each workspace keeps, counted by the database itself with every change: what is on its way counts as much as it
-- has told that it would take.

alter table artifact.artifact add column reserved_bytes bigint not null default 0;

create table artifact.usage (
  workspace_id uuid primary key,
  bytes bigint not null,
  files bigint not null
);

insert into artifact.usage (workspace_id, bytes, files)
select workspace_id, sum(size_bytes), count(*)
from artifact.artifact
where status = 'stored'
group by workspace_id;

create function artifact.bytes_of(it artifact.artifact) returns bigint language sql immutable as
$$ select case when it.status = 'stored' then it.size_bytes else it.reserved_bytes end $$;

create function artifact.files_of(it artifact.artifact) returns int language sql immutable as
$$ select case when it.status = 'stored' then 1 else 0 end $$;

-- In the order of workspaces, so that two statements about several of them don't wait for each other in a circle.
create function artifact.count_added() returns trigger language plpgsql as $$
begin
  insert into artifact.usage as it (workspace_id, bytes, files)
  select workspace_id, sum(artifact.bytes_of(added)), sum(artifact.files_of(added))
  from added group by workspace_id order by workspace_id
  on conflict (workspace_id) do update set bytes = it.bytes + excluded.bytes, files = it.files + excluded.files;
  return null;
end $$;

create function artifact.count_changed() returns trigger language plpgsql as $$
begin
  insert into artifact.usage as it (workspace_id, bytes, files)
  select workspace_id, sum(bytes), sum(files)
  from (
    select workspace_id, artifact.bytes_of(after) as bytes, artifact.files_of(after) as files from after
    union all
    select workspace_id, -artifact.bytes_of(before), -artifact.files_of(before) from before
  ) as change
  group by workspace_id
  having sum(bytes) <> 0 or sum(files) <> 0
  order by workspace_id
  on conflict (workspace_id) do update set bytes = it.bytes + excluded.bytes, files = it.files + excluded.files;
  return null;
end $$;

create function artifact.count_removed() returns trigger language plpgsql as $$
begin
  insert into artifact.usage as it (workspace_id, bytes, files)
  select workspace_id, -sum(artifact.bytes_of(removed)), -sum(artifact.files_of(removed))
  from removed group by workspace_id order by workspace_id
  on conflict (workspace_id) do update set bytes = it.bytes + excluded.bytes, files = it.files + excluded.files;
  return null;
end $$;

create trigger artifact_added after insert on artifact.artifact
  referencing new table as added for each statement execute function artifact.count_added();
create trigger artifact_changed after update on artifact.artifact
  referencing old table as before new table as after for each statement execute function artifact.count_changed();
create trigger artifact_removed after delete on artifact.artifact
  referencing old table as removed for each statement execute function artifact.count_removed();
