//! Branches as they were last seen, pushes that are not reconciled, and protected branches.

use sqlx::AssertSqlSafe;

use crate::db;
use crate::db::Connection;
use crate::db::Row as _;
use crate::db::Tx;
use crate::forge::embedded::refs::PendingPush;
use crate::forge::embedded::refs::PushId;
use crate::forge::embedded::repository::Protection;
use crate::forge::embedded::store::placeholders;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::error::Context as _;
use crate::model::BranchName;
use crate::model::CommitId;
use crate::model::RepoId;

/// Branches of a repository as they were last seen, sorted.
pub async fn seen(connection: &mut Connection, repo: RepoId) -> Result<Vec<(BranchName, CommitId)>> {
    let sql = "select branch, sha from branches_seen where repo = $1 order by branch";
    let rows = sqlx::query(sql).bind(repo.to_string()).fetch_all(connection).await.map_err(db::failed)?;
    rows.iter().map(|row| Ok((row.parsed("branch")?, row.parsed("sha")?))).collect()
}

/// Branches that were last seen at this commit.
pub async fn at(connection: &mut Connection, repo: RepoId, sha: &CommitId) -> Result<Vec<BranchName>> {
    let sql = "select branch from branches_seen where repo = $1 and sha = $2 order by branch limit 100";
    let query = sqlx::query(sql).bind(repo.to_string()).bind(sha.as_str());
    query.fetch_all(connection).await.map_err(db::failed)?.iter().map(|row| row.parsed("branch")).collect()
}

/// Notes that a branch moved, unless somebody else noted something since: then false.
pub async fn moved(
    tx: &mut Tx,
    place: (RepoId, &BranchName),
    before: Option<&CommitId>,
    after: Option<&CommitId>,
) -> Result<bool> {
    let (repo, branch) = (place.0.to_string(), place.1.as_str());
    let query = match (before, after) {
        (None, Some(after)) => {
            let sql = "insert into branches_seen (repo, branch, sha) values ($1, $2, $3) on conflict do nothing";
            sqlx::query(sql).bind(repo).bind(branch).bind(after.as_str())
        }
        (Some(before), Some(after)) => {
            let sql = "update branches_seen set sha = $3 where repo = $1 and branch = $2 and sha = $4";
            sqlx::query(sql).bind(repo).bind(branch).bind(after.as_str()).bind(before.as_str())
        }
        (Some(before), None) => {
            let sql = "delete from branches_seen where repo = $1 and branch = $2 and sha = $3";
            sqlx::query(sql).bind(repo).bind(branch).bind(before.as_str())
        }
        (None, None) => return Ok(true),
    };
    Ok(query.execute(&mut **tx).await.map_err(db::failed)?.rows_affected() == 1)
}

pub async fn begin_push(tx: &mut Tx, repo: RepoId, push: &PendingPush) -> Result<()> {
    let actor = serde_json::to_string(&push.actor).context("Cannot write an actor as JSON")?;
    let sql = "insert into pushes (id, repo, branch, sha, merges, actor, created) values ($1, $2, $3, $4, $5, $6, $7)";
    let query = sqlx::query(sql)
        .bind(push.id.to_string())
        .bind(repo.to_string())
        .bind(push.claim.as_ref().map(|(branch, _)| branch.as_str()))
        .bind(push.claim.as_ref().map(|(_, sha)| sha.as_str()))
        .bind(push.merges)
        .bind(actor)
        .bind(push.begun.0);
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// Pushes of a repository that are not reconciled, oldest first.
pub async fn pending(connection: &mut Connection, repo: RepoId) -> Result<Vec<PendingPush>> {
    let sql = "select id, branch, sha, merges, actor, created from pushes where repo = $1 order by id limit 1000";
    let rows = sqlx::query(sql).bind(repo.to_string()).fetch_all(connection).await.map_err(db::failed)?;
    let read = |row: &sqlx::any::AnyRow| {
        let claim = row.parsed_or_none("branch")?.zip(row.parsed_or_none("sha")?);
        Ok(PendingPush {
            id: row.parsed("id")?,
            claim,
            merges: row.number_or_none("merges")?,
            actor: row.json("actor")?,
            begun: row.time("created")?,
        })
    };
    rows.iter().map(read).collect()
}

/// Repositories with pushes that are not reconciled and began before.
pub async fn dirty(connection: &mut Connection, before: Timestamp) -> Result<Vec<RepoId>> {
    let sql = "select distinct repo from pushes where created <= $1 limit 1000";
    let rows = sqlx::query(sql).bind(before.0).fetch_all(connection).await.map_err(db::failed)?;
    rows.iter().map(|row| row.parsed("repo")).collect()
}

pub async fn end_pushes(tx: &mut Tx, ids: &[PushId]) -> Result<()> {
    if ids.is_empty() {
        return Ok(());
    }
    let sql = format!("delete from pushes where id in ({})", placeholders(1, ids.len()));
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for id in ids {
        query = query.bind(id.to_string());
    }
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

pub async fn protect(tx: &mut Tx, repo: RepoId, protection: &Protection, now: Timestamp) -> Result<()> {
    let checks = serde_json::to_string(&protection.checks).context("Cannot write checks as JSON")?;
    let sql = "insert into branch_protections (repo, branch, approvals, checks, created, owners)
               values ($1, $2, $3, $4, $5, $6)
               on conflict (repo, branch) do update set approvals = $3, checks = $4, owners = $6";
    let query = sqlx::query(sql)
        .bind(repo.to_string())
        .bind(protection.branch.as_str())
        .bind(protection.approvals)
        .bind(checks)
        .bind(now.0)
        .bind(i16::from(protection.owners));
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

pub async fn unprotect(tx: &mut Tx, repo: RepoId, branch: &BranchName) -> Result<()> {
    let sql = "delete from branch_protections where repo = $1 and branch = $2";
    let query = sqlx::query(sql).bind(repo.to_string()).bind(branch.as_str());
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// Protected branches of a repository, by name.
pub async fn protections(connection: &mut Connection, repo: RepoId) -> Result<Vec<Protection>> {
    let sql =
        "select branch, approvals, checks, owners from branch_protections where repo = $1 order by branch limit 1000";
    let rows = sqlx::query(sql).bind(repo.to_string()).fetch_all(connection).await.map_err(db::failed)?;
    let read = |row: &sqlx::any::AnyRow| {
        Ok(Protection {
            branch: row.parsed("branch")?,
            approvals: row.number("approvals")?,
            checks: row.json("checks")?,
            owners: row.flag("owners")?,
        })
    };
    rows.iter().map(read).collect()
}
