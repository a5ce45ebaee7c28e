//! Rows of `line_comments`, and the dismissal of a row of `reviews`.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::db;
use crate::db::Connection;
use crate::db::Row as _;
use crate::db::Tx;
use crate::forge::embedded::entry::Dismissal;
use crate::forge::embedded::issue::Author;
use crate::forge::embedded::line_comment::LineComment;
use crate::kit::Result;
use crate::model::RepoId;

const COLUMNS: &str = "id, number, review, path, side, line, sha, hunk, body, author, author_name, created, edited";

pub async fn insert_line(tx: &mut Tx, repo: RepoId, comment: &LineComment) -> Result<()> {
    let sql = "insert into line_comments
                 (repo, id, number, review, path, side, line, sha, hunk, body, author, author_name, created)
               values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    let query = sqlx::query(sql)
        .bind(repo.to_string())
        .bind(comment.id)
        .bind(comment.number)
        .bind(comment.review)
        .bind(comment.path.as_str())
        .bind(comment.side.as_str())
        .bind(comment.line)
        .bind(comment.sha.as_str())
        .bind(comment.hunk.as_str())
        .bind(comment.body.as_str())
        .bind(comment.author.account.to_string())
        .bind(comment.author.login.as_str())
        .bind(comment.created.0);
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

/// What a review says about lines, oldest first.
pub async fn lines_of_review(connection: &mut Connection, repo: RepoId, review: i64) -> Result<Vec<LineComment>> {
    let sql = format!("select {COLUMNS} from line_comments where repo = $1 and review = $2 order by id");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(repo.to_string()).bind(review);
    let rows = query.fetch_all(connection).await.map_err(db::failed)?;
    rows.iter().map(read).collect()
}

/// What all reviews of a pull request say about lines, by file, oldest first.
pub async fn lines_of_pull(connection: &mut Connection, repo: RepoId, number: i64) -> Result<Vec<LineComment>> {
    let sql =
        format!("select {COLUMNS} from line_comments where repo = $1 and number = $2 order by path, id limit 2000");
    let query = sqlx::query(AssertSqlSafe(sql)).bind(repo.to_string()).bind(number);
    let rows = query.fetch_all(connection).await.map_err(db::failed)?;
    rows.iter().map(read).collect()
}

/// Takes a judgement off the table, or puts it back.
pub async fn dismiss(tx: &mut Tx, repo: RepoId, id: i64, dismissal: Option<&Dismissal>) -> Result<()> {
    let sql = "update reviews
               set dismissed = $3, dismissed_by = $4, dismissed_by_name = $5, dismissal = $6
               where repo = $1 and id = $2";
    let query = sqlx::query(sql)
        .bind(repo.to_string())
        .bind(id)
        .bind(dismissal.map(|dismissal| dismissal.at.0))
        .bind(dismissal.map(|dismissal| dismissal.by.account.to_string()))
        .bind(dismissal.map(|dismissal| dismissal.by.login.to_string()))
        .bind(dismissal.map(|dismissal| dismissal.message.clone()));
    query.execute(&mut **tx).await.map(drop).map_err(db::failed)
}

fn read(row: &AnyRow) -> Result<LineComment> {
    Ok(LineComment {
        id: row.number("id")?,
        number: row.number("number")?,
        review: row.number("review")?,
        path: row.text("path")?,
        side: row.parsed("side")?,
        line: row.number("line")?,
        sha: row.parsed("sha")?,
        hunk: row.text("hunk")?,
        body: row.text("body")?,
        author: Author { account: row.parsed("author")?, login: row.parsed("author_name")?, behalf: None },
        created: row.time("created")?,
        edited: row.time_or_none("edited")?,
    })
}
