-- Files that are brought to the store itself, by a link: nobody tells when they are there, so they are looked for.
-- Such a row stays until its link has ended: what is brought by it is never without a row.

alter table artifact.artifact add column link_until timestamptz;
-- Who asked for the link: it is they who replace a file.
alter table artifact.artifact add column link_by json;
alter table artifact.artifact add column expected_sha256 text;
-- Somebody is looking at what has come, and nobody else does until then.
alter table artifact.artifact add column taken_until timestamptz;

create index artifact_awaited on artifact.artifact (id) where status = 'pending' and link_until is not null;
create index artifact_awaited_of on artifact.artifact (run_id) where status = 'pending' and link_until is not null;
create index artifact_linked on artifact.artifact (link_until) where link_until is not null;
