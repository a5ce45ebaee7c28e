//! What a push may do, decided before `git` sees it.

use std::fmt;

use futures_util::future::BoxFuture;

/// What the caller says of one push.
#[derive(Default)]
pub struct Push {
    /// Patterns of branches that are not to be moved by a push, such as `main` or `release/*`.
    pub protected: Vec<String>,
    /// What somebody whose push is refused should do instead; shown below the refusal.
    pub advice: String,
    /// Runs when `git` has ended, before the client sees the end of the answer; also when the client is gone.
    pub after: Option<Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>>,
}

impl fmt::Debug for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Push").field("protected", &self.protected).finish_non_exhaustive()
    }
}
pub(super) fn write_hook(_: &std::path::Path) -> crate::kit::Result<()> {
    Ok(())
}
