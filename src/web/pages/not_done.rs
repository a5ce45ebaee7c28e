//! The page that says what could not be done: no such thing, not allowed, our own fault.

use askama::Template;

use crate::web::frame::Frame;

/// An error as a page.
#[derive(Template)]
#[template(path = "pages/not_done.html")]
pub struct NotDone {
    /// What surrounds the page.
    pub frame: Frame,
    /// The status code.
    pub status: u16,
    /// In a few words: `Not found`.
    pub title: &'static str,
    /// The sentence for the reader.
    pub message: String,
    /// Next steps.
    pub hints: Vec<String>,
    /// What to name when asking for help; shown only where it helps.
    pub request: String,
    /// Whether signing in might help.
    pub sign_in: bool,
}
