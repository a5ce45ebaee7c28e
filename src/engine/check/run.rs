//! While a job runs: one sandbox a step over one workspace, the log as it comes, the lease that beats.
//!
//! Each step is a sandbox of its own, so that how it ended and how long it took is seen from outside, and nothing that a
//! script prints can pass for it. What a step leaves in the workspace and in its home the next one finds; variables and
//! processes end with it. What a job changed is thrown away with its workspace.

use std::sync::Arc;
use std::time::Duration;
use std::time::Instant;

use tokio::io::AsyncReadExt as _;
use tokio::net::UnixListener;

use crate::catalog::checks_file::Step;
use crate::catalog::period::Period;
use crate::checks::Job;
use crate::checks::JobState;
use crate::checks::Keeper;
use crate::checks::Outcome;
use crate::checks::after_step;
use crate::checks::signature;
use crate::checks::telling;
use crate::engine::Engine;
use crate::engine::SandboxState;
use crate::engine::attempt::OBJECTS;
use crate::engine::living::Ask;
use crate::engine::living::told;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::in_words;
use crate::kit::error::Context as _;
use crate::kit::text::bounded;
use crate::sandbox;
use crate::sandbox::Ending;
use crate::sandbox::Sandbox;
use crate::sandbox::Tier;
use crate::sandbox::Workspace;

/// How often a runner says that it still works.
const BEAT: Duration = Duration::from_secs(5);

/// How often what was written is stored and shown.
const FLUSH: Duration = Duration::from_millis(250);

/// The longest job of a fork.
const LONGEST_OF_FORK: Period = Period::seconds(10 * 60);

/// How long we wait for what a task wrote just before it ended.
const LAST_WORDS: Duration = Duration::from_millis(200);

/// What became of a job that was begun.
pub(super) enum Ran {
    /// It ended.
    Ended { outcome: Outcome, signature: String },
    /// The server stops: it is begun again later.
    Stopped,
    /// Somebody else has given it up.
    LeaseLost,
}

pub(super) async fn run(engine: &Arc<Engine>, job: &Job, keeper: &mut Keeper) -> Result<Ran> {
    let SandboxState::Ready(sandbox) = &engine.sandbox else {
        return Err(Error::invalid("This machine cannot run checks").code("SANDBOX_MISSING"));
    };
    let new = &job.new;
    // What a fork calls its branch is not a branch here.
    let branch = new.branch.as_ref().filter(|_| !new.fork);
    let tier = if new.fork { Tier::Untrusted } else { Tier::Trusted };
    let workspace = engine.workspace(&new.repo, &new.sha, branch, tier).await?;
    // A check needs no gateway, but every sandbox has the place of one.
    let _nobody = UnixListener::bind(workspace.gateway_socket()).context("Cannot make a socket for a check")?;
    let timeout = if new.fork { new.plan.timeout.min(LONGEST_OF_FORK) } else { new.plan.timeout };
    let mut number = engine.checks.steps(job.id).await?.last().map_or(0, |step| step.number);
    let mut running =
        Running { engine, job, sandbox: &**sandbox, workspace: &workspace, timeout, began: Instant::now() };
    for (index, step) in new.plan.run.steps().iter().enumerate() {
        number += 1;
        let first = keeper.step(number);
        engine.checks.begin_step(job.id, number, &step.name, first, engine.clock.now()).await?;
        if index == 0 && job.begins > 1 {
            keeper.say(&format!("Begun again: the server stopped while attempt {} ran.", job.attempt));
        }
        let stopped = running.step(step, keeper).await?;
        engine.checks.write(job.id, &keeper.ready()).await?;
        let (ended, ran) = running.after(step, stopped, keeper).await?;
        let (state, words) = ended;
        engine.checks.end_step(job.id, number, state, &words, engine.clock.now()).await?;
        if let Some(ran) = ran {
            return Ok(ran);
        }
    }
    let took = in_words(engine.clock.now().since(job.started.unwrap_or(job.created)));
    let outcome = Outcome { words: format!("Passed in {took}"), ..Outcome::passed() };
    Ok(Ran::Ended { outcome, signature: String::new() })
}

/// Why a step is over.
enum Stopped {
    Ended(Ending),
    Asked(Ask),
    LeaseLost,
}

struct Running<'a> {
    engine: &'a Arc<Engine>,
    job: &'a Job,
    sandbox: &'a dyn Sandbox,
    workspace: &'a Workspace,
    timeout: Period,
    began: Instant,
}

