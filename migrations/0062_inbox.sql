-- What happened that concerns a person: one row for each conversation, which says the newest thing and why they are told.
-- Written with what it is about; a conversation that they muted writes none.
create table notices (
  account text not null,
  repo text not null,
  number bigint not null,
  -- mentioned, assigned, author.
  reason text not null,
  -- What somebody did: `commented`.
  what text not null,
  -- The comment or review; zero for something else.
  entry bigint not null,
  actor_name text not null,
  unread smallint not null,
  updated bigint not null,
  constraint notices_pkey primary key (account, repo, number),
  constraint notices_issue foreign key (repo, number) references issues (repo, number)
);
create index notices_newest on notices (account, unread, updated);

create table muted_conversations (
  account text not null,
  repo text not null,
  number bigint not null,
  created bigint not null,
  constraint muted_conversations_pkey primary key (account, repo, number),
  constraint muted_conversations_issue foreign key (repo, number) references issues (repo, number)
);
