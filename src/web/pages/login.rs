//! Signing in.

use askama::Template;

use crate::web::frame::Frame;
use crate::web::parts::field::Wrong;

/// `/login`
#[derive(Template)]
#[template(path = "pages/login.html")]
pub struct Login {
    /// What surrounds the page.
    pub frame: Frame,
    /// The name that was typed.
    pub name: String,
    /// Where to go afterwards: an address of ours.
    pub next: String,
    /// What was wrong.
    pub wrong: Wrong,
}
