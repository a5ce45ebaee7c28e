//! Rows of `pulls`: what makes an issue a pull request.

use sqlx::AssertSqlSafe;

use crate::db;
use crate::db::Connection;
use crate::db::Row as _;
use crate::db::Tx;
use crate::forge::embedded::issue::Issue;
use crate::forge::embedded::pull::Pull;
use crate::forge::embedded::store::issues;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::AccountId;
use crate::model::BranchName;
use crate::model::CommitId;
use crate::model::OwnerName;
use crate::model::RepoId;

pub async fn insert(tx: &mut Tx, repo: RepoId, number: i64, pull: &Pull) -> Result<()> {
    let sql = "insert into pulls
                 (repo, number, base_branch, base_sha, head_repo, head_branch, head_sha, fork, draft)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    sqlx::query(sql)
        .bind(repo.to_string())
        .bind(number)
        .bind(pull.base_branch.as_str())
        .bind(pull.base_sha.as_str())
        .bind(pull.head_repo.to_string())
        .bind(pull.head_branch.as_str())
        .bind(pull.head_sha.as_str())
        .bind(i16::from(pull.fork))
        .bind(i16::from(pull.draft))
        .execute(&mut **tx)
        .await
        .map(drop)
        .map_err(db::failed)
}

/// Writes base and head as they are now.
pub async fn update(tx: &mut Tx, repo: RepoId, number: i64, pull: &Pull) -> Result<()> {
    let sql = "update pulls
               set base_branch = $3, base_sha = $4, head_sha = $5, draft = $6
               where repo = $1 and number = $2";
    let query = sqlx::query(sql)
        .bind(repo.to_string())
        .bind(number)
        .bind(pull.base_branch.as_str())
        .bind(pull.base_sha.as_str())
        .bind(pull.head_sha.as_str())
        .bind(i16::from(pull.draft));
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// Notes where the base branch of open pull requests is now.
pub async fn base_moved(tx: &mut Tx, repo: RepoId, base: &BranchName, sha: &CommitId) -> Result<()> {
    let sql = "update pulls
               set base_sha = $3
               where repo = $1 and base_branch = $2
                 and number in (select number from issues where repo = $1 and is_pull = 1 and state = 'open')";
    let query = sqlx::query(sql).bind(repo.to_string()).bind(base.as_str()).bind(sha.as_str());
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// Marks a pull request as merged, unless it is already. False when somebody else was first.
pub async fn merged(
    tx: &mut Tx,
    place: (RepoId, i64),
    sha: &CommitId,
    by: (AccountId, &OwnerName),
    now: Timestamp,
) -> Result<bool> {
    let sql = "update pulls
               set merged = $3, merged_by = $4, merged_by_name = $5, merge_sha = $6
               where repo = $1 and number = $2 and merged is null";
    let query = sqlx::query(sql)
        .bind(place.0.to_string())
        .bind(place.1)
        .bind(now.0)
        .bind(by.0.to_string())
        .bind(by.1.as_str())
        .bind(sha.as_str());
    Ok(query.execute(&mut **tx).await.map_err(db::failed)?.rows_affected() == 1)
}

/// Open pull requests of a repository whose changes come from this branch.
pub async fn open_by_head(
    connection: &mut Connection,
    repo: RepoId,
    head_repo: RepoId,
    head: &BranchName,
) -> Result<Vec<Issue>> {
    let values = [&*head_repo.to_string(), head.as_str()];
    issues::open_pulls(connection, repo, "p.head_repo = $2 and p.head_branch = $3", &values).await
}

/// Open pull requests of a repository whose head is this commit.
pub async fn open_by_sha(connection: &mut Connection, repo: RepoId, sha: &CommitId) -> Result<Vec<Issue>> {
    issues::open_pulls(connection, repo, "p.head_sha = $2", &[sha.as_str()]).await
}

/// Open pull requests of a repository into this branch.
pub async fn open_by_base(connection: &mut Connection, repo: RepoId, base: &BranchName) -> Result<Vec<Issue>> {
    issues::open_pulls(connection, repo, "p.base_branch = $2", &[base.as_str()]).await
}

/// Repositories with open pull requests from these branches of this repository.
pub async fn bases_of_heads(
    connection: &mut Connection,
    head_repo: RepoId,
    heads: &[&BranchName],
) -> Result<Vec<RepoId>> {
    if heads.is_empty() {
        return Ok(Vec::new());
    }
    let list = super::placeholders(2, heads.len());
    let sql = format!(
        "select distinct p.repo as repo
         from pulls p join issues i on i.repo = p.repo and i.number = p.number
         where p.head_repo = $1 and p.head_branch in ({list}) and i.state = 'open'"
    );
    let mut query = sqlx::query(AssertSqlSafe(sql)).bind(head_repo.to_string());
    for head in heads {
        query = query.bind(head.as_str().to_owned());
    }
    let rows = query.fetch_all(connection).await.map_err(db::failed)?;
    rows.iter().map(|row| row.parsed("repo")).collect()
}
