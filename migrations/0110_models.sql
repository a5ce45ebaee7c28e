-- Profiles of models that an administrator set up on a page or by the API: everything but the key, which is sealed in the slot
-- `model/<id>`. `price` and `limits` are JSON.
create table model_profiles (
  id text not null constraint model_profiles_pkey primary key,
  name text not null constraint model_profiles_name unique,
  protocol text not null,
  url text not null,
  model text not null,
  price text,
  limits text not null,
  set_by text not null,
  set_at bigint not null,
  key_set_at bigint
);

-- The profiles that a run may use, as they were when it was dispatched: that of its stack and those of its subagents. A change of a
-- profile is for the next run. `profile` is none for one that the settings gave.
create table run_models (
  run text not null,
  name text not null,
  profile text,
  facts text not null,
  constraint run_models_pkey primary key (run, name)
);

-- Keys that people brought for one run, each sealed in the slot `run-key/<event>` until the run has ended. The row stays, so that
-- nothing ever runs on another key than the one it was asked for with. `run` and `name` of the profile are told at dispatch.
create table run_keys (
  event text not null constraint run_keys_pkey primary key,
  run text,
  name text,
  brought_by text not null,
  brought_at bigint not null,
  gone_at bigint
);
create index run_keys_of_run on run_keys (run);
