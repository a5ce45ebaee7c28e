//! The checks of the forge itself: from an event to jobs, from a job to a sandbox, from its end to a status.
//!
//! ```text
//!   plan    an event at a commit → the jobs that its `.agents/checks.yaml` asks for
//!   run     a leased job → its steps in the sandbox, its log, its outcome
//!   tell    what a job became → a status on the commit, posted as the forge's own CI
//!   steer   people start, cancel and rerun
//! ```
//!
//! Unlike all other files of `.agents/`, the checks are read at the commit that is checked: they run without credentials and
//! without network, so they configure nothing that matters to anybody but themselves.

mod plan;

mod run;

mod tell;

mod steer;

pub use steer::CheckVerb;

use std::sync::Arc;

use serde_json::json;

use crate::access::Cx;
use crate::checks::Job;
use crate::checks::Keeper;
use crate::checks::Outcome;
use crate::engine::Engine;
use crate::engine::check::run::Ran;
use crate::engine::living::Place;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::model::JobId;

/// Begins a job in a task of its own. The place is given back when it has ended.
pub(super) fn begin(engine: &Arc<Engine>, job: Job, place: Place<JobId, JobId>) {
    let engine = Arc::clone(engine);
    engine.checking.enter(job.id, job.id);
    #[expect(
        clippy::disallowed_methods,
        reason = "`Jobs` owns the task by its place: it waits for all of them to end"
    )]
    tokio::spawn(async move {
        let mut keeper = Keeper::after(job.log_lines, job.log_bytes);
        let ran = run::run(&engine, &job, &mut keeper).await.unwrap_or_else(|error| could_not(&job, &error));
        if let Err(error) = end(&engine, &job, &mut keeper, ran).await {
            tracing::error!(check.id = %job.id, error = %error.chain(), "cannot end a check");
        }
        engine.checking.leave(job.id);
        drop(place);
        engine.poke.poke();
    });
}

/// A job that could not be run ends with a sentence for the reader; a failure of our own shows none of its causes.
fn could_not(job: &Job, error: &Error) -> Ran {
    tracing::error!(check.id = %job.id, error = %error.chain(), "a check could not be run");
    let words = match error.kind() {
        ErrorKind::Internal => "The server failed; its log says why".to_owned(),
        _ => error.message().to_owned(),
    };
    Ran::Ended { outcome: Outcome::error("not_run", words), signature: String::new() }
}

async fn end(engine: &Engine, job: &Job, keeper: &mut Keeper, ran: Ran) -> Result<()> {
    let cx = Cx::system(&engine.clock);
    let mut step = engine.step(&cx).await?;
    let now = step.now();
    engine.checks.write_in(&mut step, job.id, &keeper.rest()).await?;
    match ran {
        Ran::Ended { outcome, signature } => {
            let held = (job.id, engine.settings.runner_name.as_str());
            if !engine.checks.end(&mut step, held, &outcome, &signature, now).await? {
                // Its lease was lost, and somebody else has given it up already.
                return Ok(());
            }
            let details = json!({ "check": job.new.name, "commit": job.new.sha, "state": outcome.state.as_str() });
            step.finish("check.end", format!("check {}", job.id), details).await?;
        }
        Ran::Stopped => {
            engine.checks.recover(&mut step, job, now).await?;
            step.finish_noted().await?;
        }
        Ran::LeaseLost => {}
    }
    engine.checks.announce(job.id);
    Ok(())
}

impl Engine {
    /// After a restart: jobs that this process held before are begun again.
    pub(in crate::engine) async fn recover_checks(&self) -> Result<()> {
        for job in self.checks.held_by(&self.settings.runner_name).await? {
            self.give_up_check(&job).await?;
        }
        Ok(())
    }

    pub(in crate::engine) async fn give_up_check(&self, job: &Job) -> Result<()> {
        let cx = Cx::system(&self.clock);
        let mut step = self.step(&cx).await?;
        let now = step.now();
        let again = self.checks.recover(&mut step, job, now).await?;
        let details = json!({ "check": job.new.name, "commit": job.new.sha, "again": again });
        step.finish("check.lost", format!("check {}", job.id), details).await?;
        self.checks.announce(job.id);
        Ok(())
    }
}
