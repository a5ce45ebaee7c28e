-- Reviews that are not sent yet, and conversations about lines.

-- A review that somebody still writes. It lies apart from what was said, so that no list of a conversation can show it
-- before it is sent. Each person has at most one for each pull request. Its id stays the review's.
create table review_drafts (
  repo text not null,
  id bigint not null,
  number bigint not null,
  author text not null,
  author_name text not null,
  sha text not null,
  body text not null,
  created bigint not null,
  constraint review_drafts_pkey primary key (repo, id),
  constraint review_drafts_one unique (repo, number, author),
  constraint review_drafts_issue foreign key (repo, number) references issues (repo, number)
);

-- What such a review says about lines: the columns of `line_comments`.
create table draft_lines (
  repo text not null,
  id bigint not null,
  number bigint not null,
  review bigint not null,
  thread bigint,
  path text not null,
  side text not null constraint draft_lines_side check (side in ('new', 'old')),
  first_line bigint,
  line bigint not null,
  sha text not null,
  hunk text not null,
  body text not null,
  author text not null,
  author_name text not null,
  created bigint not null,
  edited bigint,
  resolved bigint,
  resolved_by text,
  resolved_by_name text,
  constraint draft_lines_pkey primary key (repo, id),
  constraint draft_lines_review foreign key (repo, review) references review_drafts (repo, id)
);
create index draft_lines_of_review on draft_lines (repo, review, id);

-- A word about lines can be about several, of which `line` is the last; none in `first_line` means one. `thread` is the word
-- that began the conversation; none for the one that begins it, which also says whether the conversation is over.
alter table line_comments add column thread bigint;
alter table line_comments add column first_line bigint;
alter table line_comments add column resolved bigint;
alter table line_comments add column resolved_by text;
alter table line_comments add column resolved_by_name text;

-- A review is listed when it was sent, not when it was begun.
create index entries_in_order on entries (repo, number, created, id);
drop index entries_listed;
