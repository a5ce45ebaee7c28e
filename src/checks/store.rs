//! All SQL of the room.
//!
//! Long because jobs, their steps and their logs are claimed, ended and read back together.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::checks::Batch;
use crate::checks::Filter;
use crate::checks::Job;
use crate::checks::JobState;
use crate::checks::Line;
use crate::checks::NewJob;
use crate::checks::Older;
use crate::checks::Outcome;
use crate::checks::StepRow;
use crate::db::Connection;
use crate::db::Row as _;
use crate::db::Tx;
use crate::db::failed;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::error::Context as _;
use crate::model::CommitId;
use crate::model::JobId;
use crate::model::RepoId;
use crate::model::RepoRef;

const COLUMNS: &str = "id, repo, owner_name, repo_name, sha, name, attempt, plan, trigger_name, branch, pull, fork,
       asked_by, cause, state, held, reason, summary, signature, cancel_asked_by, begins, log_lines, log_bytes,
       log_gone, created_at, started_at, ended_at";

/// False when the commit has this attempt already, or the same cause made one.
pub(super) async fn insert(tx: &mut Tx, job: &Job) -> Result<bool> {
    let sql = "insert into check_jobs
                 (id, repo, owner_name, repo_name, sha, name, attempt, plan, trigger_name, branch, pull, fork,
                  asked_by, cause, state, held, reason, summary, untold, signature, begins, log_lines, log_bytes,
                  created_at, ended_at)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 1, '', 0, 0, 0,
                       $19, $20)
               on conflict do nothing";
    let new = &job.new;
    let plan = serde_json::to_string(&new.plan).context("Cannot write what a check runs as JSON")?;
    let done = sqlx::query(sql)
        .bind(job.id.to_string())
        .bind(new.repo.id.to_string())
        .bind(new.repo.owner.as_str())
        .bind(new.repo.name.as_str())
        .bind(new.sha.as_str())
        .bind(new.name.as_str())
        .bind(job.attempt)
        .bind(plan)
        .bind(new.trigger.as_str())
        .bind(new.branch.as_ref().map(|branch| branch.to_string()))
        .bind(new.pull)
        .bind(i32::from(new.fork))
        .bind(new.asked_by.as_str())
        .bind(new.cause.as_str())
        .bind(job.state.as_str())
        .bind(i32::from(job.held))
        .bind(job.reason.as_str())
        .bind(job.summary.as_str())
        .bind(job.created.0)
        .bind(job.ended.map(|at| at.0))
        .execute(&mut **tx)
        .await
        .map_err(failed)?;
    Ok(done.rows_affected() == 1)
}

fn job_from(row: &AnyRow) -> Result<Job> {
    Ok(Job {
        id: row.parsed("id")?,
        new: NewJob {
            repo: RepoRef { id: row.parsed("repo")?, owner: row.parsed("owner_name")?, name: row.parsed("repo_name")? },
            sha: row.parsed("sha")?,
            name: row.text("name")?,
            plan: row.json("plan")?,
            trigger: row.text("trigger_name")?,
            branch: row.parsed_or_none("branch")?,
            pull: row.number_or_none("pull")?,
            fork: row.flag("fork")?,
            asked_by: row.text("asked_by")?,
            cause: row.text("cause")?,
        },
        attempt: row.number("attempt")?,
        state: row.parsed("state")?,
        held: row.flag("held")?,
        reason: row.text("reason")?,
        summary: row.text("summary")?,
        signature: row.text("signature")?,
        cancel_asked_by: row.text_or_none("cancel_asked_by")?,
        begins: row.number("begins")?,
        log_lines: row.number("log_lines")?,
        log_bytes: row.number("log_bytes")?,
        log_gone: row.flag("log_gone")?,
        created: row.time("created_at")?,
        started: row.time_or_none("started_at")?,
        ended: row.time_or_none("ended_at")?,
    })
}

pub(super) async fn job(connection: &mut Connection, id: JobId) -> Result<Option<Job>> {
    let sql = format!("select {COLUMNS} from check_jobs where id = $1");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(id.to_string());
    query.fetch_optional(connection).await.map_err(failed)?.as_ref().map(job_from).transpose()
}

