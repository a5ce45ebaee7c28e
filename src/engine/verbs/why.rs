//! Why did nothing, or this, happen? What every rule said about an issue or pull request, in words.

use crate::engine::Engine;
use crate::events::Decision;
use crate::kit::Result;
use crate::model::RepoId;

/// How many executions are told.
const MOST: usize = 12;

impl Engine {
    /// The answer to `/why`, as Markdown.
    pub async fn why(&self, repo: RepoId, number: Option<i64>) -> Result<String> {
        let Some(number) = number else { return Ok("Nothing is known about this".into()) };
        let executions = self.events.for_number(repo, number).await?;
        if executions.is_empty() {
            return Ok(
                "No rule was asked about this yet: either nothing happened here since the rules exist, or the default \
                       branch holds no rules in `.agents/rules/`"
                    .into(),
            );
        }
        let mut lines = vec!["What the rules said, newest first:".to_owned(), String::new()];
        for execution in executions.iter().take(MOST) {
            let what = &execution.what;
            let run = what.run.map(|run| format!(" · [run {}]({}/runs/{run})", run.short(), self.settings.base_url));
            let run = run.unwrap_or_default();
            let word = match what.decision {
                Decision::Dispatched => "**dispatched**",
                Decision::Coalesced => "coalesced",
                Decision::Queued => "queued",
                Decision::Refused => "**refused**",
                Decision::Skipped => "skipped",
            };
            lines.push(format!("- `{}` {word}: {}{run}", what.rule, what.reason));
        }
        Ok(lines.join("\n"))
    }
}
