-- What two failures for the same reason have in common, worked out by the forge's own checks; empty for all others.
alter table statuses add column signature text not null default '';
