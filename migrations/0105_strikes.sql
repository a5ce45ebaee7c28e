-- When the clock strikes next for the rules of a repository: a row for each cron line and time zone that rules in force name.
create table strikes (
  repo text not null,
  cron text not null,
  timezone text not null,
  next_at bigint not null,
  -- The tip of the default branch when it struck last, or when the line was first seen.
  seen text,
  constraint strikes_pkey primary key (repo, cron, timezone)
);
create index strikes_due on strikes (next_at);
