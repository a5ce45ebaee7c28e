//! A person's access tokens: made here, shown once, taken back here.

use askama::Template;

use crate::web::frame::Frame;
use crate::web::parts::field::Wrong;
use crate::web::parts::time::When;

/// `/user/tokens`
#[derive(Template)]
#[template(path = "pages/tokens.html")]
pub struct Tokens {
    /// What surrounds the page.
    pub frame: Frame,
    /// The token that was just made, shown this once.
    pub fresh: Option<String>,
    /// The tokens.
    pub tokens: Vec<TokenRow>,
    /// Every scope with what it allows.
    pub scopes: Vec<(&'static str, &'static str)>,
    /// The name that was typed.
    pub name: String,
    /// What was wrong.
    pub wrong: Wrong,
}

/// A token in a list.
#[derive(Clone, Debug)]
pub struct TokenRow {
    /// Its id.
    pub id: String,
    /// What the person calls it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was made.
    pub made: When,
    /// When it was last used.
    pub used: Option<When>,
}
