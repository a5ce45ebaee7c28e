//! The table `executions`.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::db::Connection;
use crate::db::Row as _;
use crate::db::broken_constraint;
use crate::db::failed;
use crate::events::execution::Decision;
use crate::events::execution::Execution;
use crate::events::execution::Filter;
use crate::events::execution::NewExecution;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::error::Context as _;
use crate::kit::page::Page;
use crate::kit::page::Paging;
use crate::model::ExecutionId;
use crate::model::RepoId;
use crate::model::RunId;

macro_rules! columns {
    () => {
        "id, event, repo, rule, decision, reason, stack, run, number, config, dedupe_key, concurrency_key, firing, at"
    };
}

fn read(row: &AnyRow) -> Result<Execution> {
    let firing = row.text_or_none("firing")?;
    let firing = firing.map(|text| serde_json::from_str(&text)).transpose();
    Ok(Execution {
        id: row.parsed("id")?,
        at: row.time("at")?,
        what: NewExecution {
            event: row.parsed("event")?,
            repo: row.parsed("repo")?,
            rule: row.text("rule")?,
            decision: row.parsed("decision")?,
            reason: row.text("reason")?,
            stack: row.text_or_none("stack")?,
            run: row.parsed_or_none("run")?,
            number: row.number_or_none("number")?,
            config: row.parsed_or_none("config")?,
            dedupe_key: row.text_or_none("dedupe_key")?,
            concurrency_key: row.text_or_none("concurrency_key")?,
            firing: firing.context("A firing does not hold what was written")?,
        },
    })
}

fn read_all(rows: &[AnyRow]) -> Result<Vec<Execution>> {
    rows.iter().map(read).collect()
}

pub async fn insert(connection: &mut Connection, execution: &Execution) -> Result<()> {
    let NewExecution {
        event,
        repo,
        rule,
        decision,
        reason,
        stack,
        run,
        number,
        config,
        dedupe_key,
        concurrency_key,
        firing,
    } = &execution.what;
    sqlx::query(concat!(
        "insert into executions (",
        columns!(),
        ") values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)"
    ))
    .bind(execution.id.to_string())
    .bind(event.to_string())
    .bind(repo.to_string())
    .bind(rule.as_str())
    .bind(decision.as_str())
    .bind(reason.as_str())
    .bind(stack.as_deref())
    .bind(run.map(|run| run.to_string()))
    .bind(*number)
    .bind(config.as_ref().map(|commit| commit.as_str().to_owned()))
    .bind(dedupe_key.as_deref())
    .bind(concurrency_key.as_deref())
    .bind(firing.as_ref().map(ToString::to_string))
    .bind(execution.at.0)
    .execute(connection)
    .await
    .map_err(|error| match broken_constraint(&error) {
        Some(name) if name.contains("once") || name.contains("executions.event") => {
            Error::conflict(format!("The rule `{rule}` decided about this event before"))
        }
        _ => failed(error),
    })?;
    Ok(())
}

pub async fn by_id(connection: &mut Connection, id: ExecutionId) -> Result<Option<Execution>> {
    let row = sqlx::query(concat!("select ", columns!(), " from executions where id = $1"))
        .bind(id.to_string())
        .fetch_optional(connection)
        .await
        .map_err(failed)?;
    row.as_ref().map(read).transpose()
}

pub async fn list(connection: &mut Connection, filter: &Filter, paging: Paging) -> Result<Page<Execution>> {
    let mut conditions = vec!["1 = 1".to_owned()];
    let mut values = Vec::new();
    let wanted = [
        ("repo", filter.repo.map(|repo| repo.to_string())),
        ("rule", filter.rule.clone()),
        ("decision", filter.decision.map(|decision| decision.as_str().to_owned())),
        ("event", filter.event.map(|event| event.to_string())),
    ];
    for (column, value) in wanted {
        let Some(value) = value else { continue };
        values.push(value);
        conditions.push(format!("{column} = ${}", values.len()));
    }
    let conditions = conditions.join(" and ");

    let text = format!("select count(*) as total from executions where {conditions}");
    let mut count = sqlx::query(AssertSqlSafe(text));
    for value in &values {
        count = count.bind(value.as_str());
    }
    let total = count.fetch_one(&mut *connection).await.map_err(failed)?.number("total")?;

    let (limit, offset) = (values.len() + 1, values.len() + 2);
    let text = format!(
        concat!("select ", columns!(), " from executions where {} order by at desc, id desc limit ${} offset ${}"),
        conditions, limit, offset
    );
    let mut select = sqlx::query(AssertSqlSafe(text));
    for value in &values {
        select = select.bind(value.as_str());
    }
    let rows = select.bind(paging.take()).bind(paging.offset()).fetch_all(connection).await.map_err(failed)?;
    Ok(Page { items: read_all(&rows)?, total: total.unsigned_abs(), paging })
}

