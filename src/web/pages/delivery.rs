//! One delivery: its bytes, what it meant, what each rule decided; replay and dry run.

use askama::Template;

use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::parts::badge::Mark;
use crate::web::parts::digest::Mono;
use crate::web::parts::execution::ExecutionRow;
use crate::web::parts::html::Html;
use crate::web::parts::time::When;

/// `/{owner}/{repo}/hooks/{id}`
#[derive(Template)]
#[template(path = "pages/delivery.html")]
pub struct DeliveryPage {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// The id.
    pub id: String,
    /// Verified, refused, known already.
    pub mark: Mark,
    /// Where it came from.
    pub source: String,
    /// The event in words.
    pub event: String,
    /// When it came.
    pub when: When,
    /// Digest of its bytes.
    pub digest: Mono,
    /// Its size.
    pub size: String,
    /// Its headers, without secrets.
    pub headers: Vec<(String, String)>,
    /// Its bytes.
    pub body: Html,
    /// What each rule decided.
    pub executions: Vec<ExecutionRow>,
    /// What each rule would decide now; none when it was not asked.
    pub dry_run: Option<Vec<DryRun>>,
    /// Whether the person may replay it.
    pub may_replay: bool,
}

/// What one rule would decide.
#[derive(Clone, Debug)]
pub struct DryRun {
    /// Which rule.
    pub rule: String,
    /// What it would decide.
    pub mark: Mark,
    /// Why.
    pub reason: String,
    /// The prompt that it would give.
    pub prompt: Html,
}
