//! Deliveries of a repository, and what each rule decided about them.

use askama::Template;

use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::parts::badge::Mark;
use crate::web::parts::execution::ExecutionRow;
use crate::web::parts::pager::Pager;
use crate::web::parts::time::When;

/// `/{owner}/{repo}/hooks`
#[derive(Template)]
#[template(path = "pages/deliveries.html")]
pub struct Deliveries {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// The deliveries, newest first.
    pub deliveries: Vec<DeliveryRow>,
    /// Links to other pages.
    pub pager: Pager,
    /// The newest decisions of rules.
    pub executions: Vec<ExecutionRow>,
}

/// A delivery in a list.
#[derive(Clone, Debug)]
pub struct DeliveryRow {
    /// Its address.
    pub href: String,
    /// Its short id.
    pub id: String,
    /// Verified, refused, known already.
    pub mark: Mark,
    /// Where it came from.
    pub source: String,
    /// The event in words.
    pub event: String,
    /// What rules made of it: `1 dispatched, 2 skipped`.
    pub outcome: String,
    /// When.
    pub when: When,
}
