//! Says on a commit what became of a check: as a status, by the same way that any CI posts one.

use crate::access::Cx;
use crate::checks::Job;
use crate::checks::JobState;
use crate::checks::LEFT_OUT;
use crate::engine::Engine;
use crate::forge::embedded::NewStatus;
use crate::forge::embedded::OwnCheck;
use crate::forge::embedded::StatusState;
use crate::kit::ErrorKind;
use crate::kit::Result;

impl Engine {
    /// Posts what has still to be said. What cannot be said now is tried again at the next turn.
    pub(in crate::engine) async fn tell_checks(&self) -> Result<bool> {
        let mut told = false;
        for job in self.checks.untold().await? {
            match self.say_check(&job, "").await {
                Ok(()) => {}
                // The repository or the commit is gone: nobody is left to be told.
                Err(error) if error.kind() == ErrorKind::NotFound => {}
                Err(error) => {
                    tracing::warn!(check.id = %job.id, error = %error.chain(), "cannot say what became of a check");
                    continue;
                }
            }
            self.checks.told(&job).await?;
            told = true;
        }
        Ok(told)
    }

    /// Posts the state of a job, once for each state and reason to say it again.
    pub(in crate::engine) async fn say_check(&self, job: &Job, again: &str) -> Result<()> {
        let new = &job.new;
        let place = self.forge.enter_by_id(&Cx::system(&self.clock), new.repo.id).await?;
        let (word, state, description) = said(job);
        let said = OwnCheck {
            status: NewStatus {
                context: new.name.clone(),
                state,
                description,
                target_url: format!("{}/{}/checks/{}", self.settings.base_url, place.repository.reference(), job.id),
            },
            signature: job.signature.clone(),
            marker: format!("{}-{word}{}", job.id, again.get(..8).unwrap_or_default()),
        };
        self.forge.post_check(&place, &new.sha, said).await
    }
}

/// The word of the marker, the state of the status, and a sentence.
fn said(job: &Job) -> (&'static str, StatusState, String) {
    let state = match job.state {
        JobState::Waiting => {
            let words = "A person has to start it: the pull request comes from a fork";
            return ("waiting", StatusState::Pending, words.to_owned());
        }
        JobState::Queued | JobState::Running => {
            let words = format!("Attempt {}, asked for by {}", job.attempt, job.new.asked_by);
            return ("pending", StatusState::Pending, words);
        }
        JobState::Success => StatusState::Success,
        // A branch that needs this check does not wait for it.
        JobState::Skipped if job.reason == LEFT_OUT => StatusState::Success,
        JobState::Failure => StatusState::Failure,
        JobState::Error | JobState::Cancelled | JobState::Skipped => StatusState::Error,
    };
    (job.state.as_str(), state, job.summary.clone())
}
