//! What models cost an owner of repositories, by stack, repository or model.

use std::sync::Arc;

use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::api::agents::answer::answer;
use crate::api::signed_in::SignedIn;
use crate::engine::Engine;
use crate::kit::Error;
use crate::kit::clock::Timestamp;
use crate::models::By;
use crate::models::MOST_DAYS;
use crate::models::Sums;

/// What is asked for.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    by: Option<String>,
    days: Option<i64>,
}

/// Days that are told when nobody names a number.
const DAYS: i64 = 30;

/// `GET orgs/{o}/usage?by=stack|repo|model&days=30`
pub(super) async fn usage(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path(owner): Path<String>,
    Query(asked): Query<Asked>,
) -> Response {
    let told = async {
        let account = engine.owner_with_usage(&cx, &owner).await?;
        let by: By = asked.by.as_deref().unwrap_or("stack").parse()?;
        let days = asked.days.unwrap_or(DAYS);
        if !(1..=MOST_DAYS).contains(&days) {
            return Err(Error::invalid(format!("Usage is told for 1 to {MOST_DAYS} days")).field("days"));
        }
        let usage = engine.usage(&cx, &account, by, days).await?;
        let groups = usage.groups.iter().map(|group| {
            let mut value = sums(&group.all);
            value["name"] = json!(group.name);
            let days = group.days.iter().zip(usage.from..).filter(|(day, _)| day.calls > 0);
            value["days"] = days.map(|(day, number)| of_day(day, number)).collect();
            value
        });
        Ok(json!({
            "by": by.as_str(),
            "from": date(usage.from),
            "to": date(usage.to),
            "total": sums(&usage.all),
            "groups": groups.collect::<Vec<_>>(),
        }))
    };
    answer(&cx, told.await)
}

fn of_day(day: &Sums, number: i64) -> Value {
    let mut value = sums(day);
    value["day"] = json!(date(number));
    value
}

fn sums(sums: &Sums) -> Value {
    let Sums { calls, tokens_in, tokens_cached, tokens_out, micro_usd, own_micro_usd, estimated } = sums;
    json!({
        "calls": calls,
        "tokens_in": tokens_in,
        "tokens_cached": tokens_cached,
        "tokens_out": tokens_out,
        "micro_usd": micro_usd,
        "own_key_micro_usd": own_micro_usd,
        "estimated_calls": estimated,
    })
}

/// `2026-11-27`.
fn date(day: i64) -> String {
    Timestamp::from_seconds(day * 86_400).rfc3339().chars().take(10).collect()
}
