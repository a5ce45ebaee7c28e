-- Whose review is asked for on a pull request: a person's or a team's. A person who reviews is asked no more.
create table review_requests (
  repo text not null,
  number bigint not null,
  -- The account of a person, or the number of a team.
  reviewer text not null,
  kind text not null constraint review_requests_kind check (kind in ('person', 'team')),
  -- The name when it was asked.
  name text not null,
  -- Whether a file of code owners asked, rather than somebody.
  by_owners smallint not null,
  created bigint not null,
  constraint review_requests_pkey primary key (repo, number, reviewer),
  constraint review_requests_issue foreign key (repo, number) references issues (repo, number)
);
create index review_requests_of_reviewer on review_requests (reviewer);

-- Who wants to hear of everything that is said in a repository. Who has no row hears of what concerns them.
create table watches (
  account text not null,
  repo text not null constraint watches_repo references repositories (id),
  created bigint not null,
  constraint watches_pkey primary key (account, repo)
);
create index watches_of_repo on watches (repo);

-- Whether a merge asks for the approval of those who own what it changes.
alter table branch_protections add column owners smallint not null default 0;
