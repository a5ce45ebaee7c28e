//! The first visitor becomes administrator, with the link that the server printed when it started.

use askama::Template;

use crate::web::frame::Frame;
use crate::web::parts::field::Wrong;

/// `/setup`
#[derive(Template)]
#[template(path = "pages/setup.html")]
pub struct Setup {
    /// What surrounds the page.
    pub frame: Frame,
    /// The one-time key of the link.
    pub key: String,
    /// The name that was typed.
    pub name: String,
    /// The organisation that was typed.
    pub organisation: String,
    /// What was wrong.
    pub wrong: Wrong,
}
