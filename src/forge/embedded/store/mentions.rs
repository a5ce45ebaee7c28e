//! Rows of `mentions` and `people_mentioned`.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::access::Readable;
use crate::db;
use crate::db::Connection;
use crate::db::Row as _;
use crate::db::Tx;
use crate::forge::embedded::issue::Author;
use crate::forge::embedded::mention::Mention;
use crate::forge::embedded::mention::Source;
use crate::forge::embedded::store::repositories;
use crate::identity::Account;
use crate::kit::Result;
use crate::model::RepoId;
use crate::model::RepoRef;

/// The most that one conversation shows.
const MOST: i64 = 200;

/// Notes a mention, unless it is known or nothing has this number.
pub async fn insert(tx: &mut Tx, target: (RepoId, i64), mention: &Mention) -> Result<()> {
    let sql = "insert into mentions
                 (repo, number, source_repo, source_number, source_sha, title, author, author_name, created)
               select i.repo, i.number, $3, $4, $5, $6, $7, $8, $9
               from issues i
               where i.repo = $1 and i.number = $2
               on conflict do nothing";
    let (number, sha, title) = match &mention.source {
        Source::Issue { number, .. } => (*number, "", ""),
        Source::Commit { sha, title } => (0, sha.as_str(), title.as_str()),
    };
    let query = sqlx::query(sql)
        .bind(target.0.to_string())
        .bind(target.1)
        .bind(mention.repo.id.to_string())
        .bind(number)
        .bind(sha)
        .bind(title)
        .bind(mention.author.account.to_string())
        .bind(mention.author.login.as_str())
        .bind(mention.at.0);
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// Notes that somebody is mentioned on an issue or pull request.
pub async fn insert_person(tx: &mut Tx, target: (RepoId, i64), person: &Account) -> Result<()> {
    let sql = "insert into people_mentioned (repo, number, account, login)
               values ($1, $2, $3, $4)
               on conflict do nothing";
    let query = sqlx::query(sql)
        .bind(target.0.to_string())
        .bind(target.1)
        .bind(person.id.to_string())
        .bind(person.login.as_str().to_lowercase());
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// Where an issue or pull request is mentioned, as far as somebody may read, oldest first.
pub async fn list(connection: &mut Connection, target: (RepoId, i64), readable: &Readable) -> Result<Vec<Mention>> {
    let (sight, values) = repositories::sight(readable, false);
    let (repo, number, most) = (values.len() + 1, values.len() + 2, values.len() + 3);
    let sql = format!(
        "select m.source_repo, r.owner_name, r.name, m.source_number, m.source_sha, m.author, m.author_name, m.created,
                coalesce(i.title, m.title) as title, coalesce(i.is_pull, 0) as is_pull
         from mentions m
         join repositories r on r.id = m.source_repo
         left join issues i on i.repo = m.source_repo and i.number = m.source_number
         where m.repo = ${repo} and m.number = ${number}
           and (m.source_repo = m.repo or m.source_repo in (select id from repositories where {sight}))
         order by m.created, m.source_number
         limit ${most}"
    );
    let mut query = sqlx::query(AssertSqlSafe(sql));
    for value in values {
        query = query.bind(value);
    }
    let query = query.bind(target.0.to_string()).bind(target.1).bind(MOST);
    query.fetch_all(connection).await.map_err(db::failed)?.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<Mention> {
    let (number, title) = (row.number("source_number")?, row.text("title")?);
    let source = match number {
        0 => Source::Commit { sha: row.parsed("source_sha")?, title },
        _ => Source::Issue { number, pull: row.flag("is_pull")?, title },
    };
    Ok(Mention {
        repo: RepoRef { id: row.parsed("source_repo")?, owner: row.parsed("owner_name")?, name: row.parsed("name")? },
        source,
        author: Author { account: row.parsed("author")?, login: row.parsed("author_name")?, behalf: None },
        at: row.time("created")?,
    })
}
