//! Sums over the table `model_calls`.

use sqlx::AssertSqlSafe;
use sqlx::any::AnyRow;

use crate::db::Connection;
use crate::db::Row as _;
use crate::db::failed;
use crate::kit::Result;
use crate::model::OwnerName;
use crate::models::usage::By;
use crate::models::usage::Line;
use crate::models::usage::Sums;

pub async fn lines(connection: &mut Connection, owner: &OwnerName, by: By, from: i64) -> Result<Vec<Line>> {
    let column = match by {
        By::Stack => "stack",
        By::Repo => "repo_name",
        By::Model => "profile",
    };
    let sql = AssertSqlSafe(format!(
        "select repo, {column} as name, day,
                count(*) as calls,
                cast(sum(tokens_in) as bigint) as tokens_in,
                cast(sum(tokens_cached) as bigint) as tokens_cached,
                cast(sum(tokens_out) as bigint) as tokens_out,
                cast(sum(micro_usd) as bigint) as micro_usd,
                cast(sum(case when own_key = 1 then micro_usd else 0 end) as bigint) as own_micro_usd,
                cast(sum(estimated) as bigint) as estimated
         from model_calls
         where owner_name = $1 and day >= $2 and state = 'settled'
         group by repo, {column}, day
         order by day, {column}"
    ));
    let rows = sqlx::query(sql).bind(owner.as_str()).bind(from).fetch_all(connection).await.map_err(failed)?;
    rows.iter().map(read).collect()
}

fn read(row: &AnyRow) -> Result<Line> {
    let number = |column: &str| row.number(column).map(|number| u64::try_from(number).unwrap_or(0));
    Ok(Line {
        repo: row.parsed("repo")?,
        name: row.text("name")?,
        day: row.number("day")?,
        sums: Sums {
            calls: number("calls")?,
            tokens_in: number("tokens_in")?,
            tokens_cached: number("tokens_cached")?,
            tokens_out: number("tokens_out")?,
            micro_usd: number("micro_usd")?,
            own_micro_usd: number("own_micro_usd")?,
            estimated: number("estimated")?,
        },
    })
}
