//! The check of a brain: the validators, on each commit that a push or a pull request brings, said as a status like that of
//! any other check. The protection of the default branch asks for it, so that nothing broken is merged.

use crate::access::Cx;
use crate::catalog::Diagnostic;
use crate::catalog::Severity;
use crate::engine::Engine;
use crate::engine::brain::is_brain;
use crate::events::StoredEvent;
use crate::forge::embedded::NewStatus;
use crate::forge::embedded::OwnCheck;
use crate::forge::embedded::Place;
use crate::forge::embedded::StatusState;
use crate::kit::Result;
use crate::memory;
use crate::model::CommitId;
use crate::model::What;

/// The name of the check.
pub const CHECK: &str = "company-brain";

/// Findings that a status tells; its page tells all.
const MOST_TOLD: usize = 40;

impl Engine {
    /// Checks what an event brings to a brain. Asked again about the same commit, it changes nothing.
    pub(in crate::engine) async fn check_brain(&self, stored: &StoredEvent) -> Result<()> {
        let event = &stored.event;
        if !is_brain(&event.repo) {
            return Ok(());
        }
        let (head, base, page) = match &event.what {
            What::Push { after: Some(after), before, .. } => (after, before.clone(), String::new()),
            What::PullRequest { pull, .. } if pull.state == "open" => {
                (&pull.head.sha, Some(pull.base.sha.clone()), format!("/updates/{}", pull.number))
            }
            _ => return Ok(()),
        };
        let place = self.forge.enter_by_id(&Cx::system(&self.clock), event.repo.id).await?;
        let git = self.forge.git(&place.repository);
        if git.commit(head).await?.is_none() {
            return Ok(());
        }
        let found = self.faults_of_brain(&place, head, base.as_ref()).await?;
        let errors = found.iter().filter(|found| found.severity == Severity::Error).count();
        let owner = &place.repository.owner_name;
        let said = OwnCheck {
            status: NewStatus {
                context: CHECK.into(),
                state: if errors == 0 { StatusState::Success } else { StatusState::Failure },
                description: told(&found, errors),
                target_url: format!("{}/{owner}/brain{page}", self.settings.base_url),
            },
            signature: String::new(),
            marker: format!("brain-{head}-{}", stored.id.short()),
        };
        self.forge.post_check(&place, head, said).await
    }

    /// What is wrong with a brain at a commit, and what of it may not have changed since another one.
    pub async fn faults_of_brain(
        &self,
        place: &Place,
        head: &CommitId,
        base: Option<&CommitId>,
    ) -> Result<Vec<Diagnostic>> {
        let git = self.forge.git(&place.repository);
        let before = match base {
            // What the base got meanwhile is no fault of the head.
            Some(base) if git.commit(base).await?.is_some() => git.merge_base(base, head).await?,
            _ => None,
        };
        memory::at_commit::check(&git, head, before.as_ref()).await
    }
}

/// `2 errors`, and the findings a line each.
fn told(found: &[Diagnostic], errors: usize) -> String {
    let warnings = found.len() - errors;
    let mut lines = vec![match (errors, warnings) {
        (0, 0) => "Every record fits".to_owned(),
        (0, _) => format!("Every record fits, {warnings} warnings"),
        (1, _) => format!("1 error, {warnings} warnings"),
        _ => format!("{errors} errors, {warnings} warnings"),
    }];
    let mut sorted: Vec<&Diagnostic> = found.iter().collect();
    sorted.sort_by_key(|found| found.severity != Severity::Error);
    lines.extend(sorted.iter().take(MOST_TOLD).map(|found| {
        let (word, hint) = (found.severity.as_str(), &found.hint);
        format!("{}:{}:{}: {word}: {}; {hint}", found.file, found.line, found.column, found.message)
    }));
    if found.len() > MOST_TOLD {
        lines.push(format!("and {} more", found.len() - MOST_TOLD));
    }
    crate::kit::text::bounded(&lines.join("\n"), 15 * 1024).to_owned()
}
