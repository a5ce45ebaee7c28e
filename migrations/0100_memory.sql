-- What runs saw of a company brain: the commit, and the pieces that were shown with their digests.
create table memory_snapshots (
  id text not null,
  organisation text not null,
  commit_id text not null,
  run text,
  pieces text not null,
  hidden bigint not null,
  taken_at bigint not null,
  constraint memory_snapshots_pkey primary key (id)
);
create index memory_snapshots_run on memory_snapshots (run);
