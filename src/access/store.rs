//! The tables `collaborators`, `team_repositories` and `answered_requests`.

use crate::access::roles::Collaborator;
use crate::db::Connection;
use crate::db::Row as _;
use crate::db::failed;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::digest::Digest;
use crate::model::AccountId;
use crate::model::RepoId;
use crate::model::Role;

pub(super) async fn role(connection: &mut Connection, repo: RepoId, account: AccountId) -> Result<Option<Role>> {
    let row = sqlx::query("select role from collaborators where repo = $1 and account = $2")
        .bind(repo.to_string())
        .bind(account.to_string())
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    row.map(|row| row.parsed("role")).transpose()
}

pub(super) async fn put(
    connection: &mut Connection,
    repo: RepoId,
    account: AccountId,
    role: Role,
    now: Timestamp,
) -> Result<()> {
    sqlx::query(
        "insert into collaborators (repo, account, role, since)
         values ($1, $2, $3, $4)
         on conflict (repo, account) do update set role = excluded.role",
    )
    .bind(repo.to_string())
    .bind(account.to_string())
    .bind(role.as_str())
    .bind(now.0)
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}

pub(super) async fn remove(connection: &mut Connection, repo: RepoId, account: AccountId) -> Result<()> {
    sqlx::query("delete from collaborators where repo = $1 and account = $2")
        .bind(repo.to_string())
        .bind(account.to_string())
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

pub(super) async fn remove_all(connection: &mut Connection, repo: RepoId) -> Result<()> {
    for sql in ["delete from collaborators where repo = $1", "delete from team_repositories where repo = $1"] {
        sqlx::query(sql).bind(repo.to_string()).execute(&mut *connection).await.map_err(failed)?;
    }
    Ok(())
}

pub(super) async fn remove_account(connection: &mut Connection, account: AccountId) -> Result<()> {
    sqlx::query("delete from collaborators where account = $1")
        .bind(account.to_string())
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

pub(super) async fn let_in(connection: &mut Connection, team: i64, repo: RepoId, now: Timestamp) -> Result<()> {
    sqlx::query("insert into team_repositories (team, repo, since) values ($1, $2, $3) on conflict do nothing")
        .bind(team)
        .bind(repo.to_string())
        .bind(now.0)
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

pub(super) async fn let_out(connection: &mut Connection, team: i64, repo: RepoId) -> Result<()> {
    sqlx::query("delete from team_repositories where team = $1 and repo = $2")
        .bind(team)
        .bind(repo.to_string())
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

pub(super) async fn remove_team(connection: &mut Connection, team: i64) -> Result<()> {
    sqlx::query("delete from team_repositories where team = $1")
        .bind(team)
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

pub(super) async fn teams_of(connection: &mut Connection, repo: RepoId) -> Result<Vec<i64>> {
    let rows = sqlx::query("select team from team_repositories where repo = $1 order by team")
        .bind(repo.to_string())
        .fetch_all(connection)
        .await
        .map_err(failed)?;
    rows.iter().map(|row| row.number("team")).collect()
}

/// Repositories that any of these teams is let into.
pub(super) async fn repositories_of(connection: &mut Connection, teams: &[i64]) -> Result<Vec<RepoId>> {
    let mut repos = Vec::new();
    for team in teams {
        let rows = sqlx::query("select repo from team_repositories where team = $1 order by since, repo")
            .bind(*team)
            .fetch_all(&mut *connection)
            .await
            .map_err(failed)?;
        for row in &rows {
            repos.push(row.parsed("repo")?);
        }
    }
    Ok(repos)
}

pub(super) async fn of_repo(connection: &mut Connection, repo: RepoId) -> Result<Vec<Collaborator>> {
    let rows = sqlx::query("select account, role from collaborators where repo = $1 order by since, account")
        .bind(repo.to_string())
        .fetch_all(connection)
        .await
        .map_err(failed)?;
    rows.iter().map(|row| Ok(Collaborator { account: row.parsed("account")?, role: row.parsed("role")? })).collect()
}

pub(super) async fn of_account(connection: &mut Connection, account: AccountId) -> Result<Vec<RepoId>> {
    let rows = sqlx::query("select repo from collaborators where account = $1")
        .bind(account.to_string())
        .fetch_all(connection)
        .await
        .map_err(failed)?;
    rows.iter().map(|row| row.parsed("repo")).collect()
}

/// A request whose key was taken.
pub(super) struct Answered {
    pub(super) request: Digest,
    pub(super) answer: Option<(u16, String)>,
    pub(super) since: Timestamp,
}

/// Whether the key was free.
pub(super) async fn insert_key(
    connection: &mut Connection,
    (account, key): (AccountId, &str),
    request: &Digest,
    now: Timestamp,
) -> Result<bool> {
    let done = sqlx::query(
        "insert into answered_requests (account, key, request, since)
         values ($1, $2, $3, $4)
         on conflict (account, key) do nothing",
    )
    .bind(account.to_string())
    .bind(key)
    .bind(request.to_string())
    .bind(now.0)
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(done.rows_affected() == 1)
}

pub(super) async fn answered(connection: &mut Connection, (account, key): (AccountId, &str)) -> Result<Answered> {
    let row =
        sqlx::query("select request, status, answer, since from answered_requests where account = $1 and key = $2")
            .bind(account.to_string())
            .bind(key)
            .fetch_one(connection)
            .await
            .map_err(failed)?;
    let status = row.number_or_none("status")?.and_then(|status| u16::try_from(status).ok());
    let answer = status.zip(row.text_or_none("answer")?);
    Ok(Answered { request: row.parsed("request")?, answer, since: row.time("since")? })
}

pub(super) async fn renew_key(
    connection: &mut Connection,
    (account, key): (AccountId, &str),
    now: Timestamp,
) -> Result<()> {
    sqlx::query("update answered_requests set since = $3 where account = $1 and key = $2")
        .bind(account.to_string())
        .bind(key)
        .bind(now.0)
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

pub(super) async fn put_answer(
    connection: &mut Connection,
    (account, key): (AccountId, &str),
    status: u16,
    answer: &str,
) -> Result<()> {
    sqlx::query("update answered_requests set status = $3, answer = $4 where account = $1 and key = $2")
        .bind(account.to_string())
        .bind(key)
        .bind(i64::from(status))
        .bind(answer)
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

pub(super) async fn delete_key(connection: &mut Connection, (account, key): (AccountId, &str)) -> Result<()> {
    sqlx::query("delete from answered_requests where account = $1 and key = $2 and status is null")
        .bind(account.to_string())
        .bind(key)
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}