/// Without counting them all.
pub async fn newest_of_repo(connection: &mut Connection, repo: RepoId, most: i64) -> Result<Vec<Execution>> {
    let rows = sqlx::query(concat!(
        "select ",
        columns!(),
        " from executions where repo = $1 order by at desc, id desc limit $2"
    ))
    .bind(repo.to_string())
    .bind(most)
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    read_all(&rows)
}

pub async fn for_number(connection: &mut Connection, repo: RepoId, number: i64, most: i64) -> Result<Vec<Execution>> {
    let rows = sqlx::query(concat!(
        "select ",
        columns!(),
        " from executions where repo = $1 and number = $2 order by at desc, id desc limit $3"
    ))
    .bind(repo.to_string())
    .bind(number)
    .bind(most)
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    read_all(&rows)
}

pub async fn of_run(connection: &mut Connection, run: RunId) -> Result<Vec<Execution>> {
    let rows = sqlx::query(concat!("select ", columns!(), " from executions where run = $1 order by at, id limit 200"))
        .bind(run.to_string())
        .fetch_all(connection)
        .await
        .map_err(failed)?;
    read_all(&rows)
}

pub async fn by_dedupe_key(
    connection: &mut Connection,
    repo: RepoId,
    rule: &str,
    key: &str,
    since: Timestamp,
) -> Result<Option<Execution>> {
    let row = sqlx::query(concat!(
        "select ",
        columns!(),
        " from executions
         where repo = $1 and rule = $2 and dedupe_key = $3 and at >= $4
           and decision = 'dispatched'
         order by at desc, id desc limit 1"
    ))
    .bind(repo.to_string())
    .bind(rule)
    .bind(key)
    .bind(since.0)
    .fetch_optional(connection)
    .await
    .map_err(failed)?;
    row.as_ref().map(read).transpose()
}

pub async fn runs_with_key(connection: &mut Connection, repo: RepoId, rule: &str, key: &str) -> Result<Vec<RunId>> {
    let rows = sqlx::query(
        "select run from executions
         where repo = $1 and rule = $2 and concurrency_key = $3 and decision = 'dispatched' and run is not null
         order by at desc, id desc limit 200",
    )
    .bind(repo.to_string())
    .bind(rule)
    .bind(key)
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    rows.iter().map(|row| row.parsed("run")).collect()
}

pub async fn waiting(connection: &mut Connection, limit: u32) -> Result<Vec<Execution>> {
    let rows = sqlx::query(concat!(
        "select ",
        columns!(),
        " from executions where decision = 'queued' order by at, id limit $1"
    ))
    .bind(i64::from(limit))
    .fetch_all(connection)
    .await
    .map_err(failed)?;
    read_all(&rows)
}

pub async fn count_waiting(connection: &mut Connection) -> Result<i64> {
    let sql = "select count(*) as total from executions where decision = 'queued'";
    sqlx::query(sql).fetch_one(connection).await.map_err(failed)?.number("total")
}

pub async fn resolve(
    connection: &mut Connection,
    id: ExecutionId,
    decision: Decision,
    run: Option<RunId>,
    reason: &str,
) -> Result<bool> {
    let done = sqlx::query(
        "update executions set decision = $1, run = $2, reason = $3
         where id = $4 and decision = 'queued'",
    )
    .bind(decision.as_str())
    .bind(run.map(|run| run.to_string()))
    .bind(reason)
    .bind(id.to_string())
    .execute(connection)
    .await
    .map_err(failed)?;
    Ok(done.rows_affected() == 1)
}
