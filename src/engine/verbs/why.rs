//! Why did nothing, or this, happen? What every rule said about an issue or pull request, in words.

use crate::engine::Engine;
use crate::engine::verbs::decide_event::no_rules;
use crate::events::Decision;
use crate::kit::Result;
use crate::model::RepoRef;

/// How many executions are told.
const MOST: i64 = 12;

impl Engine {
    /// The answer to `/why`, as Markdown.
    pub async fn why(&self, repo: &RepoRef, number: Option<i64>) -> Result<String> {
        let Some(number) = number else { return Ok("Nothing is known about this".into()) };
        let executions = self.events.for_number(repo.id, number, MOST).await?;
        let unasked = self.why_no_rule(repo).await?;
        if executions.is_empty() {
            return Ok(unasked.unwrap_or_else(|| {
                "No rule was asked about this yet: nothing happened here since the rules exist".into()
            }));
        }
        let mut lines = Vec::new();
        if let Some(unasked) = unasked {
            lines.extend([unasked, String::new()]);
        }
        lines.extend(["What the rules said, newest first:".to_owned(), String::new()]);
        for execution in &executions {
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

    /// Why no rule of the repository is asked about anything now; none when rules are in force.
    async fn why_no_rule(&self, repo: &RepoRef) -> Result<Option<String>> {
        let Some(trusted) = self.trusted(repo).await? else {
            return Ok(Some("No rule is asked: the default branch has no commit".into()));
        };
        let asked = !trusted.catalog.is_broken() && !trusted.catalog.rules.is_empty();
        Ok((!asked).then(|| format!("No rule is asked: {}", no_rules(&trusted))))
    }
}
