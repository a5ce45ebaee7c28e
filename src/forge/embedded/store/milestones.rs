//! Rows of `milestones`, with how far each is.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::db;
use crate::db::Connection;
use crate::db::Row as _;
use crate::db::Tx;
use crate::forge::embedded::milestone::Milestone;
use crate::forge::embedded::store::placeholders;
use crate::kit::Result;
use crate::model::RepoId;

const COLUMNS: &str = "m.id, m.title, m.description, m.state, m.due, m.created, m.updated, m.closed,
  (select count(*) from issues i where i.repo = m.repo and i.milestone = m.id and i.state = 'open') as open_issues,
  (select count(*) from issues i where i.repo = m.repo and i.milestone = m.id and i.state = 'closed') as closed_issues";

pub async fn insert(tx: &mut Tx, repo: RepoId, milestone: &Milestone) -> Result<()> {
    let sql = "insert into milestones (repo, id, title, description, state, due, created, updated, closed)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    let query = sqlx::query(sql)
        .bind(repo.to_string())
        .bind(milestone.id)
        .bind(milestone.title.as_str())
        .bind(milestone.description.as_str())
        .bind(milestone.state.as_str())
        .bind(milestone.due.map(|at| at.0))
        .bind(milestone.created.0)
        .bind(milestone.updated.0)
        .bind(milestone.closed.map(|at| at.0));
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

pub async fn update(tx: &mut Tx, repo: RepoId, milestone: &Milestone) -> Result<()> {
    let sql = "update milestones
               set title = $3, description = $4, state = $5, due = $6, updated = $7, closed = $8
               where repo = $1 and id = $2";
    let query = sqlx::query(sql)
        .bind(repo.to_string())
        .bind(milestone.id)
        .bind(milestone.title.as_str())
        .bind(milestone.description.as_str())
        .bind(milestone.state.as_str())
        .bind(milestone.due.map(|at| at.0))
        .bind(milestone.updated.0)
        .bind(milestone.closed.map(|at| at.0));
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// Deletes a milestone; its issues are in none then.
pub async fn delete(tx: &mut Tx, repo: RepoId, id: i64) -> Result<()> {
    let sql = "update issues set milestone = null where repo = $1 and milestone = $2";
    sqlx::query(sql).bind(repo.to_string()).bind(id).execute(&mut **tx).await.map_err(db::failed)?;
    let sql = "delete from milestones where repo = $1 and id = $2";
    sqlx::query(sql).bind(repo.to_string()).bind(id).execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// All milestones of a repository, oldest first; at most 1,000.
pub async fn list(connection: &mut Connection, repo: RepoId) -> Result<Vec<Milestone>> {
    let sql = format!("select {COLUMNS} from milestones m where m.repo = $1 order by m.id limit 1000");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(repo.to_string());
    query.fetch_all(connection).await.map_err(db::failed)?.iter().map(read).collect()
}

pub async fn by_ids(connection: &mut Connection, repo: RepoId, ids: &[i64]) -> Result<Vec<Milestone>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let list = placeholders(2, ids.len());
    let sql = format!("select {COLUMNS} from milestones m where m.repo = $1 and m.id in ({list})");
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(repo.to_string());
    for id in ids {
        query = query.bind(*id);
    }
    query.fetch_all(connection).await.map_err(db::failed)?.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<Milestone> {
    Ok(Milestone {
        id: row.number("id")?,
        title: row.text("title")?,
        description: row.text("description")?,
        state: row.parsed("state")?,
        due: row.time_or_none("due")?,
        open_issues: row.number("open_issues")?,
        closed_issues: row.number("closed_issues")?,
        created: row.time("created")?,
        updated: row.time("updated")?,
        closed: row.time_or_none("closed")?,
    })
}
