//! All SQL of the room.
//!
//! Long because runs and their attempts are claimed, ended and read back together.

use sqlx::any::AnyRow;

use crate::db::Connection;
use crate::db::Row as _;
use crate::db::Tx;
use crate::db::failed;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::AttemptId;
use crate::model::RepoId;
use crate::model::RepoRef;
use crate::model::RunId;
use crate::runs::Attempt;
use crate::runs::Folder;
use crate::runs::NewRun;
use crate::runs::Run;
use crate::runs::Saved;
use crate::runs::Snapshots;
use crate::runs::State;

/// The columns of `runs` as [`run_from`] reads them.
macro_rules! run_columns {
    () => {
        "id, repo, owner_name, repo_name, number, stack, task, prompt, rule, event, source,
         requester_login, requester, trusted, config_commit, ceiling_commit, code_commit, code_branch, policy_digest,
         concurrency_key, state, reason, summary, cancel_asked_by, tokens_in, tokens_out, micro_usd,
         created_at, started_at, ended_at, forked_from"
    };
}

/// The columns of `attempts` as [`attempt_from`] reads them.
macro_rules! attempt_columns {
    () => {
        "id, run, number, kind, state, asked_by, bundle, reason, summary, created_at, started_at, ended_at,
         fresh, message, begins_with, saved_commit, saved_files, saved_at, folder, folder_bytes, folder_until"
    };
}

mod folders;

mod list;

mod transcript;

pub(super) use folders::folder_bytes;
pub(super) use folders::folders_due;
pub(super) use folders::move_folder;
pub(super) use folders::set_folder;
pub(super) use list::list;
pub(super) use transcript::count_events;
pub(super) use transcript::events_after;
pub(super) use transcript::events_before;
pub(super) use transcript::events_of;
pub(super) use transcript::events_with;
pub(super) use transcript::insert_event;
pub(super) use transcript::last_sequence;
pub(super) use transcript::newest_event;

pub(super) async fn insert_run(connection: &mut Connection, run: &Run) -> Result<()> {
    let new = &run.dispatch;
    sqlx::query(concat!(
        "insert into runs (",
        run_columns!(),
        ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20,
                   $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31)"
    ))
    .bind(run.id.to_string())
    .bind(new.repo.id.to_string())
    .bind(new.repo.owner.as_str())
    .bind(new.repo.name.as_str())
    .bind(new.number)
    .bind(&new.stack)
    .bind(&new.task)
    .bind(&new.prompt)
    .bind(&new.rule)
    .bind(new.event.map(|id| id.to_string()))
    .bind(serde_json::to_string(&new.source).expect("a source is strings"))
    .bind(&new.requester_login)
    .bind(new.requester.map(|id| id.to_string()))
    .bind(i32::from(new.trusted))
    .bind(new.config_commit.as_str())
    .bind(new.ceiling_commit.as_ref().map(|id| id.to_string()))
    .bind(new.code_commit.as_ref().map(|id| id.to_string()))
    .bind(new.code_branch.as_ref().map(|name| name.to_string()))
    .bind(new.policy_digest.to_string())
    .bind(&new.concurrency_key)
    .bind(run.state.as_str())
    .bind(&run.reason)
    .bind(&run.summary)
    .bind(&run.cancel_asked_by)
    .bind(run.tokens_in)
    .bind(run.tokens_out)
    .bind(run.micro_usd)
    .bind(run.created.0)
    .bind(run.started.map(|at| at.0))
    .bind(run.ended.map(|at| at.0))
    .bind(new.forked_from.map(|id| id.to_string()))
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}

