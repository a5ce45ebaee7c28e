//! Where a run went outside: hosts that its agent asked for, with what was said to each, and MCP servers that were opened for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::State;

use crate::engine::Engine;
use crate::kit::Error;
use crate::kit::text::visible;
use crate::model::RunId;
use crate::runs::TranscriptEvent;
use crate::web::errors::Answer;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::show;
use crate::web::parts::run;
use crate::web::parts::size;
use crate::web::visitor::Visitor;

/// Most lines that are looked at: the newest.
const MOST_LINES: i64 = 5000;

/// `/runs/{id}/egress`
#[derive(Template)]
#[template(path = "pages/run_egress.html")]
pub struct RunEgressPage {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// The address of the run.
    pub run_href: String,
    /// What the run is called.
    pub run: String,
    /// Hosts; those that were refused first.
    pub hosts: Vec<Host>,
    /// What was said of MCP servers, one line each.
    pub servers: Vec<String>,
    /// Whether there were more lines than were looked at.
    pub cut: bool,
}

/// What became of one host.
#[derive(Clone, Debug, Default)]
pub struct Host {
    /// Its name and port.
    pub target: String,
    /// Whether it was reached.
    pub allowed: bool,
    /// Why, or why not: what was said first.
    pub reason: String,
    /// How often: connections, or refusals.
    pub times: usize,
    /// Bytes that went there; empty for none.
    pub sent: String,
    /// Bytes that came from there; empty for none.
    pub received: String,
}

/// `GET /runs/{id}/egress`
pub async fn page(State(engine): State<Arc<Engine>>, visitor: Visitor, Path(id): Path<String>) -> Answer {
    let id: RunId = id.parse().map_err(|_| Error::not_found("such run"))?;
    let (found, place) = engine.enter_run(&visitor.cx, id).await?;
    let lines = engine.runs.lines_of(id, "egress", MOST_LINES).await?;
    let servers = engine.runs.lines_of(id, "servers", MOST_LINES).await?;
    let said = servers.iter().flat_map(|line| line.body["text"].as_str().unwrap_or_default().lines());
    show(&RunEgressPage {
        frame: visitor.frame(&engine, format!("Network of run {}", id.short())).await?,
        repo: RepoHead::of(&place, &visitor, Tab::Runs),
        run_href: format!("/runs/{id}"),
        run: run::title(&found),
        cut: lines.len() as i64 == MOST_LINES,
        hosts: hosts(&lines),
        servers: said.map(visible).collect(),
    })
}

/// One row for each host and answer.
fn hosts(lines: &[TranscriptEvent]) -> Vec<Host> {
    let mut found: BTreeMap<(bool, String), (Host, u64, u64)> = BTreeMap::new();
    for line in lines {
        let detail = &line.body["detail"];
        let target = visible(detail["target"].as_str().unwrap_or_default());
        let allowed = detail["allowed"] == true;
        let (host, sent, received) = found.entry((allowed, target.clone())).or_default();
        *sent += detail["sent"].as_u64().unwrap_or_default();
        *received += detail["received"].as_u64().unwrap_or_default();
        // A connection is told twice: that it begins, with the reason, and how it ended.
        if detail["milliseconds"].is_null() {
            host.times += 1;
        }
        if host.reason.is_empty() {
            host.reason = visible(detail["reason"].as_str().unwrap_or_default());
        }
        (host.target, host.allowed) = (target, allowed);
    }
    let told = |bytes: u64| if bytes == 0 { String::new() } else { size::bytes(bytes) };
    let row = |(host, sent, received): (Host, u64, u64)| Host { sent: told(sent), received: told(received), ..host };
    found.into_values().map(row).collect()
}
