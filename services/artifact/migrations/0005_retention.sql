-- For how long a workspace keeps files, if it is less than the platform does.

alter table artifact.usage add column keep_days int;
create index artifact_age on artifact.artifact (workspace_id, created_at) where status = 'stored';
