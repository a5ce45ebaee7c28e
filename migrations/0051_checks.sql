-- One execution of a job of `.agents/checks.yaml` at a commit. A rerun is another row with the next attempt number; what it
-- runs is frozen in the row.
create table check_jobs (
  id text not null constraint check_jobs_pkey primary key,
  repo text not null,
  owner_name text not null,
  repo_name text not null,
  sha text not null,
  name text not null,
  attempt bigint not null,
  -- Steps, needs, environment, timeout, as JSON.
  plan text not null,
  -- What it answers to: push, pull_request. Which branch and pull request it was made for.
  trigger_name text not null,
  branch text,
  pull bigint,
  -- Whether the head lies in a fork: tighter limits, and a person starts it.
  fork smallint not null,
  asked_by text not null,
  -- What asked for it, once: an event, a request. The same cause makes no second row.
  cause text not null,
  -- waiting (for a person), queued, running, success, failure, error, cancelled, skipped.
  state text not null,
  -- Whether it waits for the jobs that it needs.
  held smallint not null,
  -- A code and a sentence, once it has ended.
  reason text not null,
  summary text not null,
  -- Whether the state as it is now has still to be posted on the commit.
  untold smallint not null,
  signature text not null,
  cancel_asked_by text,
  lease_owner text,
  lease_until bigint,
  -- How often it was begun: a runner may disappear.
  begins bigint not null,
  -- Lines that it wrote, and bytes that were kept of them.
  log_lines bigint not null,
  log_bytes bigint not null,
  created_at bigint not null,
  started_at bigint,
  ended_at bigint,
  constraint check_jobs_attempt_key unique (repo, sha, name, attempt),
  constraint check_jobs_cause_key unique (repo, sha, name, cause)
);
create index check_jobs_by_repo on check_jobs (repo, id desc);
create index check_jobs_by_state on check_jobs (state, held, created_at);
create index check_jobs_by_signature on check_jobs (repo, signature, id desc);
create index check_jobs_untold on check_jobs (untold, id);

-- One step of a job as it ran. A job that was begun again goes on counting.
create table check_steps (
  job text not null constraint check_steps_job_fkey references check_jobs (id),
  number bigint not null,
  name text not null,
  -- running, success, failure, lost.
  state text not null,
  -- How it ended, in words.
  ending text not null,
  first_line bigint not null,
  started_at bigint not null,
  ended_at bigint,
  constraint check_steps_pkey primary key (job, number)
);

-- What a job wrote: whole lines, without escape sequences, in batches.
create table check_log (
  job text not null constraint check_log_job_fkey references check_jobs (id),
  sequence bigint not null,
  step bigint not null,
  first_line bigint not null,
  line_count bigint not null,
  body text not null,
  constraint check_log_pkey primary key (job, sequence)
);
