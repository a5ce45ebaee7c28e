-- Where an issue or pull request is mentioned: by another one, or by a commit that reached the default branch. Each place
-- counts once. It is no entry of the conversation, because not everybody who reads that may know of the other repository:
-- who reads it is asked each time.
create table mentions (
  repo text not null,
  number bigint not null,
  source_repo text not null constraint mentions_source_repo references repositories (id),
  -- The issue or pull request that mentions it; zero for a commit.
  source_number bigint not null,
  -- The commit; empty for an issue or a pull request.
  source_sha text not null,
  -- The first line of the commit; empty for an issue or a pull request, which has its title itself.
  title text not null,
  author text not null,
  author_name text not null,
  created bigint not null,
  constraint mentions_pkey primary key (repo, number, source_repo, source_number, source_sha),
  constraint mentions_issue foreign key (repo, number) references issues (repo, number)
);
