-- The page of a pull request asks which run proposed it, and knows its branch alone.
create index effects_by_branch on effects (repo, branch);