impl Running<'_> {
    async fn step(&mut self, step: &Step, keeper: &mut Keeper) -> Result<Stopped> {
        let left = self.timeout.duration().saturating_sub(self.began.elapsed());
        if left.is_zero() {
            return Ok(Stopped::Ended(Ending::Deadline));
        }
        let (engine, job) = (self.engine, self.job);
        let mut running = self.sandbox.start(self.workspace, self.task(step, left)).await?;
        let cancel = running.cancel_handle();
        let mut stdout = running.stdout().ok_or_else(|| Error::internal("A sandbox has no output"))?;
        let mut asked = engine.checking.asked(job.id);
        let (mut beat, mut flush) = (tokio::time::interval(BEAT), tokio::time::interval(FLUSH));
        let mut buffer = vec![0; 32 * 1024];
        let mut why = None;
        let mut open = true;
        let ending = {
            let over = running.ended();
            tokio::pin!(over);
            loop {
                tokio::select! {
                    ending = &mut over => break ending?,
                    read = stdout.read(&mut buffer), if open => match read {
                        Ok(read @ 1..) => keeper.take(&buffer[..read]),
                        _ => open = false,
                    },
                    _ = flush.tick() => engine.checks.write(job.id, &keeper.ready()).await?,
                    _ = beat.tick() => match engine.checks.beat(job.id, &engine.settings.runner_name, engine.clock.now()).await {
                        Ok(None) => {}
                        Ok(Some(_)) => {
                            why = Some(Stopped::Asked(Ask::Cancel));
                            cancel.now();
                        }
                        Err(error) => {
                            tracing::warn!(check.id = %job.id, error = %error, "a lease is gone");
                            why = Some(Stopped::LeaseLost);
                            cancel.now();
                        }
                    },
                    ask = told(&mut asked), if why.is_none() => {
                        why = Some(Stopped::Asked(ask));
                        cancel.now();
                    }
                }
            }
        };
        while let Ok(Ok(read @ 1..)) = tokio::time::timeout(LAST_WORDS, stdout.read(&mut buffer)).await {
            keeper.take(&buffer[..read]);
        }
        Ok(why.unwrap_or(Stopped::Ended(ending)))
    }

    fn task(&self, step: &Step, wall: Duration) -> sandbox::Task {
        let new = &self.job.new;
        let objects = self.engine.git.repository(&new.repo.owner, &new.repo.name).directory().join("objects");
        let usual = sandbox::Limits { wall, ..sandbox::Limits::default() };
        let tight =
            sandbox::Limits { wall, memory_bytes: 1 << 30, disk_bytes: 1 << 30, processes: 128, cpu_percent: None };
        sandbox::Task {
            // The script is an argument, never part of a line that a shell reads.
            argv: ["sh", "-c", "exec sh -e -c \"$1\" 2>&1", "sh", step.run.as_str()].map(Into::into).to_vec(),
            env: self.environment(),
            // A fork's check sees its files, and nothing of the history that it lies in.
            read_only: if new.fork { Vec::new() } else { vec![(objects, OBJECTS.into())] },
            gateway_socket: self.workspace.gateway_socket(),
            stdin: sandbox::Input::Nothing,
            limits: if new.fork { tight } else { usual },
        }
    }

    fn environment(&self) -> Vec<(String, String)> {
        let new = &self.job.new;
        let mut environment: Vec<(String, String)> = new.plan.environment.clone().into_iter().collect();
        let ours = [
            ("CI", "true".to_owned()),
            ("FORGEHAND_CHECK", new.name.clone()),
            ("FORGEHAND_REPOSITORY", new.repo.to_string()),
            ("FORGEHAND_SHA", new.sha.to_string()),
            ("FORGEHAND_BRANCH", new.branch.as_ref().map(ToString::to_string).unwrap_or_default()),
            ("FORGEHAND_PULL", new.pull.map(|number| number.to_string()).unwrap_or_default()),
            ("FORGEHAND_EVENT", new.trigger.clone()),
            ("FORGEHAND_ATTEMPT", self.job.attempt.to_string()),
        ];
        environment.extend(ours.map(|(name, value)| (name.to_owned(), value)));
        environment
    }

    /// How the step is shown, and what became of the job if it ends here.
    async fn after(
        &self,
        step: &Step,
        stopped: Stopped,
        keeper: &mut Keeper,
    ) -> Result<((&'static str, String), Option<Ran>)> {
        let ending = match stopped {
            Stopped::Ended(ending) => ending,
            Stopped::LeaseLost => return Ok((("lost", "its lease was lost".into()), Some(Ran::LeaseLost))),
            Stopped::Asked(Ask::Cancel) => {
                let job = self.engine.checks.job(self.job.new.repo.id, self.job.id).await?;
                let by = job.cancel_asked_by.unwrap_or_else(|| "somebody".into());
                let outcome = Outcome::cancelled(&by);
                return Ok((
                    ("failure", outcome.words.clone()),
                    Some(Ran::Ended { outcome, signature: String::new() }),
                ));
            }
            Stopped::Asked(_) => return Ok((("lost", "the server stopped".into()), Some(Ran::Stopped))),
        };
        let Some(outcome) = after_step(ending, self.timeout) else {
            return Ok((("success", "passed".into()), None));
        };
        let lines = keeper.recent();
        let signature = match outcome.state {
            JobState::Failure => signature(&step.name, outcome.reason, &lines),
            _ => String::new(),
        };
        let ended = ("failure", outcome.words.clone());
        let told = telling(&lines).first().map(|line| format!(": {}", bounded(line, 200))).unwrap_or_default();
        let words = format!("`{}` {}{told}", step.name, outcome.words);
        Ok((ended, Some(Ran::Ended { outcome: Outcome { words, ..outcome }, signature })))
    }
}
