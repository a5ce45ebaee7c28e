-- Who answers for a bot: an organisation, or nobody but the server's administrators. Our own bots stand in no row, so no
-- door changes them.
create table bots (
  account text not null constraint bots_pkey primary key constraint bots_account references accounts (id),
  owner text constraint bots_owner references accounts (id),
  maker text not null,
  created bigint not null
);
create index bots_of_owner on bots (owner);
