-- A request to people to decide on what one run proposed.
create table approvals (
  id text not null constraint approvals_pkey primary key,
  run text not null,
  repo text not null,
  owner_name text not null,
  repo_name text not null,
  number bigint,
  requester text,
  requester_login text not null,
  -- open while an effect is; then closed.
  state text not null,
  created_at bigint not null,
  closed_at bigint
);
create index approvals_by_run on approvals (run);
create index approvals_by_state on approvals (state, id);
create index approvals_by_target on approvals (repo, number);

-- Where each effect of a request stands: open, approved, denied, stale, expired, withdrawn.
create table approval_effects (
  effect text not null constraint approval_effects_pkey primary key,
  approval text not null constraint approval_effects_approval_fkey references approvals (id),
  digest text not null,
  kind text not null,
  terms text not null,
  state text not null,
  expires_at bigint not null,
  -- Who closed it, when, and why.
  closed_by text,
  closed_at bigint,
  why text
);
create index approval_effects_by_approval on approval_effects (approval);
create index approval_effects_open on approval_effects (state, expires_at);

-- What one person said about one effect. A person says it once.
create table decisions (
  approval text not null,
  effect text not null,
  digest text not null,
  view_digest text not null,
  person text not null,
  login text not null,
  decision text not null,
  reason text not null,
  decided_at bigint not null,
  constraint decisions_pkey primary key (effect, person)
);
