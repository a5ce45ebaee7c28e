-- How often runs were shown an entry of a company brain. One row an entry, named by its id, or by its path when it has none:
-- what was used most is a question about the brain, not about each run, whose pieces stand in its snapshot.
create table memory_uses (
  organisation text not null,
  name text not null,
  -- Times that a run was shown it before it began, and times that an agent asked for it later.
  shown bigint not null,
  asked bigint not null,
  used_at bigint not null,
  constraint memory_uses_pkey primary key (organisation, name)
);
