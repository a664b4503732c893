-- Whoever brings a file says again and again that it is still coming; what nobody says that of was left by the dead.

alter table artifact.artifact add column alive_until timestamptz not null default now() + interval '1 day';
drop index artifact.artifact_pending;
create index artifact_pending on artifact.artifact (alive_until) where status = 'pending';
