-- One task given to one stack. The snapshots that it was dispatched with never change; state and totals do.
create table runs (
  id text not null constraint runs_pkey primary key,
  repo text not null,
  owner_name text not null,
  repo_name text not null,
  -- The issue or pull request that it is about.
  number bigint,
  stack text not null,
  task text not null,
  -- The rendered prompt, frozen.
  prompt text not null,
  rule text,
  event text,
  -- What it is about, as JSON: kind, label, path, check.
  source text not null,
  requester_login text not null,
  requester text,
  trusted smallint not null,
  config_commit text not null,
  ceiling_commit text,
  code_commit text,
  code_branch text,
  policy_digest text not null,
  concurrency_key text,
  state text not null,
  reason text,
  summary text,
  cancel_asked_by text,
  tokens_in bigint not null,
  tokens_out bigint not null,
  micro_usd bigint not null,
  created_at bigint not null,
  started_at bigint,
  ended_at bigint
);
create index runs_by_repo on runs (repo, created_at desc);
create index runs_by_number on runs (repo, number, created_at desc);
create index runs_by_state on runs (state, created_at);
create index runs_by_time on runs (created_at desc);
create index runs_by_key on runs (repo, concurrency_key, state);

-- One execution of a run: first, retry, resume or fork.
create table attempts (
  id text not null constraint attempts_pkey primary key,
  run text not null constraint attempts_run_fkey references runs (id),
  number bigint not null,
  kind text not null,
  -- queued, leased, ended.
  state text not null,
  asked_by text not null,
  lease_owner text,
  lease_until bigint,
  -- The context bundle's manifest, once frozen.
  bundle text,
  reason text,
  summary text,
  created_at bigint not null,
  started_at bigint,
  ended_at bigint,
  constraint attempts_number_key unique (run, number)
);
create index attempts_by_state on attempts (state, created_at);

-- What happened in a run, in order, as the run page streams it.
create table run_events (
  run text not null,
  sequence bigint not null,
  attempt text,
  at bigint not null,
  -- forgehand, gateway or agent: whose word it is.
  origin text not null,
  kind text not null,
  body text not null,
  constraint run_events_pkey primary key (run, sequence)
);
