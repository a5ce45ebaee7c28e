-- When the Git directory of a repository is to be looked after: packed anew, if what was pushed lies in too many pieces.
-- Nothing until something is pushed. What is here already was never packed, and is looked at once.
alter table repositories add column upkeep_due bigint;
update repositories set upkeep_due = 0;
create index repositories_upkeep on repositories (upkeep_due);
