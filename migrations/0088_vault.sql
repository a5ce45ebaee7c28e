-- Sealed values. `slot` says whose value it is and is authenticated with it, so a row cannot stand in for another one.
-- `master` names the master key, which lies in a file outside the database.
create table vault_sealed (
  slot text not null constraint vault_sealed_pkey primary key,
  master text not null,
  sealed BYTES not null,
  at bigint not null
);
create index vault_sealed_by_master on vault_sealed (master);

-- The master key that seals from now on. Whoever seals holds this row, so that a rotation knows when the last value under the
-- old key is written.
create table vault_master (
  one smallint not null constraint vault_master_pkey primary key constraint vault_master_one check (one = 1),
  id text not null
);
