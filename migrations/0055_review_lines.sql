-- What a review says about single lines, and who took a judgement off the table.
alter table reviews add column dismissed bigint;
alter table reviews add column dismissed_by text;
alter table reviews add column dismissed_by_name text;
alter table reviews add column dismissal text;

-- A word about one line of a pull request. It belongs to a review, and stands where the reviewer saw it: `sha` is the head
-- that was judged, `side` tells whether `line` counts in the file after or before the changes, and `hunk` is what was shown.
create table line_comments (
  repo text not null,
  id bigint not null,
  number bigint not null,
  review bigint not null,
  path text not null,
  side text not null constraint line_comments_side check (side in ('new', 'old')),
  line bigint not null,
  sha text not null,
  hunk text not null,
  body text not null,
  author text not null,
  author_name text not null,
  created bigint not null,
  edited bigint,
  constraint line_comments_pkey primary key (repo, id),
  constraint line_comments_review foreign key (repo, review) references reviews (repo, id)
);
create index line_comments_of_pull on line_comments (repo, number, path, id);
create index line_comments_of_review on line_comments (repo, review, id);
