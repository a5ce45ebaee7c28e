-- Webhooks that go out. A hook belongs to a repository; `events` is a list of words, `branches` a glob or nothing.
create table repo_hooks (
  repo text not null constraint repo_hooks_repo references repositories (id),
  id bigint not null,
  flavour text not null,
  url text not null,
  content_type text not null constraint repo_hooks_content_type check (content_type in ('json', 'form')),
  secret text not null,
  events text not null,
  branches text not null,
  active smallint not null,
  created bigint not null,
  updated bigint not null,
  constraint repo_hooks_pkey primary key (repo, id)
);

-- What is to be told to a hook: written in the transaction of what it tells, so it is neither lost nor told of what never
-- happened. `due` is when it is tried next; a row that is being tried is due again when whoever tries it is surely dead.
create table hook_deliveries (
  id text not null constraint hook_deliveries_pkey primary key,
  repo text not null,
  hook bigint not null,
  event text not null,
  payload text not null,
  state text not null constraint hook_deliveries_state check (state in ('pending', 'delivered', 'failed')),
  tries bigint not null,
  due bigint not null,
  -- The delivery that this one says again.
  original text,
  created bigint not null,
  constraint hook_deliveries_hook foreign key (repo, hook) references repo_hooks (repo, id)
);
create index hook_deliveries_due on hook_deliveries (state, due);
create index hook_deliveries_of_hook on hook_deliveries (repo, hook, id);
create index hook_deliveries_by_age on hook_deliveries (repo, hook, created);

-- Each time that a delivery was tried: what was sent, and what came back.
create table hook_attempts (
  delivery text not null constraint hook_attempts_delivery references hook_deliveries (id),
  number bigint not null,
  at bigint not null,
  -- Microseconds.
  took bigint not null,
  url text not null,
  request_headers text not null,
  -- None when nothing came back; `error` says why.
  status bigint,
  error text,
  answer_headers text not null,
  answer text not null,
  cut smallint not null,
  constraint hook_attempts_pkey primary key (delivery, number)
);
