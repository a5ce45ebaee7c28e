-- Logs of checks are thrown away after a while; the row says so, and goes later.
alter table check_jobs add column log_gone smallint not null default 0;
create index check_jobs_with_log on check_jobs (log_gone, ended_at);
create index check_jobs_by_end on check_jobs (ended_at);
