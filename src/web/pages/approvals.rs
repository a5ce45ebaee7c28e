//! The inbox: what waits for a decision.

use askama::Template;

use crate::web::frame::Frame;
use crate::web::parts::approval::ApprovalRow;
use crate::web::parts::pager::Pager;

/// `/approvals`
#[derive(Template)]
#[template(path = "pages/approvals.html")]
pub struct Approvals {
    /// What surrounds the page.
    pub frame: Frame,
    /// `open` or `decided`.
    pub state: &'static str,
    /// How many are open.
    pub open: u64,
    /// The rows.
    pub approvals: Vec<ApprovalRow>,
    /// Links to other pages.
    pub pager: Pager,
}
