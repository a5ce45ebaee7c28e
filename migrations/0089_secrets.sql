-- Secrets that people named for stacks: everything but the value, which is sealed in the slot `secret/<id>`. `keeper` is `server`,
-- `owner/<account>` or `repository/<repository>`.
create table secrets (
  id text not null constraint secrets_pkey primary key,
  keeper text not null,
  name text not null,
  set_by text not null,
  set_at bigint not null,
  used_at bigint,
  constraint secrets_name unique (keeper, name)
);

-- Which stack may use which secret, in one repository or, without one, as the stack of the organisation. `uses` is a list of the
-- addresses that the stack sent it to when it was granted: a stack that was changed since is asked about again.
create table secret_grants (
  id text not null constraint secret_grants_pkey primary key,
  secret text not null constraint secret_grants_secret references secrets (id),
  repo text,
  stack text not null,
  uses text not null,
  granted_by text not null,
  granted_at bigint not null
);
create index secret_grants_of_secret on secret_grants (secret);