fn run_from(row: &AnyRow) -> Result<Run> {
    Ok(Run {
        id: row.parsed("id")?,
        dispatch: NewRun {
            repo: RepoRef { id: row.parsed("repo")?, owner: row.parsed("owner_name")?, name: row.parsed("repo_name")? },
            number: row.number_or_none("number")?,
            stack: row.text("stack")?,
            task: row.text("task")?,
            prompt: row.text("prompt")?,
            rule: row.text_or_none("rule")?,
            event: row.parsed_or_none("event")?,
            source: row.json("source")?,
            requester_login: row.text("requester_login")?,
            requester: row.parsed_or_none("requester")?,
            trusted: row.flag("trusted")?,
            config_commit: row.parsed("config_commit")?,
            ceiling_commit: row.parsed_or_none("ceiling_commit")?,
            code_commit: row.parsed_or_none("code_commit")?,
            code_branch: row.parsed_or_none("code_branch")?,
            policy_digest: row.parsed("policy_digest")?,
            concurrency_key: row.text_or_none("concurrency_key")?,
            forked_from: row.parsed_or_none("forked_from")?,
        },
        state: row.parsed("state")?,
        reason: row.text_or_none("reason")?,
        summary: row.text_or_none("summary")?,
        cancel_asked_by: row.text_or_none("cancel_asked_by")?,
        tokens_in: row.number("tokens_in")?,
        tokens_out: row.number("tokens_out")?,
        micro_usd: row.number("micro_usd")?,
        created: row.time("created_at")?,
        started: row.time_or_none("started_at")?,
        ended: row.time_or_none("ended_at")?,
    })
}

fn attempt_from(row: &AnyRow) -> Result<Attempt> {
    Ok(Attempt {
        id: row.parsed("id")?,
        run: row.parsed("run")?,
        number: row.number("number")?,
        kind: row.parsed("kind")?,
        state: row.parsed("state")?,
        asked_by: row.text("asked_by")?,
        fresh: row.flag("fresh")?,
        message: row.text_or_none("message")?,
        begins_with: row.parsed_or_none("begins_with")?,
        saved: saved_from(row)?,
        folder: folder_from(row)?,
        bundle: row.text_or_none("bundle")?,
        reason: row.text_or_none("reason")?,
        summary: row.text_or_none("summary")?,
        created: row.time("created_at")?,
        started: row.time_or_none("started_at")?,
        ended: row.time_or_none("ended_at")?,
    })
}

fn saved_from(row: &AnyRow) -> Result<Option<Saved>> {
    let Some(commit) = row.parsed_or_none("saved_commit")? else { return Ok(None) };
    Ok(Some(Saved { commit, files: row.number("saved_files")?, at: row.time("saved_at")? }))
}

fn folder_from(row: &AnyRow) -> Result<Option<Folder>> {
    let Some(state) = row.parsed_or_none("folder")? else { return Ok(None) };
    Ok(Some(Folder { state, bytes: row.number("folder_bytes")?, until: row.time("folder_until")? }))
}

/// Holds the run's row until the transaction ends, so that its transcript gets no number twice.
pub(super) async fn lock_run(tx: &mut Tx, run: RunId) -> Result<()> {
    let sql = sqlx::AssertSqlSafe(format!("select id from runs where id = $1 {}", tx.engine().for_update()));
    sqlx::query(sql).bind(run.to_string()).fetch_optional(&mut **tx).await.map_err(failed)?;
    Ok(())
}

pub(super) async fn run(connection: &mut Connection, id: RunId) -> Result<Option<Run>> {
    let row = sqlx::query(concat!("select ", run_columns!(), " from runs where id = $1"))
        .bind(id.to_string())
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    row.as_ref().map(run_from).transpose()
}

pub(super) async fn in_state(connection: &mut Connection, state: State, most: i64) -> Result<Vec<Run>> {
    let rows =
        sqlx::query(concat!("select ", run_columns!(), " from runs where state = $1 order by created_at limit $2"))
            .bind(state.as_str())
            .bind(most)
            .fetch_all(connection)
            .await
            .map_err(failed)?;
    rows.iter().map(run_from).collect()
}

pub(super) async fn open_with_key(connection: &mut Connection, repo: RepoId, key: &str) -> Result<Vec<Run>> {
    let rows = sqlx::query(concat!(
        "select ",
        run_columns!(),
        " from runs
         where repo = $1 and concurrency_key = $2
           and state in ('queued', 'starting', 'running', 'needs_input', 'awaiting_approval', 'applying')
         order by created_at"
    ))
    .bind(repo.to_string())
    .bind(key)
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    rows.iter().map(run_from).collect()
}

