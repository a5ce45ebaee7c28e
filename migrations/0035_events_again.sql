-- An event that could not be decided for a reason of ours is tried again: how often it was, and not before when.
alter table events add column tries bigint not null default 0;
alter table events add column next_at bigint not null default 0;
