//! The tables `teams` and `member_roles`; who is in a team stands in `team_members`.

use sqlx::any::AnyRow;

use crate::db::Connection;
use crate::db::Row as _;
use crate::db::failed;
use crate::identity::account::Account;
use crate::identity::store::accounts;
use crate::identity::team::TeamProfile;
use crate::identity::team::TeamRole;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::AccountId;
use crate::model::Role;

macro_rules! columns {
    () => {
        "organisation, name, number, description, role, everywhere, created"
    };
}

pub async fn of_organisation(connection: &mut Connection, organisation: AccountId) -> Result<Vec<TeamProfile>> {
    let sql = concat!("select ", columns!(), " from teams where organisation = $1 order by lower(name), name");
    let rows = sqlx::query(sql).bind(organisation.to_string()).fetch_all(connection).await.map_err(failed)?;
    rows.iter().map(read).collect()
}

pub async fn by_number(connection: &mut Connection, number: i64) -> Result<Option<TeamProfile>> {
    let sql = concat!("select ", columns!(), " from teams where number = $1");
    let row = sqlx::query(sql).bind(number).fetch_optional(connection).await.map_err(failed)?;
    row.as_ref().map(read).transpose()
}

pub async fn next_number(connection: &mut Connection) -> Result<i64> {
    let sql = "select coalesce(max(number), 0) + 1 as next from teams";
    sqlx::query(sql).fetch_one(connection).await.map_err(failed)?.number("next")
}

pub async fn insert(connection: &mut Connection, team: &TeamProfile) -> Result<()> {
    let sql = "insert into teams (organisation, name, number, description, role, everywhere, created)
               values ($1, $2, $3, $4, $5, $6, $7)";
    let query = sqlx::query(sql)
        .bind(team.organisation.to_string())
        .bind(team.name.as_str())
        .bind(team.number)
        .bind(team.description.as_str())
        .bind(team.role.map(Role::as_str))
        .bind(i16::from(team.everywhere))
        .bind(team.created.0);
    query.execute(connection).await.map(drop).map_err(failed)
}

/// Makes a team that is a name alone, unless there is one.
pub async fn ensure(connection: &mut Connection, organisation: AccountId, name: &str, now: Timestamp) -> Result<()> {
    let sql = "insert into teams (organisation, name, number, description, everywhere, created)
               select $1, $2, coalesce(max(number), 0) + 1, '', 0, $3 from teams where 1 = 1
               on conflict (organisation, name) do nothing";
    let query = sqlx::query(sql).bind(organisation.to_string()).bind(name).bind(now.0);
    query.execute(connection).await.map(drop).map_err(failed)
}

/// Writes a team that had another name, or the same.
pub async fn update(connection: &mut Connection, team: &TeamProfile, old: &str) -> Result<()> {
    let sql = "update teams set name = $2, description = $3, role = $4, everywhere = $5 where number = $1";
    let query = sqlx::query(sql)
        .bind(team.number)
        .bind(team.name.as_str())
        .bind(team.description.as_str())
        .bind(team.role.map(Role::as_str))
        .bind(i16::from(team.everywhere));
    query.execute(&mut *connection).await.map_err(failed)?;
    let sql = "update team_members set team = $3 where organisation = $1 and team = $2";
    let query = sqlx::query(sql).bind(team.organisation.to_string()).bind(old).bind(team.name.as_str());
    query.execute(connection).await.map(drop).map_err(failed)
}

pub async fn delete(connection: &mut Connection, team: &TeamProfile) -> Result<()> {
    for sql in [
        "delete from team_members where organisation = $1 and team = $2",
        "delete from teams where organisation = $1 and name = $2",
    ] {
        let query = sqlx::query(sql).bind(team.organisation.to_string()).bind(team.name.as_str());
        query.execute(&mut *connection).await.map_err(failed)?;
    }
    Ok(())
}

pub async fn members(connection: &mut Connection, team: &TeamProfile) -> Result<Vec<Account>> {
    let sql = concat!(
        "select ",
        accounts::columns!(),
        " from team_members m join accounts a on a.id = m.person
         where m.organisation = $1 and m.team = $2
         order by a.login_key"
    );
    let query = sqlx::query(sql).bind(team.organisation.to_string()).bind(team.name.as_str());
    query.fetch_all(connection).await.map_err(failed)?.iter().map(accounts::read).collect()
}

/// What all teams of somebody give them: of those that are names alone nothing.
pub async fn roles_of(connection: &mut Connection, person: AccountId) -> Result<Vec<TeamRole>> {
    let sql = "select t.organisation, t.number, t.role, t.everywhere
               from team_members m join teams t on t.organisation = m.organisation and t.name = m.team
               where m.person = $1 and t.role is not null";
    let rows = sqlx::query(sql).bind(person.to_string()).fetch_all(connection).await.map_err(failed)?;
    let read = |row: &AnyRow| {
        Ok(TeamRole {
            organisation: row.parsed("organisation")?,
            number: row.number("number")?,
            role: row.parsed("role")?,
            everywhere: row.flag("everywhere")?,
        })
    };
    rows.iter().map(read).collect()
}

pub async fn member_role(connection: &mut Connection, organisation: AccountId) -> Result<Option<Role>> {
    let sql = "select role from member_roles where organisation = $1";
    let row = sqlx::query(sql).bind(organisation.to_string()).fetch_optional(connection).await.map_err(failed)?;
    match row {
        Some(row) => row.parsed_or_none("role"),
        None => Ok(Some(Role::Write)),
    }
}

pub async fn set_member_role(connection: &mut Connection, organisation: AccountId, role: Option<Role>) -> Result<()> {
    let sql = "insert into member_roles (organisation, role)
               values ($1, $2)
               on conflict (organisation) do update set role = excluded.role";
    let query = sqlx::query(sql).bind(organisation.to_string()).bind(role.map(Role::as_str));
    query.execute(connection).await.map(drop).map_err(failed)
}

fn read(row: &AnyRow) -> Result<TeamProfile> {
    Ok(TeamProfile {
        number: row.number("number")?,
        organisation: row.parsed("organisation")?,
        name: row.text("name")?,
        description: row.text("description")?,
        role: row.parsed_or_none("role")?,
        everywhere: row.flag("everywhere")?,
        created: row.time("created")?,
    })
}
