-- Hooks of organisations and of the whole server stand beside those of repositories, and what a hook keeps to itself lies in
-- the vault: `signed` and `authorized` say whether there is a secret, and a header of one's own.
create table webhooks (
  -- `repository/<id>`, `owner/<id>` or `server`.
  keeper text not null,
  id bigint not null,
  flavour text not null,
  url text not null,
  content_type text not null constraint webhooks_content_type check (content_type in ('json', 'form')),
  events text not null,
  branches text not null,
  active smallint not null,
  signed smallint not null default 0,
  authorized smallint not null default 0,
  -- A secret from before hooks kept theirs in the vault. The next start seals it and leaves nothing here.
  clear_secret text,
  created bigint not null,
  updated bigint not null,
  constraint webhooks_pkey primary key (keeper, id)
);
create index webhooks_clear on webhooks (clear_secret) where clear_secret is not null;

-- The last id that was given to a hook of an organisation or of the server. Those of repositories are counted with the rest
-- of the repository.
create table webhook_numbers (
  keeper text not null constraint webhook_numbers_pkey primary key,
  last bigint not null
);

-- What is to be told to a hook: written in the transaction of what it tells, so it is neither lost nor told of what never
-- happened. `due` is when it is tried next; a row that is being tried is due again when whoever tries it is surely dead.
create table webhook_deliveries (
  id text not null constraint webhook_deliveries_pkey primary key,
  keeper text not null,
  hook bigint not null,
  -- Where it happened.
  repo text not null constraint webhook_deliveries_repo references repositories (id),
  event text not null,
  payload text not null,
  state text not null constraint webhook_deliveries_state check (state in ('pending', 'delivered', 'failed')),
  tries bigint not null,
  due bigint not null,
  -- The delivery that this one says again.
  original text,
  created bigint not null,
  constraint webhook_deliveries_hook foreign key (keeper, hook) references webhooks (keeper, id)
);

-- Each time that a delivery was tried: what was sent, and what came back.
create table webhook_attempts (
  delivery text not null constraint webhook_attempts_delivery references webhook_deliveries (id),
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
  constraint webhook_attempts_pkey primary key (delivery, number)
);

insert into webhooks (keeper, id, flavour, url, content_type, events, branches, active, clear_secret, created, updated)
select 'repository/' || repo, id, flavour, url, content_type, events, branches, active, nullif(secret, ''), created, updated
from repo_hooks;
insert into webhook_deliveries (id, keeper, hook, repo, event, payload, state, tries, due, original, created)
select id, 'repository/' || repo, hook, repo, event, payload, state, tries, due, original, created
from hook_deliveries;
insert into webhook_attempts
  (delivery, number, at, took, url, request_headers, status, error, answer_headers, answer, cut)
select delivery, number, at, took, url, request_headers, status, error, answer_headers, answer, cut
from hook_attempts;

create index webhook_deliveries_due on webhook_deliveries (state, due);
create index webhook_deliveries_of_hook on webhook_deliveries (keeper, hook, id);
create index webhook_deliveries_by_age on webhook_deliveries (keeper, hook, created);

drop table hook_attempts;
drop table hook_deliveries;
drop table repo_hooks;

-- The password of a mirror lies in the vault as well. What stands in `password` is from before; the next start seals it.
create index origins_clear on origins (repo) where password is not null;
