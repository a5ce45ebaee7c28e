-- Repositories that come from elsewhere. `original_url` says from where; a mirror takes no pushes of its own. While an
-- import has not come to its end, a repository is unfinished: nobody enters it, so that half of one is never taken for
-- the whole.
alter table repositories add column original_url text;
alter table repositories add column mirror smallint not null default 0;
alter table repositories add column unfinished smallint not null default 0;

-- How a repository that comes from elsewhere is kept. The row stays when all is done; credentials do not, unless it is a
-- mirror that needs them again.
create table origins (
  repo text not null constraint origins_pkey primary key constraint origins_repo references repositories (id),
  -- Without a name or a password in it.
  url text not null,
  username text,
  password text,
  -- Seconds between two looks; zero for only when somebody asks.
  period bigint not null,
  state text not null constraint origins_state check (state in ('waiting', 'running', 'done', 'failed', 'cancelled')),
  -- When it is tried next; none for when somebody asks.
  due bigint,
  -- When it was last tried, and when that last went well.
  tried bigint,
  fresh bigint,
  -- What went wrong the last time, and how often in a row.
  error text,
  failures bigint not null,
  created bigint not null
);
create index origins_due on origins (due);
