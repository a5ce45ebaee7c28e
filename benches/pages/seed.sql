-- Makes many rows of the few that the demonstration's story left: 100,000 runs, with deliveries, events, decisions of rules,
-- attempts, transcripts, effects and approvals, and 10,000 issues and pull requests with their conversations. All in one
-- repository, which is the hard case. Times lie a minute apart; ids sort as real ones do.

create temporary table told as
select r.id as run, r.repo, r.created_at as at, a.id as attempt, e.id as effect, p.id as approval, x.event, v.delivery
from runs r
join attempts a on a.run = r.id
join effects e on e.run = r.id
join approvals p on p.run = r.id
join executions x on x.run = r.id
join events v on v.id = x.event;

create temporary table n (i integer primary key);
with recursive counted (i) as (select 1 union all select i + 1 from counted where i < 100000)
insert into n select i from counted;

insert into repositories
select printf('0190%028x', i), owner, owner_name, 'small-' || i, 'acme/small-' || i, 'One of many', private, default_branch, null,
       0, 0, 0, 0, created - i * 60000000, updated - i * 60000000
from repositories join n on i <= 40
where name = 'slug';

insert into labels (repo, id, name, slug, color, description)
select repo, 1000 + i, 'label-' || i, 'label-' || i, '#336699', '' from told join n on i <= 20;

-- Issues have the numbers from 2 on; every tenth is a pull request, and two of three are closed.
insert into issues
  (repo, number, id, is_pull, title, body, author, author_name, state, comments, created, updated)
select repo, 1 + i, 100000 + i, i % 10 = 0, 'Number ' || i || ' does not do what its page says',
       'It says **one** thing and does another:' || char(10, 10) || '- it should wait' || char(10) || '- it does not' || char(10, 10)
         || '```' || char(10) || 'expected ' || i || char(10) || '```' || char(10),
       a.id, a.login, case when i % 3 = 0 then 'open' else 'closed' end, 5, at - (100000 - i) * 60000000, at
from told
join n on i <= 10000
join accounts a on a.login = 'alice';

insert into pulls (repo, number, base_branch, base_sha, head_repo, head_branch, head_sha, fork, draft)
select repo, 1 + i, 'main', printf('%040x', i), repo, 'change-' || i, printf('%040x', i), 0, 0
from told join n on i <= 10000 and i % 10 = 0;

insert into statuses (repo, id, sha, context, state, description, target_url, creator, creator_name, created)
select t.repo, 900000 + n.i * 3 + c.i, printf('%040x', n.i), 'check-' || c.i, 'success', 'passed', '', a.id, a.login, at
from told t
join n on n.i <= 10000 and n.i % 10 = 0
join n c on c.i <= 3
join accounts a on a.login = 'demo-ci';

insert into issue_labels (repo, number, label)
select t.repo, 1 + n.i, 1000 + 1 + (n.i + c.i * 7) % 20 from told t join n on n.i <= 10000 join n c on c.i <= 2;

-- Five words each, a hundred on issue 5,000 and twenty on the pull request of the story.
insert into entries (repo, id, number, kind, body, author, author_name, created)
select t.repo, 1000000 + n.i * 200 + c.i, n.i, 'comment',
       'I looked at it for the ' || c.i || 'th time. `cargo test` says *the same*, see [the log](https://example.org/log/' || n.i || ').'
         || char(10, 10) || '> expected ' || c.i || char(10, 10) || 'What could it be?',
       a.id, a.login, at + c.i
from told t
join n on n.i <= 10001
join n c on c.i <= case n.i when 5000 then 100 when 1 then 20 else 5 end
join accounts a on a.login = 'bob';
update issues set comments = 100 where number = 5000;
update issues set comments = 20 where number = 1;

update repositories
set last_number = 10001, last_id = 4000000,
    open_issues = (select count(*) from issues where state = 'open' and is_pull = 0),
    open_pulls = (select count(*) from issues where state = 'open' and is_pull = 1)
where id = (select repo from told);

-- Nine of ten runs succeeded; the newest hundred of them wait for people.
insert into runs
  (id, repo, owner_name, repo_name, number, stack, task, prompt, rule, event, source, requester_login, requester, trusted,
   config_commit, ceiling_commit, code_commit, code_branch, policy_digest, concurrency_key, state, reason, summary,
   tokens_in, tokens_out, micro_usd, created_at, started_at, ended_at)
select printf('0190%028x', i), r.repo, owner_name, repo_name, 1 + i % 10000, stack, task, prompt, rule,
       printf('0190%028x', i), source, requester_login, requester, trusted, config_commit, ceiling_commit, code_commit,
       code_branch, policy_digest, concurrency_key || i,
       case when i > 99900 then 'awaiting_approval' when i % 10 = 0 then 'failed' else 'succeeded' end,
       case when i % 10 = 0 and i <= 99900 then 'failed' else reason end, summary, 1000, 100, 5000,
       at - (100000 - i) * 60000000, at - (100000 - i) * 60000000 + 50000, at - (100000 - i) * 60000000 + 900000
