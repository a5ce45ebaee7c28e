-- Lists of issues by what changed last stay quick however many there are.
create index issues_by_update on issues (repo, is_pull, state, updated, number);

-- Who is mentioned on an issue or pull request, or was before an edit. Texts that are older than this table are not in it.
create table people_mentioned (
  repo text not null,
  number bigint not null,
  account text not null,
  -- The name in lower case.
  login text not null,
  constraint people_mentioned_pkey primary key (repo, number, account),
  constraint people_mentioned_issue foreign key (repo, number) references issues (repo, number)
);

-- Searches that a person keeps for one repository, by a name.
create table saved_views (
  repo text not null constraint saved_views_repo references repositories (id),
  account text not null,
  name text not null,
  -- Whether it is a view of pull requests.
  pulls smallint not null,
  query text not null,
  created bigint not null,
  constraint saved_views_pkey primary key (repo, account, pulls, name)
);
