-- The durable inbox. A delivery is one webhook as received, or what our own forge handed over; an event is what it means.
--
-- `first` is 1 for the delivery that counts among those with its id, and among those with its bytes. A delivery that
-- came again with the same bytes under another id, with other bytes under the same id, or by a replay, is kept with
-- `first` 0: visible, without effect on what counts. Our own forge names what it hands over; two things that happened
-- there are two events even if their payloads are the same bytes.
create table deliveries (
  id text not null constraint deliveries_pkey primary key,
  source text not null,
  remote_id text not null,
  name text not null,
  received bigint not null,
  digest text not null,
  first smallint not null constraint deliveries_first check (first in (0, 1)),
  state text not null constraint deliveries_state
    check (state in ('received', 'routed', 'unattached', 'unreadable', 'duplicate', 'quarantined')),
  outcome text,
  repo text,
  original text,
  size bigint not null,
  encoding text not null constraint deliveries_encoding check (encoding in ('plain', 'lz4')),
  headers text not null,
  body BYTES not null
);
create unique index deliveries_remote_id on deliveries (source, remote_id) where first = 1;
create unique index deliveries_digest on deliveries (digest, source) where first = 1 and source <> 'forgehand';
create index deliveries_of_repo on deliveries (repo, received) where repo is not null;
create index deliveries_to_route on deliveries (received) where state = 'received';

-- What happened, in our words. `state` moves once: from `received` to `ignored` or `decided`, in the transaction that
-- stores what the rules decided.
create table events (
  id text not null constraint events_pkey primary key,
  delivery text not null constraint events_delivery references deliveries (id),
  repo text not null,
  kind text not null,
  number bigint,
  actor text not null,
  event text not null,
  state text not null constraint events_state check (state in ('received', 'ignored', 'decided')),
  reason text,
  received bigint not null,
  settled bigint
);
create index events_pending on events (received, id) where state = 'received';
create index events_of_delivery on events (delivery);
create index events_of_number on events (repo, number, received) where number is not null;
