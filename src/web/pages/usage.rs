//! What models cost an organisation: bars by day, and a table of stacks, repositories or models.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;
use serde::Deserialize;

use crate::engine::Engine;
use crate::identity::AccountKind;
use crate::kit::clock::Timestamp;
use crate::models::By;
use crate::models::Sums;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::page::show;
use crate::web::parts::meter;
use crate::web::parts::person::Who;
use crate::web::parts::size;
use crate::web::visitor::Visitor;

/// `/{owner}/-/usage`
#[derive(Template)]
#[template(path = "pages/usage.html")]
pub struct Page {
    /// What surrounds the page.
    pub frame: Frame,
    /// Whose.
    pub who: Who,
    /// Other ways to look: words, where they lead, whether it is this one.
    pub views: Vec<(&'static str, String, bool)>,
    /// Other numbers of days, the same way.
    pub spans: Vec<(String, String, bool)>,
    /// What a row is: `Stack`, `Repository` or `Model`.
    pub heading: &'static str,
    /// Everything together.
    pub all: Row,
    /// The rows of the table, the dearest first.
    pub rows: Vec<Row>,
    /// The days, the newest first.
    pub days: Vec<Bar>,
    /// The first day and the last.
    pub span: String,
}

/// One row of the table.
#[derive(Clone, Debug)]
pub struct Row {
    /// The name of the stack, the repository or the model.
    pub name: String,
    /// Where it leads; empty for nowhere.
    pub href: String,
    /// What it used.
    pub calls: String,
    /// Tokens that were read.
    pub read: String,
    /// Those of them from a cache.
    pub cached: String,
    /// Tokens that were written.
    pub written: String,
    /// Money, in words.
    pub cost: String,
    /// What else is to be known of it.
    pub note: String,
    /// Its part of the whole, in hundredths.
    pub share: u64,
}

/// One day.
#[derive(Clone, Debug)]
pub struct Bar {
    /// `2026-11-27`.
    pub day: String,
    /// Money or tokens, in words.
    pub told: String,
    /// Its height against the highest, in hundredths.
    pub share: u64,
}

/// What is looked at.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    by: Option<String>,
    days: Option<String>,
}

/// The numbers of days that one can look at.
const SPANS: [i64; 3] = [7, 30, 90];

/// `GET /{owner}/-/usage`
pub async fn page(
    State(engine): State<Arc<Engine>>,
    visitor: Visitor,
    Path(owner): Path<String>,
    Query(asked): Query<Asked>,
) -> Answer {
    let account = engine.owner_with_usage(&visitor.cx, &owner).await?;
    let by: By = asked.by.as_deref().and_then(|by| by.parse().ok()).unwrap_or_default();
    let days = asked.days.and_then(|days| days.parse().ok()).filter(|days| SPANS.contains(days)).unwrap_or(30);
    let usage = engine.usage(&visitor.cx, &account, by, days).await?;
    let root = format!("/{}/-/usage", account.login);
    let word = |by: By| match by {
        By::Stack => "By stack",
        By::Repo => "By repository",
        By::Model => "By model",
    };
    let views = By::ALL.map(|one| (word(one), format!("{root}?by={one}&days={days}"), one == by)).to_vec();
    let spans = SPANS.map(|one| (format!("{one} days"), format!("{root}?by={by}&days={one}"), one == days)).to_vec();
    let href = |name: &str| if by == By::Repo { format!("/{}/{name}", account.login) } else { String::new() };
    let paid = usage.all.micro_usd > 0;
    let rows = usage.groups.iter().map(|group| Row::of(&group.name, href(&group.name), &group.all, &usage.all));
    let sums = usage.days();
    let highest = sums.iter().map(|day| weight(day, paid)).max().unwrap_or(0);
    let called = sums.iter().zip(usage.from..).filter(|(day, _)| day.calls > 0);
    let mut bars: Vec<Bar> = called
        .map(|(day, number)| Bar {
            day: date(number),
            told: told(day, paid),
            share: hundredths(weight(day, paid), highest),
        })
        .collect();
    bars.reverse();
    let who = match account.kind {
        AccountKind::Organisation => Who::organisation(account.login.as_str()),
        _ => Who::person(account.login.as_str()),
    };
    show(&Page {
        frame: visitor.frame(&engine, format!("Usage · {}", account.login)).await?,
        who,
        views,
        spans,
        heading: match by {
            By::Stack => "Stack",
            By::Repo => "Repository",
            By::Model => "Model",
        },
        all: Row::of("All", String::new(), &usage.all, &usage.all),
        rows: rows.collect(),
        days: bars,
        span: format!("{} to {} (UTC)", date(usage.from), date(usage.to)),
    })
}

/// What a bar shows: money, or tokens while nothing costs any.
fn weight(sums: &Sums, paid: bool) -> u64 {
    if paid { sums.micro_usd } else { sums.tokens_in + sums.tokens_out }
}

fn told(sums: &Sums, paid: bool) -> String {
    if paid { money(sums.micro_usd) } else { format!("{} tokens", count(sums.tokens_in + sums.tokens_out)) }
}

fn money(micro_usd: u64) -> String {
    let words = meter::cost(i64::try_from(micro_usd).unwrap_or(i64::MAX));
    if words.is_empty() { "$0.00".into() } else { words }
}

fn count(number: u64) -> String {
    size::count(i64::try_from(number).unwrap_or(i64::MAX))
}

fn hundredths(part: u64, whole: u64) -> u64 {
    part.saturating_mul(100).checked_div(whole).unwrap_or(0)
}

fn date(day: i64) -> String {
    Timestamp::from_seconds(day * 86_400).rfc3339().chars().take(10).collect()
}

impl Row {
    fn of(name: &str, href: String, sums: &Sums, all: &Sums) -> Self {
        let paid = all.micro_usd > 0;
        let mut notes = Vec::new();
        if sums.own_micro_usd > 0 {
            notes.push(format!("{} of it on keys of their own", money(sums.own_micro_usd)));
        }
        if sums.estimated > 0 {
            notes.push(size::plural(
                usize::try_from(sums.estimated).unwrap_or(usize::MAX),
                "call estimated, as its provider did not count",
                "calls estimated, as their provider did not count",
            ));
        }
        Self {
            name: name.to_owned(),
            href,
            calls: count(sums.calls),
            read: count(sums.tokens_in),
            cached: count(sums.tokens_cached),
            written: count(sums.tokens_out),
            cost: money(sums.micro_usd),
            note: notes.join("; "),
            share: hundredths(weight(sums, paid), weight(all, paid)),
        }
    }
}
