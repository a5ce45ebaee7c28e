//! The tables `members` and `team_members`.

use crate::db::Connection;
use crate::db::Row as _;
use crate::db::failed;
use crate::identity::account::Account;
use crate::identity::organisation::Member;
use crate::identity::organisation::MemberRole;
use crate::identity::organisation::Team;
use crate::identity::store::accounts;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::AccountId;

pub async fn put_member(
    connection: &mut Connection,
    organisation: AccountId,
    person: AccountId,
    role: MemberRole,
    now: Timestamp,
) -> Result<()> {
    sqlx::query(
        "insert into members (organisation, person, role, since)
         values ($1, $2, $3, $4)
         on conflict (organisation, person) do update set role = excluded.role",
    )
    .bind(organisation.to_string())
    .bind(person.to_string())
    .bind(role.as_str())
    .bind(now.0)
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}

pub async fn remove_member(connection: &mut Connection, organisation: AccountId, person: AccountId) -> Result<()> {
    sqlx::query("delete from team_members where organisation = $1 and person = $2")
        .bind(organisation.to_string())
        .bind(person.to_string())
        .execute(&mut *connection)
        .await
        .map_err(failed)?;
    sqlx::query("delete from members where organisation = $1 and person = $2")
        .bind(organisation.to_string())
        .bind(person.to_string())
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

pub async fn members(connection: &mut Connection, organisation: AccountId) -> Result<Vec<Member>> {
    let rows = sqlx::query(concat!(
        "select ",
        accounts::columns!(),
        ", m.role from members m join accounts a on a.id = m.person
         where m.organisation = $1 order by a.login_key"
    ))
    .bind(organisation.to_string())
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    rows.iter().map(|row| Ok(Member { account: accounts::read(row)?, role: row.parsed("role")? })).collect()
}

pub async fn membership(
    connection: &mut Connection,
    organisation: AccountId,
    person: AccountId,
) -> Result<Option<MemberRole>> {
    let row = sqlx::query("select role from members where organisation = $1 and person = $2")
        .bind(organisation.to_string())
        .bind(person.to_string())
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    row.map(|row| row.parsed("role")).transpose()
}

pub async fn other_owners(connection: &mut Connection, organisation: AccountId, besides: AccountId) -> Result<i64> {
    sqlx::query("select count(*) as total from members where organisation = $1 and role = 'owner' and person <> $2")
        .bind(organisation.to_string())
        .bind(besides.to_string())
        .fetch_one(connection)
        .await
        .map_err(failed)?
        .number("total")
}

pub async fn of_person(connection: &mut Connection, person: AccountId) -> Result<Vec<(Account, MemberRole)>> {
    let rows = sqlx::query(concat!(
        "select ",
        accounts::columns!(),
        ", m.role from members m join accounts a on a.id = m.organisation
         where m.person = $1 order by a.login_key"
    ))
    .bind(person.to_string())
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    rows.iter().map(|row| Ok((accounts::read(row)?, row.parsed("role")?))).collect()
}

pub async fn put_into_team(
    connection: &mut Connection,
    organisation: AccountId,
    team: &str,
    person: AccountId,
) -> Result<()> {
    sqlx::query(
        "insert into team_members (organisation, team, person)
         values ($1, $2, $3)
         on conflict do nothing",
    )
    .bind(organisation.to_string())
    .bind(team)
    .bind(person.to_string())
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(())
}

pub async fn remove_from_team(
    connection: &mut Connection,
    organisation: AccountId,
    team: &str,
    person: AccountId,
) -> Result<()> {
    sqlx::query("delete from team_members where organisation = $1 and team = $2 and person = $3")
        .bind(organisation.to_string())
        .bind(team)
        .bind(person.to_string())
        .execute(connection)
        .await
        .map_err(failed)?;
    Ok(())
}

pub async fn teams_of(connection: &mut Connection, person: AccountId) -> Result<Vec<Team>> {
    let rows = sqlx::query(
        "select a.login, t.team
         from team_members t join accounts a on a.id = t.organisation
         where t.person = $1
         order by a.login_key, t.team",
    )
    .bind(person.to_string())
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    rows.iter().map(|row| Ok(Team { organisation: row.parsed("login")?, name: row.text("team")? })).collect()
}

pub async fn teams_in(connection: &mut Connection, organisation: AccountId, person: AccountId) -> Result<Vec<String>> {
    let rows = sqlx::query("select team from team_members where organisation = $1 and person = $2 order by team")
        .bind(organisation.to_string())
        .bind(person.to_string())
        .fetch_all(connection)
        .await
        .map_err(failed)?;
    rows.iter().map(|row| row.text("team")).collect()
}

pub async fn all_teams(connection: &mut Connection, organisation: AccountId) -> Result<Vec<(AccountId, String)>> {
    let rows = sqlx::query("select person, team from team_members where organisation = $1 order by team, person")
        .bind(organisation.to_string())
        .fetch_all(connection)
        .await
        .map_err(failed)?;
    rows.iter().map(|row| Ok((row.parsed("person")?, row.text("team")?))).collect()
}
