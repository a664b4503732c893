-- The time that a test tells: where this schema is looked through before PostgreSQL's own, `now()` is this one.
create schema clock;
create table clock.time (at timestamptz not null);
insert into clock.time values ('epoch');

create function clock.now() returns timestamptz language sql stable as 'select at from clock.time';
