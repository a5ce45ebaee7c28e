//! Which page of a list an address asks for.

use std::str::FromStr;

use serde::Deserialize;

use crate::kit::page::Paging;

/// The query of a list: `page` where pages are counted, `before` where a cursor is kept; `state` and `q` narrow it.
/// What cannot be read counts as not said, so that a bent link still shows a list.
#[derive(Debug, Default, Deserialize)]
pub struct Paged {
    page: Option<String>,
    before: Option<String>,
    state: Option<String>,
    q: Option<String>,
}

impl Paged {
    /// The page that is asked for.
    pub fn paging(&self) -> Paging {
        Paging::new(self.page.as_deref().and_then(|page| page.parse().ok()), None)
    }

    /// The row before which the list goes on.
    pub fn before<T: FromStr>(&self) -> Option<T> {
        self.before.as_deref().and_then(|before| before.parse().ok())
    }

    /// The state that narrows the list; empty for none.
    pub fn state(&self) -> &str {
        self.state.as_deref().unwrap_or_default()
    }

    /// The words that narrow the list; empty for none.
    pub fn words(&self) -> &str {
        self.q.as_deref().unwrap_or_default().trim()
    }
}
