-- Who was given a role in one repository beyond what their organisation gives them. The repository's own table belongs to
-- another room, so there is no foreign key to it: whoever deletes a repository calls this room.
create table collaborators (
  repo text not null,
  account text not null constraint collaborators_account references accounts (id),
  role text not null constraint collaborators_role check (role in ('read', 'triage', 'write', 'maintain', 'admin')),
  since bigint not null,
  constraint collaborators_pkey primary key (repo, account)
);
create index collaborators_of_account on collaborators (account);

-- Requests that were answered, by the key that their caller chose: the same request again gets the same answer.
create table answered_requests (
  account text not null constraint answered_requests_account references accounts (id),
  key text not null,
  -- Covers method, path and body.
  request text not null,
  -- Empty while somebody works on it.
  status bigint,
  answer text,
  since bigint not null,
  constraint answered_requests_pkey primary key (account, key)
);
