-- One effect as one run proposed it. Never changes: what people decide and what is written back are other rooms' rows.
create table effects (
  id text not null constraint effects_pkey primary key,
  run text not null,
  attempt text not null,
  -- Its place in the proposal, counted from 1.
  sequence bigint not null,
  kind text not null,
  digest text not null,
  policy_digest text not null,
  repo text not null,
  number bigint,
  branch text,
  -- The effect itself: target, expected state, payload.
  effect text not null,
  verdict text not null,
  because text not null,
  -- Who may decide, when the verdict is ask: JSON.
  terms text not null,
  -- The commit in quarantine whose tree holds every payload.
  proposal_commit text not null,
  created_at bigint not null,
  constraint effects_digest_key unique (run, digest),
  constraint effects_sequence_key unique (run, sequence)
);
create index effects_by_digest on effects (digest);
create index effects_by_target on effects (repo, number);
