-- Who there is: people, organisations and bots share one space of names, because they share the first segment of an
-- address. `login_key` is the name in lower case: two names that differ only in case would be one address to a reader.
create table accounts (
  id text not null constraint accounts_pkey primary key,
  login text not null,
  login_key text not null constraint accounts_login unique,
  kind text not null constraint accounts_kind check (kind in ('person', 'organisation', 'bot')),
  display_name text not null,
  email text,
  password text,
  site_admin smallint not null constraint accounts_site_admin check (site_admin in (0, 1)),
  created bigint not null
);

-- Who belongs to an organisation.
create table members (
  organisation text not null constraint members_organisation references accounts (id),
  person text not null constraint members_person references accounts (id),
  role text not null constraint members_role check (role in ('owner', 'member')),
  since bigint not null,
  constraint members_pkey primary key (organisation, person)
);
create index members_of_person on members (person);

-- Teams are names within an organisation; policy asks for them by name.
create table team_members (
  organisation text not null constraint team_members_organisation references accounts (id),
  team text not null,
  person text not null constraint team_members_person references accounts (id),
  constraint team_members_pkey primary key (organisation, team, person)
);
create index team_members_of_person on team_members (person);

-- Sessions and tokens are kept as SHA-256 of the secret: whoever reads this table cannot sign in with it.
create table sessions (
  digest text not null constraint sessions_pkey primary key,
  person text not null constraint sessions_person references accounts (id),
  csrf text not null,
  created bigint not null,
  expires bigint not null
);
create index sessions_of_person on sessions (person);

create table tokens (
  id text not null constraint tokens_pkey primary key,
  digest text not null constraint tokens_digest unique,
  person text not null constraint tokens_person references accounts (id),
  name text not null,
  scopes text not null,
  created bigint not null,
  last_used bigint,
  constraint tokens_name unique (person, name)
);

-- The digest of the one-time set-up link, while nobody has used it. At most one row.
create table setup_links (
  slot bigint not null constraint setup_links_pkey primary key constraint setup_links_slot check (slot = 1),
  digest text not null,
  created bigint not null
);
