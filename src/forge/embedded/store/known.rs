//! Which of the issues and pull requests that texts refer to exist: one query for all texts of a page.

use sqlx::AssertSqlSafe;

use crate::access::Readable;
use crate::db;
use crate::db::Connection;
use crate::db::Row as _;
use crate::forge::embedded::known::KnownIssue;
use crate::forge::embedded::store::placeholders;
use crate::forge::embedded::store::repositories;
use crate::kit::Result;
use crate::model::RepoId;
use crate::model::RepoRef;

/// Those of these that exist: numbers of one repository, and others by the address of theirs, as far as somebody may read.
pub async fn issues(
    connection: &mut Connection,
    here: (RepoId, &[i64]),
    elsewhere: &[(String, i64)],
    readable: &Readable,
) -> Result<Vec<KnownIssue>> {
    let (sight, mut texts) = repositories::sight(readable, false);
    let mut numbers: Vec<i64> = Vec::new();
    texts.push(here.0.to_string());
    let first_text = texts.len();
    texts.extend(elsewhere.iter().map(|(address, _)| address.clone()));
    let mut ways: Vec<String> = Vec::new();
    if !here.1.is_empty() {
        ways.push(format!("(r.id = ${first_text} and i.number in ({}))", placeholders(texts.len() + 1, here.1.len())));
        numbers.extend(here.1);
    }
    for (at, (_, number)) in elsewhere.iter().enumerate() {
        numbers.push(*number);
        let (address, number) = (first_text + 1 + at, texts.len() + numbers.len());
        ways.push(format!(
            "(r.address = ${address} and i.number = ${number} and r.id in (select id from repositories where {sight}))"
        ));
    }
    if ways.is_empty() {
        return Ok(Vec::new());
    }
    // Every value is named at least once, whichever ways there are.
    let sql = format!(
        "select r.id, r.owner_name, r.name, i.number, i.is_pull, i.title, i.state, p.merged
         from repositories r
         join issues i on i.repo = r.id
         left join pulls p on p.repo = i.repo and p.number = i.number
         where ({}) and ${first_text} <> ''",
        ways.join(" or ")
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for text in texts {
        query = query.bind(text);
    }
    for number in numbers {
        query = query.bind(number);
    }
    let rows = query.fetch_all(connection).await.map_err(db::failed)?;
    let read = |row: &sqlx::any::AnyRow| {
        Ok(KnownIssue {
            repo: RepoRef { id: row.parsed("id")?, owner: row.parsed("owner_name")?, name: row.parsed("name")? },
            number: row.number("number")?,
            pull: row.flag("is_pull")?,
            title: row.text("title")?,
            state: if row.time_or_none("merged")?.is_some() { "merged".into() } else { row.text("state")? },
        })
    };
    rows.iter().map(read).collect()
}
