-- What one rule decided about one event, and why. One row for each rule that looked at the event and had something to say:
-- "nothing happened" has an answer here.
--
-- `firing` keeps, for a queued execution, what the run is to be made of when its turn comes.
create table executions (
  id text not null constraint executions_pkey primary key,
  event text not null constraint executions_event references events (id),
  repo text not null,
  rule text not null,
  decision text not null constraint executions_decision
    check (decision in ('dispatched', 'coalesced', 'queued', 'refused', 'skipped')),
  reason text not null,
  stack text,
  run text,
  number bigint,
  config text,
  dedupe_key text,
  concurrency_key text,
  firing text,
  at bigint not null,
  constraint executions_once unique (event, rule)
);
create index executions_of_repo on executions (repo, at);
create index executions_of_number on executions (repo, number, at) where number is not null;
create index executions_by_dedupe_key on executions (repo, rule, dedupe_key, at) where dedupe_key is not null;
create index executions_by_concurrency_key on executions (repo, rule, concurrency_key, at) where concurrency_key is not null;
create index executions_waiting on executions (at) where decision = 'queued';
create index executions_of_run on executions (run) where run is not null;
