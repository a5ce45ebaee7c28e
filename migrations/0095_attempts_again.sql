-- Attempts that go on from another one, and what is saved of an agent's work while it works.

-- Whether it looks at the world anew: then nothing that earlier attempts were shown is shown again.
alter table attempts add column fresh smallint not null default 0;
-- What a person told it when it was asked for.
alter table attempts add column message text;
-- The attempt whose work it begins with; of another run when it is a fork.
alter table attempts add column begins_with text;
-- The newest checkpoint: a commit in the quarantine of the run, how many files it changes, and when it was made.
alter table attempts add column saved_commit text;
alter table attempts add column saved_files bigint;
alter table attempts add column saved_at bigint;

-- The run that this one was forked from.
alter table runs add column forked_from text;