from told join runs r on r.id = run join n;

insert into attempts (id, run, number, kind, state, asked_by, bundle, reason, summary, created_at, started_at, ended_at)
select printf('0190%028x', i), printf('0190%028x', i), 1, kind, state, asked_by, case when i > 90000 then bundle end, reason, summary,
       at - (100000 - i) * 60000000, at - (100000 - i) * 60000000 + 50000, at - (100000 - i) * 60000000 + 900000
from told join attempts a on a.id = attempt join n;

-- The first five lines of the story's transcript for each, and five hundred for the run 90,001.
insert into run_events (run, sequence, attempt, at, origin, kind, body)
select printf('0190%028x', i), sequence, printf('0190%028x', i), e.at - (100000 - i) * 60000000, origin, kind, body
from told t join run_events e on e.run = t.run and sequence <= 5 join n where i <> 90001;
insert into run_events (run, sequence, attempt, at, origin, kind, body)
select printf('0190%028x', 90001), i, printf('0190%028x', 90001), e.at, origin, kind, body
from told t
join n on i <= 500
cross join run_events e on e.run = t.run and e.sequence = 4 + i % 15;

insert into deliveries
  (id, source, remote_id, name, received, digest, first, state, outcome, repo, original, size, encoding, headers, body)
select printf('0190%028x', i), source, 'seed-' || i, name, at - (100000 - i) * 60000000, digest, first, state, outcome, d.repo,
       original, size, encoding, headers, body
from told join deliveries d on d.id = delivery join n;

insert into events (id, delivery, repo, kind, number, actor, event, state, reason, received, settled)
select printf('0190%028x', i), printf('0190%028x', i), e.repo, kind, 1 + i % 10000, actor, e.event, state, reason,
       at - (100000 - i) * 60000000, at - (100000 - i) * 60000000
from told t join events e on e.id = t.event join n;

insert into executions
  (id, event, repo, rule, decision, reason, stack, run, number, config, dedupe_key, concurrency_key, at)
select printf('0190%028x', i), printf('0190%028x', i), x.repo, rule, decision, reason, stack, printf('0190%028x', i), 1 + i % 10000,
       config, dedupe_key || i, concurrency_key || i, t.at - (100000 - i) * 60000000
from told t join executions x on x.run = t.run join n;
insert into executions (id, event, repo, rule, decision, reason, number, at)
select printf('0191%028x', i), printf('0190%028x', i), repo, 'answer-mention', 'skipped',
       'the rule watches `mention`; this event is `check`', 1 + i % 10000, at - (100000 - i) * 60000000
from told join n;

-- One of five proposed something. Each about a branch of its own, which is not there, or what waits would be stale.
insert into effects
  (id, run, attempt, sequence, kind, digest, policy_digest, repo, number, branch, effect, verdict, because, terms,
   proposal_commit, created_at)
select printf('0190%028x', i), printf('0190%028x', i), printf('0190%028x', i), sequence, kind, digest, policy_digest, e.repo,
       1 + i % 10000, 'forgehand/seed-' || i,
       replace(e.effect, branch, 'forgehand/seed-' || i), verdict, because, terms, proposal_commit, at - (100000 - i) * 60000000
from told t join effects e on e.id = t.effect join n where i % 5 = 0 or i > 99900;

insert into approvals
  (id, run, repo, owner_name, repo_name, number, requester, requester_login, state, created_at, closed_at)
select printf('0190%028x', i), printf('0190%028x', i), p.repo, owner_name, repo_name, 1 + i % 10000, requester, requester_login,
       case when i > 99900 then 'open' else 'closed' end, at - (100000 - i) * 60000000, at - (100000 - i) * 60000000 + 900000
from told t join approvals p on p.id = t.approval join n where i % 5 = 0 or i > 99900;

insert into approval_effects (effect, approval, digest, kind, terms, state, expires_at, closed_by, closed_at, why)
select printf('0190%028x', i), printf('0190%028x', i), digest, kind, terms,
       case when i > 99900 then 'open' when i % 10 = 0 then 'denied' else 'approved' end, at + 8640000000000, closed_by, closed_at, why
from told t join approval_effects e on e.effect = t.effect join n where i % 5 = 0 or i > 99900;

insert into decisions (approval, effect, digest, view_digest, person, login, decision, reason, decided_at)
select printf('0190%028x', i), printf('0190%028x', i), digest, view_digest, person, login, decision, d.reason, decided_at
from told t join decisions d on d.effect = t.effect join n where i % 5 = 0 and i <= 99900;

insert into write_backs (effect, run, kind, state, approved_by, tries, next_at, result_id, result_url, problem, created_at, ended_at)
select printf('0190%028x', i), printf('0190%028x', i), kind, state, approved_by, tries, next_at, result_id, result_url, problem,
       w.created_at, ended_at
from told t join write_backs w on w.effect = t.effect join n where i % 10 = 5 and i <= 99900;

drop table n;
drop table told;