pub(super) async fn load(connection: &mut Connection, repo: RepoId, since: Timestamp) -> Result<(i64, i64)> {
    let row = sqlx::query(
        // Two counts, each along an index: one over both conditions would read every run of the repository.
        "select (select count(*) from runs where repo = $1 and created_at >= $2) as recent,
                (select count(*) from runs
                 where repo = $1 and state in ('queued', 'starting', 'running', 'needs_input')) as open",
    )
    .bind(repo.to_string())
    .bind(since.0)
    .fetch_one(connection)
    .await
    .map_err(failed)?;
    Ok((row.number("recent")?, row.number("open")?))
}

pub(super) async fn set_state(connection: &mut Connection, run: RunId, state: State, now: Timestamp) -> Result<()> {
    sqlx::query(
        "update runs
         set state = $2, started_at = case when $2 = 'starting' and started_at is null then $3 else started_at end
         where id = $1",
    )
    .bind(run.to_string())
    .bind(state.as_str())
    .bind(now.0)
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}

pub(super) async fn finish(
    connection: &mut Connection,
    run: RunId,
    state: State,
    (reason, summary): (&str, &str),
    now: Timestamp,
) -> Result<()> {
    sqlx::query("update runs set state = $2, reason = $3, summary = $4, ended_at = $5 where id = $1")
        .bind(run.to_string())
        .bind(state.as_str())
        .bind(reason)
        .bind(summary)
        .bind(now.0)
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

pub(super) async fn reopen(connection: &mut Connection, run: RunId) -> Result<()> {
    sqlx::query(
        "update runs
         set state = 'queued', reason = null, summary = null, ended_at = null, cancel_asked_by = null
         where id = $1",
    )
    .bind(run.to_string())
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}

pub(super) async fn refresh(connection: &mut Connection, run: RunId, snapshots: &Snapshots) -> Result<()> {
    sqlx::query(
        "update runs
         set config_commit = $2, ceiling_commit = $3, code_commit = $4, policy_digest = $5
         where id = $1",
    )
    .bind(run.to_string())
    .bind(snapshots.config_commit.as_str())
    .bind(snapshots.ceiling_commit.as_ref().map(|id| id.to_string()))
    .bind(snapshots.code_commit.as_ref().map(|id| id.to_string()))
    .bind(snapshots.policy_digest.to_string())
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}

pub(super) async fn save(connection: &mut Connection, attempt: AttemptId, saved: &Saved) -> Result<()> {
    sqlx::query("update attempts set saved_commit = $2, saved_files = $3, saved_at = $4 where id = $1")
        .bind(attempt.to_string())
        .bind(saved.commit.as_str())
        .bind(saved.files)
        .bind(saved.at.0)
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

pub(super) async fn ask_cancel(connection: &mut Connection, run: RunId, by: &str) -> Result<()> {
    sqlx::query("update runs set cancel_asked_by = $2 where id = $1")
        .bind(run.to_string())
        .bind(by)
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

pub(super) async fn add_usage(
    connection: &mut Connection,
    run: RunId,
    tokens_in: i64,
    tokens_out: i64,
    micro_usd: i64,
) -> Result<()> {
    sqlx::query(
        "update runs
         set tokens_in = tokens_in + $2, tokens_out = tokens_out + $3, micro_usd = micro_usd + $4
         where id = $1",
    )
    .bind(run.to_string())
    .bind(tokens_in)
    .bind(tokens_out)
    .bind(micro_usd)
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}

pub(super) async fn insert_attempt(connection: &mut Connection, attempt: &Attempt) -> Result<()> {
    sqlx::query(
        "insert into attempts (id, run, number, kind, state, asked_by, created_at, fresh, message, begins_with)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(attempt.id.to_string())
    .bind(attempt.run.to_string())
    .bind(attempt.number)
    .bind(attempt.kind.as_str())
    .bind(attempt.state.as_str())
    .bind(&attempt.asked_by)
    .bind(attempt.created.0)
    .bind(i32::from(attempt.fresh))
    .bind(&attempt.message)
    .bind(attempt.begins_with.map(|id| id.to_string()))
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}

pub(super) async fn last_attempt_number(connection: &mut Connection, run: RunId) -> Result<i64> {
    let row = sqlx::query("select coalesce(max(number), 0) as last from attempts where run = $1")
        .bind(run.to_string())
        .fetch_one(connection)
        .await
        .map_err(failed)?;
    row.number("last")
}

/// Answers whether the run was trusted until now.
pub(super) async fn distrust(connection: &mut Connection, run: RunId) -> Result<bool> {
    let done = sqlx::query("update runs set trusted = 0 where id = $1 and trusted = 1")
        .bind(run.to_string())
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn count_queued(connection: &mut Connection) -> Result<i64> {
    let sql = "select count(*) as total from attempts where state = 'queued'";
    sqlx::query(sql).fetch_one(connection).await.map_err(failed)?.number("total")
}

pub(super) async fn claim(tx: &mut Tx, owner: &str, now: Timestamp, until: Timestamp) -> Result<Option<Attempt>> {
    let sql = format!(
        "update attempts
         set state = 'leased', lease_owner = $1, lease_until = $2, started_at = $3
         where id = (
           select id from attempts where state = 'queued' order by created_at limit 1 {}
         )
         returning {}",
        tx.engine().skip_locked(),
        attempt_columns!(),
    );
    let row = sqlx::query(sqlx::AssertSqlSafe(sql))
        .bind(owner)
        .bind(until.0)
        .bind(now.0)
        .fetch_optional(&mut **tx)
        .await
        .map_err(failed)?;
    row.as_ref().map(attempt_from).transpose()
}

pub(super) async fn extend_lease(
    connection: &mut Connection,
    attempt: AttemptId,
    owner: &str,
    until: Timestamp,
) -> Result<bool> {
    let done =
        sqlx::query("update attempts set lease_until = $3 where id = $1 and lease_owner = $2 and state = 'leased'")
            .bind(attempt.to_string())
            .bind(owner)
            .bind(until.0)
            .execute(connection)
            .await
            .map_err(failed)?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn freeze(connection: &mut Connection, attempt: AttemptId, manifest: &str) -> Result<()> {
    sqlx::query("update attempts set bundle = $2 where id = $1 and bundle is null")
        .bind(attempt.to_string())
        .bind(manifest)
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

/// Answers whether the attempt was still leased.
pub(super) async fn end_attempt(
    connection: &mut Connection,
    attempt: AttemptId,
    reason: &str,
    summary: &str,
    now: Timestamp,
) -> Result<bool> {
    let done = sqlx::query(
        "update attempts
         set state = 'ended', reason = $2, summary = $3, ended_at = $4, lease_owner = null, lease_until = null
         where id = $1 and state = 'leased'",
    )
    .bind(attempt.to_string())
    .bind(reason)
    .bind(summary)
    .bind(now.0)
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn end_open_attempts(
    connection: &mut Connection,
    run: RunId,
    reason: &str,
    now: Timestamp,
) -> Result<()> {
    sqlx::query(
        "update attempts
         set state = 'ended', reason = $2, ended_at = $3, lease_owner = null, lease_until = null
         where run = $1 and state <> 'ended'",
    )
    .bind(run.to_string())
    .bind(reason)
    .bind(now.0)
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}

pub(super) async fn attempt(connection: &mut Connection, id: AttemptId) -> Result<Option<Attempt>> {
    let row = sqlx::query(concat!("select ", attempt_columns!(), " from attempts where id = $1"))
        .bind(id.to_string())
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    row.as_ref().map(attempt_from).transpose()
}

pub(super) async fn attempts(connection: &mut Connection, run: RunId) -> Result<Vec<Attempt>> {
    let rows = sqlx::query(concat!("select ", attempt_columns!(), " from attempts where run = $1 order by number"))
        .bind(run.to_string())
        .fetch_all(connection)
        .await
        .map_err(failed)?;
    rows.iter().map(attempt_from).collect()
}

pub(super) async fn attempts_with_lease_before(connection: &mut Connection, now: Timestamp) -> Result<Vec<Attempt>> {
    let rows = sqlx::query(concat!(
        "select ",
        attempt_columns!(),
        " from attempts where state = 'leased' and lease_until < $1 order by created_at limit 100"
    ))
    .bind(now.0)
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    rows.iter().map(attempt_from).collect()
}

pub(super) async fn attempts_held_by(connection: &mut Connection, owner: &str) -> Result<Vec<Attempt>> {
    let rows = sqlx::query(concat!(
        "select ",
        attempt_columns!(),
        " from attempts where state = 'leased' and lease_owner = $1 order by created_at"
    ))
    .bind(owner)
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    rows.iter().map(attempt_from).collect()
}
