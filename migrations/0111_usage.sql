-- Each call of a model: set aside with its worst case before it is made, settled after it. `day` counts days since 1970 in UTC;
-- `own_key` is 1 when whoever asked for the run paid it. A call that nobody settled is settled by its worst case.
create table model_calls (
  id text not null constraint model_calls_pkey primary key,
  run text not null,
  attempt text not null,
  lane text,
  repo text not null,
  owner_name text not null,
  repo_name text not null,
  stack text not null,
  profile text not null,
  model text not null,
  day bigint not null,
  state text not null,
  own_key smallint not null,
  worst_micro_usd bigint not null,
  worst_in bigint not null,
  worst_out bigint not null,
  tokens_in bigint not null,
  tokens_cached bigint not null,
  tokens_out bigint not null,
  micro_usd bigint not null,
  estimated smallint not null,
  at bigint not null
);
create index model_calls_of_owner on model_calls (owner_name, day);
create index model_calls_of_attempt on model_calls (attempt);
create index model_calls_by_state on model_calls (state, at);

-- What the calls of a day cost together, and what is set aside for those that are made now. `scope` is `repository/<id>` or
-- `owner/<name>`. Whoever sets something aside holds these rows, so that two cannot together pass a limit.
create table model_days (
  scope text not null,
  day bigint not null,
  spent bigint not null,
  reserved bigint not null,
  constraint model_days_pkey primary key (scope, day)
);
