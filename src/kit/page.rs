//! Paging: which slice of a list was asked for, and what came back.

/// The page number that was asked for, counted from 1, and how many rows a page holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Paging {
    /// Counted from 1.
    pub page: u32,
    /// Rows a page.
    pub limit: u32,
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The rows.
    pub items: Vec<T>,
    /// How many rows there are on all pages.
    pub total: u64,
    /// What was asked for.
    pub paging: Paging,
}

impl Paging {
    /// What a request may ask for: page 1 at least, 1 to 50 rows.
    pub fn new(page: Option<u32>, limit: Option<u32>) -> Self {
        Self { page: page.unwrap_or(1).max(1), limit: limit.unwrap_or(30).clamp(1, 50) }
    }

    /// Rows to skip.
    pub fn offset(self) -> i64 {
        i64::from(self.page - 1) * i64::from(self.limit)
    }

    /// Rows to take.
    pub fn take(self) -> i64 {
        i64::from(self.limit)
    }
}

impl<T> Page<T> {
    /// The number of the last page, 1 for an empty list.
    pub fn last(&self) -> u32 {
        let pages = self.total.div_ceil(u64::from(self.paging.limit)).max(1);
        u32::try_from(pages).unwrap_or(u32::MAX)
    }

    /// The same page with each row turned into something else.
    pub fn map<U>(self, turn: impl FnMut(T) -> U) -> Page<U> {
        Page { items: self.items.into_iter().map(turn).collect(), total: self.total, paging: self.paging }
    }
}
