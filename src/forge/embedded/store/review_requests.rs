//! Rows of `review_requests`.

use sqlx::any::AnyRow;

use crate::db;
use crate::db::Connection;
use crate::db::Row as _;
use crate::db::Tx;
use crate::forge::embedded::reviewers::Asked;
use crate::forge::embedded::reviewers::Reviewer;
use crate::kit::Result;
use crate::model::AccountId;
use crate::model::RepoId;

pub async fn of_pull(connection: &mut Connection, at: (RepoId, i64)) -> Result<Vec<Reviewer>> {
    let sql = "select reviewer, kind, name, by_owners, created
               from review_requests
               where repo = $1 and number = $2
               order by created, name";
    let rows = sqlx::query(sql).bind(at.0.to_string()).bind(at.1).fetch_all(connection).await.map_err(db::failed)?;
    rows.iter().map(read).collect()
}

pub async fn insert(tx: &mut Tx, at: (RepoId, i64), reviewer: &Reviewer) -> Result<()> {
    let sql = "insert into review_requests (repo, number, reviewer, kind, name, by_owners, created)
               values ($1, $2, $3, $4, $5, $6, $7)
               on conflict do nothing";
    let (key, kind) = key(reviewer.who);
    let query = sqlx::query(sql)
        .bind(at.0.to_string())
        .bind(at.1)
        .bind(key)
        .bind(kind)
        .bind(reviewer.name.as_str())
        .bind(i16::from(reviewer.by_owners))
        .bind(reviewer.created.0);
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

pub async fn delete(tx: &mut Tx, at: (RepoId, i64), who: Asked) -> Result<()> {
    let sql = "delete from review_requests where repo = $1 and number = $2 and reviewer = $3";
    let query = sqlx::query(sql).bind(at.0.to_string()).bind(at.1).bind(key(who).0);
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// People who are asked for a review by themselves.
pub async fn people(connection: &mut Connection, at: (RepoId, i64)) -> Result<Vec<AccountId>> {
    let all = of_pull(connection, at).await?;
    let person = |one: &Reviewer| match one.who {
        Asked::Person(id) => Some(id),
        Asked::Team(_) => None,
    };
    Ok(all.iter().filter_map(person).collect())
}

fn key(who: Asked) -> (String, &'static str) {
    match who {
        Asked::Person(id) => (id.to_string(), "person"),
        Asked::Team(number) => (number.to_string(), "team"),
    }
}

fn read(row: &AnyRow) -> Result<Reviewer> {
    let who = match row.text("kind")?.as_str() {
        "team" => Asked::Team(row.parsed("reviewer")?),
        _ => Asked::Person(row.parsed("reviewer")?),
    };
    Ok(Reviewer { who, name: row.text("name")?, by_owners: row.flag("by_owners")?, created: row.time("created")? })
}
