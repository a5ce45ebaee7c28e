//! People steer checks: start one that waits for them, cancel one, run one again, or all that did not pass.

use serde_json::json;

use crate::access::Action;
use crate::access::Cx;
use crate::checks::Job;
use crate::checks::JobState;
use crate::checks::LEFT_OUT;
use crate::engine::Engine;
use crate::forge::embedded::Place;
use crate::identity::AccountKind;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::CommitId;
use crate::model::JobId;

/// What a person does to a check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckVerb {
    /// Start one of a fork.
    Start,
    /// End it.
    Cancel,
    /// Run it again.
    Rerun,
}

impl Engine {
    /// Does something to one check; answers with its newest execution.
    pub async fn steer_check(&self, cx: &Cx, place: &Place, id: JobId, verb: CheckVerb) -> Result<Job> {
        cx.authorize(Action::SteerCheck, &place.standing)?;
        let job = self.checks.job(place.repository.id, id).await?;
        self.steer_all(cx, std::slice::from_ref(&job), verb).await?;
        Ok(self.checks.newest(place.repository.id, &job.new.sha, &job.new.name).await?.unwrap_or(job))
    }

    /// Starts every check of a head in a fork that waits for a person. It holds for this head, and for no other.
    pub async fn start_checks(&self, cx: &Cx, place: &Place, sha: &CommitId) -> Result<usize> {
        self.steer_those(cx, place, sha, CheckVerb::Start, |job| job.state == JobState::Waiting).await
    }

    /// Runs every check of a commit again that did not pass.
    pub async fn rerun_failed(&self, cx: &Cx, place: &Place, sha: &CommitId) -> Result<usize> {
        let wanted = |job: &Job| {
            job.state.is_bad() && !matches!(job.reason.as_str(), "needs" | "denied" | "broken_file" | LEFT_OUT)
        };
        self.steer_those(cx, place, sha, CheckVerb::Rerun, wanted).await
    }

    async fn steer_those(
        &self,
        cx: &Cx,
        place: &Place,
        sha: &CommitId,
        verb: CheckVerb,
        wanted: impl Fn(&Job) -> bool,
    ) -> Result<usize> {
        cx.authorize(Action::SteerCheck, &place.standing)?;
        let jobs: Vec<Job> = self.checks.at(place.repository.id, sha).await?.into_iter().filter(wanted).collect();
        if jobs.is_empty() {
            let what = if verb == CheckVerb::Start { "waits for a person" } else { "failed" };
            return Err(Error::conflict(format!("No check of {} {what}", sha.short())));
        }
        self.steer_all(cx, &jobs, verb).await?;
        Ok(jobs.len())
    }

    async fn steer_all(&self, cx: &Cx, jobs: &[Job], verb: CheckVerb) -> Result<()> {
        if verb != CheckVerb::Cancel && jobs.iter().any(|job| job.new.fork) {
            self.only_people(cx).await?;
        }
        let by = cx.actor.name();
        let mut step = self.step(cx).await?;
        let now = step.now();
        for job in jobs {
            let action = match verb {
                CheckVerb::Start => {
                    self.checks.start(&mut step, job, &by).await?;
                    "check.start"
                }
                CheckVerb::Cancel => {
                    self.checks.cancel(&mut step, job, &by, now).await?;
                    "check.cancel"
                }
                CheckVerb::Rerun => {
                    self.checks.rerun(&mut step, job, &by, &cx.request, now).await?;
                    "check.rerun"
                }
            };
            let details = json!({ "check": job.new.name, "commit": job.new.sha, "pull": job.new.pull });
            step.note(action, format!("check {}", job.id), details).await?;
        }
        step.finish_noted().await?;
        for job in jobs {
            if verb == CheckVerb::Cancel {
                self.checking.cancel(job.id);
            }
            self.checks.announce(job.id);
        }
        Ok(())
    }

    /// Code of strangers is let run by people.
    async fn only_people(&self, cx: &Cx) -> Result<()> {
        let account = match cx.person() {
            Some(id) => self.identity.account(id).await?,
            None => None,
        };
        match account {
            Some(account) if account.kind == AccountKind::Person => Ok(()),
            _ => Err(Error::denied("Only a person can start checks of a fork")),
        }
    }
}
