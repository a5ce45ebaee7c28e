//! Links to the pages of a long list.

use crate::kit::page::Page;

/// Links to the neighbours of this page of a list.
#[derive(Clone, Debug, Default)]
pub struct Pager {
    /// This page, counted from 1.
    pub page: u32,
    /// The last page.
    pub last: u32,
    /// How many rows there are.
    pub total: u64,
    /// The address without the page number, ending in `?` or `&`.
    base: String,
}

impl Pager {
    /// A pager for a list at this address; the address may hold a query already.
    pub fn new<T>(list: &Page<T>, address: &str) -> Self {
        let joint = if address.contains('?') { '&' } else { '?' };
        Self { page: list.paging.page, last: list.last(), total: list.total, base: format!("{address}{joint}") }
    }

    /// The page before this one.
    pub fn newer(&self) -> Option<String> {
        (self.page > 1).then(|| format!("{}page={}", self.base, self.page - 1))
    }

    /// The page after this one.
    pub fn older(&self) -> Option<String> {
        (self.page < self.last).then(|| format!("{}page={}", self.base, self.page + 1))
    }
}
