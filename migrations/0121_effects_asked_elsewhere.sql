-- What an agent wants remembered is asked at the company brain, wherever its run is. The repository at which an effect is asked;
-- null for that of the run.
alter table approval_effects add column asked_at text;
create index approval_effects_asked_at on approval_effects (asked_at);
