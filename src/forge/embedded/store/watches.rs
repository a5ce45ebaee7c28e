//! Rows of `watches`.

use crate::db;
use crate::db::Connection;
use crate::db::Row as _;
use crate::db::Tx;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::AccountId;
use crate::model::RepoId;

pub async fn insert(tx: &mut Tx, account: AccountId, repo: RepoId, now: Timestamp) -> Result<()> {
    let sql = "insert into watches (account, repo, created) values ($1, $2, $3) on conflict do nothing";
    let query = sqlx::query(sql).bind(account.to_string()).bind(repo.to_string()).bind(now.0);
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

pub async fn delete(tx: &mut Tx, account: AccountId, repo: RepoId) -> Result<()> {
    let sql = "delete from watches where account = $1 and repo = $2";
    let query = sqlx::query(sql).bind(account.to_string()).bind(repo.to_string());
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

pub async fn since(connection: &mut Connection, account: AccountId, repo: RepoId) -> Result<Option<Timestamp>> {
    let sql = "select created from watches where account = $1 and repo = $2";
    let query = sqlx::query(sql).bind(account.to_string()).bind(repo.to_string());
    query.fetch_optional(connection).await.map_err(db::failed)?.map(|row| row.time("created")).transpose()
}

/// Repositories that somebody watches, those watched last first.
pub async fn of_account(connection: &mut Connection, account: AccountId) -> Result<Vec<RepoId>> {
    let sql = "select repo from watches where account = $1 order by created desc, repo limit 1000";
    let rows = sqlx::query(sql).bind(account.to_string()).fetch_all(connection).await.map_err(db::failed)?;
    rows.iter().map(|row| row.parsed("repo")).collect()
}

/// Who watches a repository.
pub async fn of_repo(connection: &mut Connection, repo: RepoId) -> Result<Vec<AccountId>> {
    let sql = "select account from watches where repo = $1 order by created, account limit 5000";
    let rows = sqlx::query(sql).bind(repo.to_string()).fetch_all(connection).await.map_err(db::failed)?;
    rows.iter().map(|row| row.parsed("account")).collect()
}
