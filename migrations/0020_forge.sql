-- The embedded forge: what other forges keep for us, kept here.
--
-- Everything inside a repository is numbered by two counters of its row. `last_number` counts issues and pull requests,
-- which share one sequence; `last_id` counts everything else that has an address. Every writing verb begins by counting
-- up, which locks the row: two writers in one repository take turns, and no number is given twice.
create table repositories (
  id text not null constraint repositories_pkey primary key,
  owner text not null,
  owner_name text not null,
  name text not null,
  -- `owner/name` in lower case: two names that differ in case only are one.
  address text not null constraint repositories_address unique,
  description text not null,
  private smallint not null,
  default_branch text not null,
  fork_of text constraint repositories_fork_of references repositories (id),
  last_number bigint not null,
  last_id bigint not null,
  open_issues bigint not null,
  open_pulls bigint not null,
  created bigint not null,
  updated bigint not null
);
create index repositories_owner on repositories (owner, updated);
create index repositories_updated on repositories (updated);

-- Branches as the last reconciliation saw them. What Git holds now minus this is what happened since.
create table branches_seen (
  repo text not null constraint branches_seen_repo references repositories (id),
  branch text not null,
  sha text not null,
  constraint branches_seen_pkey primary key (repo, branch)
);

-- Pushes that began and whose reconciliation is not done: the dirty flag, and who to name in the event. A row with a
-- branch and a commit claims exactly that move; a row without may have moved anything.
create table pushes (
  id text not null constraint pushes_pkey primary key,
  repo text not null constraint pushes_repo references repositories (id),
  branch text,
  sha text,
  -- The pull request that this push merges.
  merges bigint,
  actor text not null,
  created bigint not null
);
create index pushes_of_repo on pushes (repo);

create table branch_protections (
  repo text not null constraint branch_protections_repo references repositories (id),
  branch text not null,
  approvals bigint not null,
  checks text not null,
  created bigint not null,
  constraint branch_protections_pkey primary key (repo, branch)
);

create table labels (
  repo text not null constraint labels_repo references repositories (id),
  id bigint not null,
  name text not null,
  -- The name in lower case.
  slug text not null,
  color text not null,
  description text not null,
  constraint labels_pkey primary key (repo, id),
  constraint labels_slug unique (repo, slug)
);

create table milestones (
  repo text not null constraint milestones_repo references repositories (id),
  id bigint not null,
  title text not null,
  description text not null,
  state text not null,
  due bigint,
  created bigint not null,
  updated bigint not null,
  closed bigint,
  constraint milestones_pkey primary key (repo, id)
);

-- Issues and pull requests; a pull request has a row in `pulls` too.
create table issues (
  repo text not null constraint issues_repo references repositories (id),
  number bigint not null,
  id bigint not null,
  is_pull smallint not null,
  title text not null,
  body text not null,
  author text not null,
  author_name text not null,
  behalf text,
  state text not null constraint issues_state check (state in ('open', 'closed')),
  milestone bigint,
  comments bigint not null,
  marker text,
  created bigint not null,
  updated bigint not null,
  closed bigint,
  constraint issues_pkey primary key (repo, number),
  constraint issues_marker unique (repo, marker)
);
create index issues_listed on issues (repo, is_pull, state, number);
create index issues_by_author on issues (repo, author_name);
create index issues_of_milestone on issues (repo, milestone);

create table pulls (
  repo text not null,
  number bigint not null,
  base_branch text not null,
  base_sha text not null,
  head_repo text not null,
  head_branch text not null,
  head_sha text not null,
  fork smallint not null,
  draft smallint not null,
  merged bigint,
  merged_by text,
  merged_by_name text,
  merge_sha text,
  constraint pulls_pkey primary key (repo, number),
  constraint pulls_issue foreign key (repo, number) references issues (repo, number)
);
create index pulls_by_head on pulls (head_repo, head_branch);
create index pulls_by_sha on pulls (head_sha);

create table issue_labels (
  repo text not null,
  number bigint not null,
  label bigint not null,
  constraint issue_labels_pkey primary key (repo, number, label),
  constraint issue_labels_issue foreign key (repo, number) references issues (repo, number),
  constraint issue_labels_label foreign key (repo, label) references labels (repo, id)
);
create index issue_labels_of_label on issue_labels (repo, label);

create table issue_assignees (
  repo text not null,
  number bigint not null,
  account text not null,
  login text not null,
  constraint issue_assignees_pkey primary key (repo, number, account),
  constraint issue_assignees_issue foreign key (repo, number) references issues (repo, number)
);

-- What happened on an issue or pull request, in order of id: comments, reviews, and everything that is only said.
create table entries (
  repo text not null,
  id bigint not null,
  number bigint not null,
  kind text not null,
  body text not null,
  author text not null,
  author_name text not null,
  behalf text,
  marker text,
  created bigint not null,
  edited bigint,
  constraint entries_pkey primary key (repo, id),
  constraint entries_marker unique (repo, marker),
  constraint entries_issue foreign key (repo, number) references issues (repo, number)
);
create index entries_listed on entries (repo, number, id);

-- What an opening text or a comment said before an edit. `entry` is the id of the issue or of the comment.
create table entry_edits (
  repo text not null constraint entry_edits_repo references repositories (id),
  entry bigint not null,
  id bigint not null,
  body text not null,
  editor_name text not null,
  created bigint not null,
  constraint entry_edits_pkey primary key (repo, entry, id)
);

-- A review is an entry of the kind `review` with a judgement about one commit.
create table reviews (
  repo text not null,
  id bigint not null,
  number bigint not null,
  state text not null constraint reviews_state check (state in ('approved', 'changes_requested', 'commented')),
  sha text not null,
  constraint reviews_pkey primary key (repo, id),
  constraint reviews_entry foreign key (repo, id) references entries (repo, id)
);
create index reviews_of_pull on reviews (repo, number, id);

-- Every status ever posted; the newest of a context counts.
create table statuses (
  repo text not null constraint statuses_repo references repositories (id),
  id bigint not null,
  sha text not null,
  context text not null,
  state text not null constraint statuses_state check (state in ('pending', 'success', 'failure', 'error')),
  description text not null,
  target_url text not null,
  creator text not null,
  creator_name text not null,
  marker text,
  created bigint not null,
  constraint statuses_pkey primary key (repo, id),
  constraint statuses_marker unique (repo, marker)
);
create index statuses_of_commit on statuses (repo, sha, context, id);

-- What happened, for the events' room to take: written in the transaction of the change itself, deleted in the
-- transaction that stores the event.
create table forge_outbox (
  id text not null constraint forge_outbox_pkey primary key,
  repo text not null constraint forge_outbox_repo references repositories (id),
  event text not null,
  payload text not null,
  created bigint not null
);
