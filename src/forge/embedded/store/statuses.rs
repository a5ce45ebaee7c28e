//! Rows of `statuses`: all are kept, the newest of a context counts.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::db;
use crate::db::Connection;
use crate::db::Row as _;
use crate::db::Tx;
use crate::forge::Marker;
use crate::forge::embedded::issue::Author;
use crate::forge::embedded::status::Status;
use crate::forge::embedded::store::placeholders;
use crate::kit::Result;
use crate::kit::page::Page;
use crate::kit::page::Paging;
use crate::model::CommitId;
use crate::model::RepoId;

const COLUMNS: &str =
    "s.id, s.sha, s.context, s.state, s.description, s.target_url, s.signature, s.creator, s.creator_name, s.created";

pub async fn insert(tx: &mut Tx, repo: RepoId, status: &Status, marker: Option<&Marker>) -> Result<()> {
    let sql = "insert into statuses
                 (repo, id, sha, context, state, description, target_url, signature, creator, creator_name, marker,
                  created)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let query = sqlx::query(sql)
        .bind(repo.to_string())
        .bind(status.id)
        .bind(status.sha.as_str())
        .bind(status.context.as_str())
        .bind(status.state.as_str())
        .bind(status.description.as_str())
        .bind(status.target_url.as_str())
        .bind(status.signature.as_str())
        .bind(status.creator.account.to_string())
        .bind(status.creator.login.as_str())
        .bind(marker.map(Marker::as_str))
        .bind(status.created.0);
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

pub async fn by_marker(connection: &mut Connection, repo: RepoId, marker: &Marker) -> Result<Option<i64>> {
    let sql = "select id from statuses where repo = $1 and marker = $2";
    let query = sqlx::query(sql).bind(repo.to_string()).bind(marker.as_str());
    let row = query.fetch_optional(connection).await.map_err(db::failed)?;
    row.map(|row| row.number("id")).transpose()
}

/// Every status of a commit, newest first.
pub async fn list(connection: &mut Connection, repo: RepoId, sha: &CommitId, paging: Paging) -> Result<Page<Status>> {
    let sql = "select count(*) as total from statuses where repo = $1 and sha = $2";
    let query = sqlx::query(sql).bind(repo.to_string()).bind(sha.as_str());
    let total = query.fetch_one(&mut *connection).await.map_err(db::failed)?.number("total")?;
    let sql = format!(
        "select {COLUMNS} from statuses s where s.repo = $1 and s.sha = $2 order by s.id desc limit $3 offset $4"
    );
    let query = sqlx::query(AssertSqlSafe(sql)).bind(repo.to_string()).bind(sha.as_str());
    let rows = query.bind(paging.take()).bind(paging.offset()).fetch_all(connection).await.map_err(db::failed)?;
    let items = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
    Ok(Page { items, total: u64::try_from(total).unwrap_or(0), paging })
}

/// The newest status of each context, by context, for each of these commits; at most 1,000.
pub async fn newest(connection: &mut Connection, repo: RepoId, shas: &[&CommitId]) -> Result<Vec<Status>> {
    if shas.is_empty() {
        return Ok(Vec::new());
    }
    let list = placeholders(2, shas.len());
    let sql = format!(
        "select {COLUMNS}
         from statuses s
         join (select max(id) as id from statuses where repo = $1 and sha in ({list}) group by sha, context) newest
           on newest.id = s.id
         where s.repo = $1
         order by s.context limit 1000"
    );
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(repo.to_string());
    for sha in shas {
        query = query.bind(sha.as_str().to_owned());
    }
    query.fetch_all(connection).await.map_err(db::failed)?.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<Status> {
    Ok(Status {
        id: row.number("id")?,
        sha: row.parsed("sha")?,
        context: row.text("context")?,
        state: row.parsed("state")?,
        description: row.text("description")?,
        target_url: row.text("target_url")?,
        signature: row.text("signature")?,
        creator: Author { account: row.parsed("creator")?, login: row.parsed("creator_name")?, behalf: None },
        created: row.time("created")?,
    })
}
