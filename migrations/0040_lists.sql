-- Lists that stay quick however many rows there are: each walks along one of these, newest first, and ends at its limit.
-- Ids sort by time, so they are the order of every list.
create index runs_newest on runs (repo, id);
create index runs_of_state on runs (repo, state, id);
-- For lists over many repositories, which no index stands in one order for.
create index runs_in_state on runs (state, id, repo);
create index runs_about on runs (repo, number, id);
drop index runs_by_number;
drop index runs_by_time;

create index approvals_about on approvals (repo, number, id);
create index approvals_in_state on approvals (state, id, repo);
drop index approvals_by_target;
drop index approvals_by_state;
-- `/approve` names the first digits of a digest.
create index approval_effects_by_digest on approval_effects (digest);

create index deliveries_newest on deliveries (repo, id) where repo is not null;
