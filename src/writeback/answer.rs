//! A short word of the server itself to somebody who gave a command. No agent has a hand in it.

use crate::kit::Result;
use crate::model::RepoRef;
use crate::writeback::Executor;

impl Executor {
    /// Answers on an issue or pull request, once for each key.
    pub async fn answer(&self, repo: &RepoRef, number: i64, text: &str, key: &str) -> Result<()> {
        self.writer.comment(repo, number, text, "", &key.parse()?).await.map(drop)
    }
}
