//! Rows of `repo_hooks`.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::db;
use crate::db::Connection;
use crate::db::Row as _;
use crate::db::Tx;
use crate::forge::embedded::hooks::Hook;
use crate::forge::embedded::hooks::HookEvent;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::kit::secret::Secret;
use crate::model::RepoId;

const COLUMNS: &str = "id, flavour, url, content_type, secret, events, branches, active, created, updated";

pub async fn insert(tx: &mut Tx, repo: RepoId, hook: &Hook) -> Result<()> {
    let sql = "insert into repo_hooks
                 (repo, id, flavour, url, content_type, secret, events, branches, active, created, updated)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let query = sqlx::query(sql)
        .bind(repo.to_string())
        .bind(hook.id)
        .bind(hook.flavour.as_str())
        .bind(hook.url.to_string())
        .bind(hook.content_type.as_str())
        .bind(hook.secret.reveal().clone())
        .bind(words(&hook.events)?)
        .bind(hook.branches.as_str())
        .bind(i16::from(hook.active))
        .bind(hook.created.0)
        .bind(hook.updated.0);
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

pub async fn update(tx: &mut Tx, repo: RepoId, hook: &Hook) -> Result<()> {
    let sql = "update repo_hooks
               set flavour = $3, url = $4, content_type = $5, secret = $6, events = $7, branches = $8, active = $9,
                   updated = $10
               where repo = $1 and id = $2";
    let query = sqlx::query(sql)
        .bind(repo.to_string())
        .bind(hook.id)
        .bind(hook.flavour.as_str())
        .bind(hook.url.to_string())
        .bind(hook.content_type.as_str())
        .bind(hook.secret.reveal().clone())
        .bind(words(&hook.events)?)
        .bind(hook.branches.as_str())
        .bind(i16::from(hook.active))
        .bind(hook.updated.0);
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// Deletes a hook with all that is known of its deliveries.
pub async fn delete(tx: &mut Tx, repo: RepoId, id: i64) -> Result<()> {
    let attempts = "delete from hook_attempts
                    where delivery in (select id from hook_deliveries where repo = $1 and hook = $2)";
    let deliveries = "delete from hook_deliveries where repo = $1 and hook = $2";
    let hook = "delete from repo_hooks where repo = $1 and id = $2";
    for sql in [attempts, deliveries, hook] {
        sqlx::query(sql).bind(repo.to_string()).bind(id).execute(&mut **tx).await.map_err(db::failed)?;
    }
    Ok(())
}

pub async fn by_id(connection: &mut Connection, repo: RepoId, id: i64) -> Result<Option<Hook>> {
    let sql = format!("select {COLUMNS} from repo_hooks where repo = $1 and id = $2");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(repo.to_string()).bind(id);
    query.fetch_optional(connection).await.map_err(db::failed)?.as_ref().map(read).transpose()
}

/// All hooks of a repository, oldest first.
pub async fn list(connection: &mut Connection, repo: RepoId) -> Result<Vec<Hook>> {
    let sql = format!("select {COLUMNS} from repo_hooks where repo = $1 order by id");
    let rows = sqlx::query(AssertSqlSafe(sql)).bind(repo.to_string()).fetch_all(connection).await;
    rows.map_err(db::failed)?.iter().map(read).collect()
}

fn words(events: &[HookEvent]) -> Result<String> {
    let words: Vec<&str> = events.iter().map(|event| event.as_str()).collect();
    serde_json::to_string(&words).context("Cannot write words as JSON")
}

fn read(row: &AnyRow) -> Result<Hook> {
    let events: Vec<String> = row.json("events")?;
    let url = row.text("url")?;
    Ok(Hook {
        id: row.number("id")?,
        flavour: row.parsed("flavour")?,
        url: url.parse().map_err(|_| Error::internal(format!("A hook holds the address `{url}`")))?,
        content_type: row.parsed("content_type")?,
        secret: Secret::new(row.text("secret")?),
        events: events.iter().map(|word| word.parse()).collect::<Result<_>>()?,
        branches: row.text("branches")?,
        active: row.flag("active")?,
        created: row.time("created")?,
        updated: row.time("updated")?,
    })
}