/// The newest execution of each job at a commit, or of one of them, by name.
pub(super) async fn newest(
    connection: &mut Connection,
    repo: RepoId,
    sha: &CommitId,
    name: Option<&str>,
) -> Result<Vec<Job>> {
    let sql = format!(
        "select {COLUMNS}
         from check_jobs j
         where repo = $1 and sha = $2 and ($3 is null or name = $3)
           and attempt = (select max(attempt) from check_jobs o where o.repo = j.repo and o.sha = j.sha and o.name = j.name)
         order by name limit 200"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(repo.to_string()).bind(sha.as_str()).bind(name);
    query.fetch_all(connection).await.map_err(failed)?.iter().map(job_from).collect()
}

pub(super) async fn attempts(connection: &mut Connection, job: &Job) -> Result<Vec<Job>> {
    let sql = format!(
        "select {COLUMNS} from check_jobs where repo = $1 and sha = $2 and name = $3 order by attempt desc limit 50"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(job.new.repo.id.to_string());
    let query = query.bind(job.new.sha.as_str()).bind(job.new.name.as_str());
    query.fetch_all(connection).await.map_err(failed)?.iter().map(job_from).collect()
}

pub(super) async fn list(connection: &mut Connection, repo: RepoId, filter: &Filter) -> Result<Vec<Job>> {
    let Filter { sha, pull, states, signature, before, limit } = filter;
    let sql = format!(
        "select {COLUMNS}
         from check_jobs
         where repo = $1
           and ($2 is null or sha = $2)
           and ($3 is null or pull = $3)
           and ($4 is null or $4 like '%,' || state || ',%')
           and ($5 is null or signature = $5)
           and ($6 is null or id < $6)
         order by id desc
         limit $7"
    );
    let states = states.iter().fold(String::from(","), |text, state| text + state.as_str() + ",");
    let query = sqlx::query(AssertSqlSafe(sql))
        .bind(repo.to_string())
        .bind(sha.as_ref().map(|sha| sha.to_string()))
        .bind(*pull)
        .bind((states != ",").then_some(states))
        .bind(signature.as_deref())
        .bind(before.map(|id| id.to_string()))
        .bind(if *limit == 0 { 30 } else { (*limit).clamp(1, 200) });
    query.fetch_all(connection).await.map_err(failed)?.iter().map(job_from).collect()
}

/// What has not ended and checks an older head. What the clock asked for is about no head.
pub(super) async fn unended_of_older(tx: &mut Tx, older: &Older<'_>) -> Result<Vec<Job>> {
    let sql = format!(
        "select {COLUMNS}
         from check_jobs
         where repo = $1 and sha <> $2 and state in ('waiting', 'queued', 'running') and trigger_name <> 'schedule'
           and (($3 is not null and fork = 0 and branch = $3) or ($4 is not null and pull = $4))
         order by id"
    );
    let query = sqlx::query(AssertSqlSafe(sql))
        .bind(older.repo.to_string())
        .bind(older.sha.as_str())
        .bind(older.branch.map(|branch| branch.to_string()))
        .bind(older.pull);
    query.fetch_all(&mut **tx).await.map_err(failed)?.iter().map(job_from).collect()
}

/// Jobs that ended before and still have their log.
pub(super) async fn with_log_before(connection: &mut Connection, before: Timestamp, most: i64) -> Result<Vec<JobId>> {
    let sql = "select id from check_jobs where log_gone = 0 and ended_at < $1 order by ended_at limit $2";
    let rows = sqlx::query(sql).bind(before.0).bind(most).fetch_all(connection).await.map_err(failed)?;
    rows.iter().map(|row| row.parsed("id")).collect()
}

/// Jobs that ended before, of which nothing is to be said any more.
pub(super) async fn ended_before(connection: &mut Connection, before: Timestamp, most: i64) -> Result<Vec<JobId>> {
    let sql = "select id from check_jobs where untold = 0 and ended_at < $1 order by ended_at limit $2";
    let rows = sqlx::query(sql).bind(before.0).bind(most).fetch_all(connection).await.map_err(failed)?;
    rows.iter().map(|row| row.parsed("id")).collect()
}

/// Throws the log of a job away; its row says so.
pub(super) async fn forget_log(tx: &mut Tx, job: JobId) -> Result<()> {
    for sql in ["delete from check_log where job = $1", "update check_jobs set log_gone = 1 where id = $1"] {
        sqlx::query(sql).bind(job.to_string()).execute(&mut **tx).await.map_err(failed)?;
    }
    Ok(())
}

/// Throws a job away with all that belongs to it.
pub(super) async fn forget(tx: &mut Tx, job: JobId) -> Result<()> {
    let log = "delete from check_log where job = $1";
    let steps = "delete from check_steps where job = $1";
    let row = "delete from check_jobs where id = $1";
    for sql in [log, steps, row] {
        sqlx::query(sql).bind(job.to_string()).execute(&mut **tx).await.map_err(failed)?;
    }
    Ok(())
}

pub(super) async fn count_waiting(connection: &mut Connection) -> Result<i64> {
    let sql = "select count(*) as waiting from check_jobs where state = 'queued' or untold = 1";
    sqlx::query(sql).fetch_one(connection).await.map_err(failed)?.number("waiting")
}

/// Jobs that wait for others, oldest first.
pub(super) async fn held(connection: &mut Connection, most: i64) -> Result<Vec<Job>> {
    let sql =
        format!("select {COLUMNS} from check_jobs where state = 'queued' and held = 1 order by created_at limit $1");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(most);
    query.fetch_all(connection).await.map_err(failed)?.iter().map(job_from).collect()
}

pub(super) async fn with_lease_before(connection: &mut Connection, now: Timestamp) -> Result<Vec<Job>> {
    let sql = format!("select {COLUMNS} from check_jobs where state = 'running' and lease_until < $1 limit 100");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(now.0);
    query.fetch_all(connection).await.map_err(failed)?.iter().map(job_from).collect()
}

pub(super) async fn held_by(connection: &mut Connection, owner: &str) -> Result<Vec<Job>> {
    let sql = format!("select {COLUMNS} from check_jobs where state = 'running' and lease_owner = $1");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(owner);
    query.fetch_all(connection).await.map_err(failed)?.iter().map(job_from).collect()
}

pub(super) async fn untold(connection: &mut Connection, most: i64) -> Result<Vec<Job>> {
    let sql = format!("select {COLUMNS} from check_jobs where untold = 1 order by id limit $1");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(most);
    query.fetch_all(connection).await.map_err(failed)?.iter().map(job_from).collect()
}

pub(super) async fn claim(tx: &mut Tx, owner: &str, now: Timestamp, until: Timestamp) -> Result<Option<Job>> {
    let sql = format!(
        "update check_jobs
         set state = 'running', lease_owner = $1, lease_until = $2, begins = begins + 1,
             started_at = coalesce(started_at, $3)
         where id = (
           select id from check_jobs where state = 'queued' and held = 0 order by created_at, id limit 1 {}
         )
         returning {COLUMNS}",
        tx.engine().skip_locked(),
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(owner).bind(until.0).bind(now.0);
    query.fetch_optional(&mut **tx).await.map_err(failed)?.as_ref().map(job_from).transpose()
}

pub(super) async fn extend_lease(tx: &mut Tx, job: JobId, owner: &str, until: Timestamp) -> Result<bool> {
    let sql = "update check_jobs set lease_until = $3 where id = $1 and lease_owner = $2 and state = 'running'";
    let query = sqlx::query(sql).bind(job.to_string()).bind(owner).bind(until.0);
    changed(tx, query).await
}

pub(super) async fn release(tx: &mut Tx, job: JobId) -> Result<bool> {
    let sql = "update check_jobs set held = 0 where id = $1 and state = 'queued' and held = 1";
    changed(tx, sqlx::query(sql).bind(job.to_string())).await
}

/// From waiting for a person to waiting for its turn.
pub(super) async fn start(tx: &mut Tx, job: JobId, by: &str) -> Result<bool> {
    let sql = "update check_jobs set state = 'queued', asked_by = $2, untold = 1 where id = $1 and state = 'waiting'";
    changed(tx, sqlx::query(sql).bind(job.to_string()).bind(by)).await
}

pub(super) async fn ask_cancel(tx: &mut Tx, job: JobId, by: &str) -> Result<bool> {
    let sql = "update check_jobs set cancel_asked_by = $2 where id = $1 and state = 'running'";
    changed(tx, sqlx::query(sql).bind(job.to_string()).bind(by)).await
}

/// Ends a job that nobody has begun.
pub(super) async fn end_queued(tx: &mut Tx, job: JobId, outcome: &Outcome, now: Timestamp) -> Result<bool> {
    let sql = "update check_jobs
               set state = $2, reason = $3, summary = $4, ended_at = $5, held = 0, untold = 1
               where id = $1 and state in ('waiting', 'queued')";
    let query = sqlx::query(sql).bind(job.to_string()).bind(outcome.state.as_str()).bind(outcome.reason);
    changed(tx, query.bind(outcome.words.as_str()).bind(now.0)).await
}

/// Ends a job that this runner has.
pub(super) async fn end_running(
    tx: &mut Tx,
    (job, owner): (JobId, &str),
    outcome: &Outcome,
    signature: &str,
    now: Timestamp,
) -> Result<bool> {
    let sql = "update check_jobs
               set state = $3, reason = $4, summary = $5, signature = $6, ended_at = $7, untold = 1,
                   lease_owner = null, lease_until = null
               where id = $1 and lease_owner = $2 and state = 'running'";
    let query = sqlx::query(sql).bind(job.to_string()).bind(owner).bind(outcome.state.as_str()).bind(outcome.reason);
    changed(tx, query.bind(outcome.words.as_str()).bind(signature).bind(now.0)).await
}

/// Ends a job whose runner disappeared.
pub(super) async fn give_up(tx: &mut Tx, job: JobId, outcome: &Outcome, now: Timestamp) -> Result<bool> {
    let sql = "update check_jobs
               set state = $2, reason = $3, summary = $4, ended_at = $5, untold = 1, lease_owner = null, lease_until = null
               where id = $1 and state = 'running'";
    let query = sqlx::query(sql).bind(job.to_string()).bind(outcome.state.as_str()).bind(outcome.reason);
    changed(tx, query.bind(outcome.words.as_str()).bind(now.0)).await
}

pub(super) async fn put_back(tx: &mut Tx, job: JobId) -> Result<bool> {
    let sql = "update check_jobs
               set state = 'queued', lease_owner = null, lease_until = null
               where id = $1 and state = 'running'";
    changed(tx, sqlx::query(sql).bind(job.to_string())).await
}

/// The state may have changed since it was said; queued and running are said alike.
pub(super) async fn told(tx: &mut Tx, job: JobId, state: JobState) -> Result<()> {
    let sql = "update check_jobs
               set untold = 0
               where id = $1 and (state = $2 or ($2 in ('queued', 'running') and state in ('queued', 'running')))";
    changed(tx, sqlx::query(sql).bind(job.to_string()).bind(state.as_str())).await.map(drop)
}

async fn changed(tx: &mut Tx, query: sqlx::query::Query<'_, sqlx::Any, sqlx::any::AnyArguments>) -> Result<bool> {
    Ok(query.execute(&mut **tx).await.map_err(failed)?.rows_affected() == 1)
}

pub(super) async fn insert_step(
    tx: &mut Tx,
    job: JobId,
    (number, name, first_line): (i64, &str, i64),
    now: Timestamp,
) -> Result<()> {
    let sql = "insert into check_steps (job, number, name, state, ending, first_line, started_at)
               values ($1, $2, $3, 'running', '', $4, $5)";
    let query = sqlx::query(sql).bind(job.to_string()).bind(number).bind(name).bind(first_line).bind(now.0);
    query.execute(&mut **tx).await.map(drop).map_err(failed)
}

pub(super) async fn end_step(
    tx: &mut Tx,
    job: JobId,
    number: i64,
    (state, ending): (&str, &str),
    now: Timestamp,
) -> Result<()> {
    let sql = "update check_steps set state = $3, ending = $4, ended_at = $5 where job = $1 and number = $2";
    let query = sqlx::query(sql).bind(job.to_string()).bind(number).bind(state).bind(ending).bind(now.0);
    query.execute(&mut **tx).await.map(drop).map_err(failed)
}

/// Ends what a runner that disappeared left running.
pub(super) async fn lose_steps(tx: &mut Tx, job: JobId, now: Timestamp) -> Result<()> {
    let sql = "update check_steps
               set state = 'lost', ending = 'its runner disappeared', ended_at = $2
               where job = $1 and state = 'running'";
    sqlx::query(sql).bind(job.to_string()).bind(now.0).execute(&mut **tx).await.map(drop).map_err(failed)
}

pub(super) async fn steps(connection: &mut Connection, job: JobId) -> Result<Vec<StepRow>> {
    let sql = "select number, name, state, ending, first_line, started_at, ended_at
               from check_steps where job = $1 order by number";
    let rows = sqlx::query(sql).bind(job.to_string()).fetch_all(connection).await.map_err(failed)?;
    let read = |row: &AnyRow| {
        Ok(StepRow {
            number: row.number("number")?,
            name: row.text("name")?,
            state: row.text("state")?,
            ending: row.text("ending")?,
            first_line: row.number("first_line")?,
            started: row.time("started_at")?,
            ended: row.time_or_none("ended_at")?,
        })
    };
    rows.iter().map(read).collect()
}

/// Lines of one step without a gap; the job's counts go with them.
pub(super) async fn insert_batch(tx: &mut Tx, job: JobId, lines: &[Line]) -> Result<()> {
    let (Some(first), Some(last)) = (lines.first(), lines.last()) else { return Ok(()) };
    let body = lines.iter().map(|line| line.text.as_str()).collect::<Vec<_>>().join("\n");
    let count = i64::try_from(lines.len()).unwrap_or(i64::MAX);
    let bytes = i64::try_from(body.len() + 1).unwrap_or(i64::MAX);
    let sql = "insert into check_log (job, sequence, step, first_line, line_count, body)
               select $1, coalesce(max(sequence), 0) + 1, $2, $3, $4, $5 from check_log where job = $1";
    let query = sqlx::query(sql).bind(job.to_string()).bind(first.step).bind(first.number).bind(count).bind(body);
    query.execute(&mut **tx).await.map_err(failed)?;
    let sql = "update check_jobs set log_lines = $2, log_bytes = log_bytes + $3 where id = $1";
    changed(tx, sqlx::query(sql).bind(job.to_string()).bind(last.number).bind(bytes)).await.map(drop)
}

pub(super) async fn batches(connection: &mut Connection, job: JobId, after: i64, most: i64) -> Result<Vec<Batch>> {
    let sql = "select sequence, step, first_line, body from check_log
               where job = $1 and sequence > $2 order by sequence limit $3";
    let query = sqlx::query(sql).bind(job.to_string()).bind(after).bind(most);
    query.fetch_all(connection).await.map_err(failed)?.iter().map(batch_from).collect()
}

/// Newest first.
pub(super) async fn last_batches(connection: &mut Connection, job: JobId, most: i64) -> Result<Vec<Batch>> {
    let sql = "select sequence, step, first_line, body from check_log
               where job = $1 order by sequence desc limit $2";
    let query = sqlx::query(sql).bind(job.to_string()).bind(most);
    query.fetch_all(connection).await.map_err(failed)?.iter().map(batch_from).collect()
}

fn batch_from(row: &AnyRow) -> Result<Batch> {
    Ok(Batch {
        sequence: row.number("sequence")?,
        step: row.number("step")?,
        first_line: row.number("first_line")?,
        lines: row.text("body")?.split('\n').map(str::to_owned).collect(),
    })
}
