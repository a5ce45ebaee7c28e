-- What became of the workspace of an attempt: kept, taken, archived or swept; null when nothing was written to it.
alter table attempts add column folder text;
alter table attempts add column folder_bytes bigint;
-- How long it is kept.
alter table attempts add column folder_until bigint;
create index attempts_by_folder on attempts (folder, folder_until);
