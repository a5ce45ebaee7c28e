-- What was decided and written, by whom: a chain in which every entry holds the hash of the one before. Sequence numbers
-- are given under the lock of the one row in `audit_head`, so they have no gaps.
create table audit (
  sequence bigint not null constraint audit_pkey primary key,
  at bigint not null,
  actor text not null,
  account text,
  request text not null,
  action text not null,
  subject text not null,
  details text not null,
  previous text not null,
  hash text not null,
  signing_key text not null,
  signature text not null
);
create index audit_of_action on audit (action, sequence);
create index audit_of_subject on audit (subject, sequence);
create index audit_of_actor on audit (actor, sequence);

create table audit_head (
  slot bigint not null constraint audit_head_pkey primary key constraint audit_head_slot check (slot = 1),
  sequence bigint not null,
  at bigint not null,
  hash text not null,
  signing_key text not null,
  signature text not null
);
insert into audit_head (slot, sequence, at, hash, signing_key, signature)
values (1, 0, 0, '0000000000000000000000000000000000000000000000000000000000000000', '', '');
