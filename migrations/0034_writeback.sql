-- The application of one decided effect. An effect is written back once: its id is the key.
create table write_backs (
  effect text not null constraint write_backs_pkey primary key,
  run text not null,
  kind text not null,
  -- pending, applied, stale, failed.
  state text not null,
  -- Names of the people who approved, as JSON; empty when policy allowed it.
  approved_by text not null,
  tries bigint not null,
  next_at bigint not null,
  result_id text,
  result_url text,
  -- What went wrong last, or why it is stale.
  problem text,
  created_at bigint not null,
  ended_at bigint
);
create index write_backs_due on write_backs (state, next_at);
create index write_backs_by_run on write_backs (run);
