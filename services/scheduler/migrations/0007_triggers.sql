-- What began a run, where its plan reads that.
create table scheduler.run_trigger (
  run_id uuid primary key,
  happened json not null
);
