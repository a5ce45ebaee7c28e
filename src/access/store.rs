//! The table `collaborators`.

use crate::access::roles::Collaborator;
use crate::db::Connection;
use crate::db::Row as _;
use crate::db::failed;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
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
    sqlx::query("delete from collaborators where repo = $1")
        .bind(repo.to_string())
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
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
