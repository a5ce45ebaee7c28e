//! Rows of `saved_views`.

use crate::db;
use crate::db::Connection;
use crate::db::Row as _;
use crate::db::Tx;
use crate::forge::embedded::view::View;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::AccountId;
use crate::model::RepoId;

pub async fn list(connection: &mut Connection, repo: RepoId, account: AccountId) -> Result<Vec<View>> {
    let sql = "select name, pulls, query from saved_views where repo = $1 and account = $2 order by name limit 100";
    let query = sqlx::query(sql).bind(repo.to_string()).bind(account.to_string());
    let rows = query.fetch_all(connection).await.map_err(db::failed)?;
    let view = |row: &sqlx::any::AnyRow| {
        Ok(View { name: row.text("name")?, pulls: row.flag("pulls")?, query: row.text("query")? })
    };
    rows.iter().map(view).collect()
}

/// Keeps a view in the place of the one with the same name.
pub async fn put(tx: &mut Tx, whose: (RepoId, AccountId), view: &View, now: Timestamp) -> Result<()> {
    let sql = "insert into saved_views (repo, account, name, pulls, query, created)
               values ($1, $2, $3, $4, $5, $6)
               on conflict (repo, account, pulls, name) do update set query = excluded.query";
    let query = sqlx::query(sql)
        .bind(whose.0.to_string())
        .bind(whose.1.to_string())
        .bind(view.name.as_str())
        .bind(i16::from(view.pulls))
        .bind(view.query.as_str())
        .bind(now.0);
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

pub async fn delete(tx: &mut Tx, whose: (RepoId, AccountId), pulls: bool, name: &str) -> Result<()> {
    let sql = "delete from saved_views where repo = $1 and account = $2 and pulls = $3 and name = $4";
    let query = sqlx::query(sql).bind(whose.0.to_string()).bind(whose.1.to_string());
    query.bind(i16::from(pulls)).bind(name).execute(&mut **tx).await.map(drop).map_err(db::failed)
}
