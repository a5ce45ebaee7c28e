-- The first migration makes the one table that no room owns: facts about this installation.
create table installation (
  name text not null constraint installation_pkey primary key,
  value text not null
);
