-- Files of runs. The row comes first and goes last, so that no object is ever without one.

create table artifact.artifact (
  id uuid primary key,
  workspace_id uuid not null,
  run_id uuid not null,
  task text,
  attempt int,
  name text not null,
  content_type text not null,
  -- 'pending' while its bytes are on their way.
  status text not null,
  size_bytes bigint,
  sha256 text,
  created_at timestamptz not null default now()
);

create unique index artifact_stored on artifact.artifact (run_id, name) where status = 'stored';
create index artifact_pending on artifact.artifact (created_at) where status = 'pending';
