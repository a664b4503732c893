-- Files of versions. All of a version's are one bundle, whose bytes are in the store for blobs, once for a workspace.

create table workflow.bundle (
  workspace_id uuid not null,
  -- SHA-256 of its bytes.
  digest text not null,
  -- When a push last began to bring it.
  touched_at timestamptz not null default now(),
  -- Null until a version has it: no bytes are ever without a row.
  stored_at timestamptz,
  primary key (workspace_id, digest)
);

create index bundle_open on workflow.bundle (touched_at) where stored_at is null;

-- What a version says of its files; null where it has none.
alter table workflow.version add column files json;
