//! Links to the pages of a long list.

use std::fmt::Display;

use crate::kit::page::Page;

/// Links to the neighbours of this page of a list.
#[derive(Clone, Debug, Default)]
pub struct Pager {
    /// `Page 2 of 7`; empty for a list that is read by a cursor.
    pub words: String,
    /// The address of the page before.
    pub newer: Option<String>,
    /// The address of the page after.
    pub older: Option<String>,
    /// Whether the list is sorted by name, so that no page is newer than another.
    pub by_name: bool,
}

impl Pager {
    /// A pager for a list whose pages are counted; the address may hold a query already.
    pub fn new<T>(list: &Page<T>, address: &str) -> Self {
        let (page, last) = (list.paging.page, list.last());
        Self {
            words: format!("Page {page} of {last}"),
            newer: (page > 1).then(|| with(address, "page", page - 1)),
            older: (page < last).then(|| with(address, "page", page + 1)),
            by_name: false,
        }
    }

    /// A pager for a list that is read by a cursor: the id of its last row, when there may be more.
    pub fn by_cursor(last: Option<impl Display>, address: &str) -> Self {
        Self { older: last.map(|last| with(address, "before", last)), ..Self::default() }
    }

    /// Whether there is nowhere to go.
    pub fn is_empty(&self) -> bool {
        self.newer.is_none() && self.older.is_none()
    }
}

fn with(address: &str, key: &str, value: impl Display) -> String {
    let joint = if address.contains('?') { '&' } else { '?' };
    format!("{address}{joint}{key}={value}")
}
