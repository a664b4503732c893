-- How many requests each principal has sent to each instance of a service, in windows of some seconds: what each instance
-- may let through depends on the others. After a crash it begins anew.
create unlogged table iam.request_use (
  slot bigint not null,
  principal text not null,
  instance uuid not null,
  count int not null,
  primary key (slot, principal, instance)
) with (fillfactor = 50);
