//! Which jobs an event asks for: those of the file at the commit that it speaks of.

use crate::access::Cx;
use crate::catalog;
use crate::catalog::AtCommit;
use crate::catalog::CHECKS_FILE;
use crate::catalog::Diagnostic;
use crate::catalog::OF_THE_FILE;
use crate::catalog::Severity;
use crate::catalog::checks_file::CheckJob;
use crate::catalog::checks_file::CheckOn;
use crate::catalog::checks_file::LONGEST_JOB;
use crate::catalog::checks_file::Script;
use crate::catalog::policy_file::ForkRun;
use crate::checks;
use crate::checks::Asked;
use crate::checks::JobState;
use crate::checks::Keeper;
use crate::checks::NewJob;
use crate::checks::Older;
use crate::checks::Outcome;
use crate::engine::Engine;
use crate::events::StoredEvent;
use crate::forge::embedded::Place;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::model::ActorKind;
use crate::model::BranchName;
use crate::model::CommitId;
use crate::model::What;
use crate::model::event::Check;

/// What is to be checked.
struct Wanted<'a> {
    on: CheckOn,
    sha: &'a CommitId,
    paths: &'a [String],
    branch: &'a BranchName,
    pull: Option<i64>,
    fork: bool,
}

impl Wanted<'_> {
    fn older(&self, stored: &StoredEvent) -> Older<'_> {
        let branch = Some(self.branch).filter(|_| !self.fork);
        Older { repo: stored.event.repo.id, sha: self.sha, branch, pull: self.pull }
    }
}

impl Engine {
    /// Queues the jobs that an event asks for. Asked again about the same event, it changes nothing.
    pub(in crate::engine) async fn plan_checks(&self, stored: &StoredEvent) -> Result<()> {
        let event = &stored.event;
        let of_ours = event.actor.kind == ActorKind::Own;
        match &event.what {
            What::Push { branch, after: Some(sha), paths, .. } => {
                let pull = self.reader.pull_of_branch(&event.repo, branch).await?.map(|pull| pull.number);
                self.plan(stored, Wanted { on: CheckOn::Push, sha, paths, branch, pull, fork: false }).await
            }
            What::PullRequest { action, pull, paths } if is_new_head(action) && pull.state == "open" => {
                let (sha, branch) = (&pull.head.sha, &pull.head.branch);
                let (number, fork) = (Some(pull.number), pull.fork);
                self.plan(stored, Wanted { on: CheckOn::PullRequest, sha, paths, branch, pull: number, fork }).await
            }
            What::Schedule { cron, timezone, paths, .. } => self.plan_by_clock(stored, (cron, timezone), paths).await,
            // How an approved effect asks for a check to run again.
            What::Check { check, .. } if of_ours && check.conclusion == "pending" => {
                self.asked_again(stored, check).await
            }
            _ => Ok(()),
        }
    }

    async fn plan(&self, stored: &StoredEvent, wanted: Wanted<'_>) -> Result<()> {
        let Some(place) = self.checked_place(stored).await? else { return Ok(()) };
        let git = self.forge.git(&place.repository);
        if git.commit(wanted.sha).await?.is_none() {
            return Ok(());
        }
        let read = catalog::load_checks(&AtCommit { repository: &git, commit: wanted.sha }).await?;
        let Some(file) = &read.file else {
            return self.say_broken(stored, &wanted, &read.diagnostics).await;
        };
        let cannot = self.cannot_run(stored, &wanted).await?;
        let replaces = file.concurrency.cancel_in_progress && self.is_newest(stored, &wanted).await?;
        let now = self.clock.now();
        let mut tx = self.db.begin().await?;
        for Asked { name, job, left_out } in checks::due(file, wanted.on, wanted.paths) {
            let ended = if left_out { Some(Outcome::left_out()) } else { cannot.clone() };
            let new = new_job(stored, &wanted, name, job.clone());
            self.checks.enqueue(&mut tx, new, ended.as_ref(), now).await?;
        }
        let older = match replaces {
            true => self.checks.supersede(&mut tx, &wanted.older(stored), now).await?,
            false => Vec::new(),
        };
        tx.commit().await?;
        for job in &older {
            self.checking.cancel(job.id);
            self.checks.announce(job.id);
        }
        self.poke.poke();
        Ok(())
    }

    /// Queues what the clock asks for, at the tip of the default branch. What was checked there before is checked again.
    async fn plan_by_clock(&self, stored: &StoredEvent, line: (&str, &str), paths: &[String]) -> Result<()> {
        let Some(place) = self.checked_place(stored).await? else { return Ok(()) };
        let git = self.forge.git(&place.repository);
        let branch = &place.repository.default_branch;
        let Some(sha) = git.branch(branch).await? else { return Ok(()) };
        let read = catalog::load_checks(&AtCommit { repository: &git, commit: &sha }).await?;
        // A file that is broken failed the check of its commit when that was pushed.
        let Some(file) = &read.file else { return Ok(()) };
        let wanted = Wanted { on: CheckOn::Schedule, sha: &sha, paths, branch, pull: None, fork: false };
        let ended = self.cannot_run(stored, &wanted).await?;
        let mut tx = self.db.begin().await?;
        for Asked { name, job, left_out } in checks::due(file, wanted.on, wanted.paths) {
            if !left_out && job.schedule.as_ref().is_some_and(|schedule| schedule.is(line.0, line.1)) {
                let new = new_job(stored, &wanted, name, job.clone());
                self.checks.enqueue_anew(&mut tx, new, ended.as_ref(), self.clock.now()).await?;
            }
        }
        tx.commit().await?;
        self.poke.poke();
        Ok(())
    }

    /// Whether this is still the head: an event that is looked at late cancels nothing newer than itself.
    async fn is_newest(&self, stored: &StoredEvent, wanted: &Wanted<'_>) -> Result<bool> {
        let head = match (wanted.fork, wanted.pull) {
            (false, _) => self.reader.branch_head(&stored.event.repo, wanted.branch).await?,
            (true, Some(pull)) => self.reader.pull(&stored.event.repo, pull).await?.map(|pull| pull.head.sha),
            (true, None) => None,
        };
        Ok(head.as_ref() == Some(wanted.sha))
    }

    /// A repository of the embedded forge: other forges have checks of their own.
    async fn checked_place(&self, stored: &StoredEvent) -> Result<Option<Place>> {
        match self.forge.enter_by_id(&Cx::system(&self.clock), stored.event.repo.id).await {
            Ok(place) => Ok(Some(place)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Why no job of this event may run at all, if so.
    async fn cannot_run(&self, stored: &StoredEvent, wanted: &Wanted<'_>) -> Result<Option<Outcome>> {
        if let Some(why) = self.sandbox_missing() {
            return Ok(Some(Outcome::error("sandbox_missing", format!("This machine cannot run checks: {why}"))));
        }
        if !wanted.fork {
            return Ok(None);
        }
        let Some(trusted) = self.trusted(&stored.event.repo).await? else { return Ok(None) };
        let policies = [&trusted.catalog.policy, &trusted.catalog.ceiling];
        let denied = policies.iter().any(|policy| policy.forks.run == ForkRun::Deny);
        let words = "The pull request comes from a fork, and `forks.run` of the policy is `deny`".to_owned();
        Ok(denied.then_some(Outcome { state: JobState::Skipped, reason: "denied", words }))
    }

    /// A file that cannot be read is a failed check, whose log says what is wrong.
    async fn say_broken(&self, stored: &StoredEvent, wanted: &Wanted<'_>, found: &[Diagnostic]) -> Result<()> {
        let Some(first) = found.iter().find(|one| one.severity == Severity::Error) else { return Ok(()) };
        let words = format!("`{CHECKS_FILE}:{}:{}`: {}", first.line, first.column, first.message);
        let outcome = Outcome { state: JobState::Failure, reason: "broken_file", words };
        let new = new_job(stored, wanted, OF_THE_FILE, nothing());
        let mut tx = self.db.begin().await?;
        if let Some(job) = self.checks.enqueue(&mut tx, new, Some(&outcome), self.clock.now()).await? {
            let mut keeper = Keeper::default();
            found.iter().for_each(|one| keeper.take(one.to_string().as_bytes()));
            self.checks.write_in(&mut tx, job.id, &keeper.rest()).await?;
        }
        tx.commit().await?;
        self.poke.poke();
        Ok(())
    }

    async fn asked_again(&self, stored: &StoredEvent, check: &Check) -> Result<()> {
        let repo = stored.event.repo.id;
        let Some(job) = self.checks.newest(repo, &check.sha, &check.name).await? else { return Ok(()) };
        let mut tx = self.db.begin().await?;
        let (by, cause) = (stored.event.actor.login.as_str(), stored.id.to_string());
        match self.checks.rerun(&mut tx, &job, by, &cause, self.clock.now()).await {
            Ok(_) => {
                tx.commit().await?;
                self.poke.poke();
                Ok(())
            }
            // The commit says that it is pending now. What it really is has to be said once more.
            Err(error) if error.kind() == ErrorKind::Conflict => self.say_check(&job, &cause).await,
            Err(error) => Err(error),
        }
    }
}

fn is_new_head(action: &str) -> bool {
    matches!(action, "opened" | "reopened" | "synchronize")
}

fn new_job(stored: &StoredEvent, wanted: &Wanted<'_>, name: &str, plan: CheckJob) -> NewJob {
    NewJob {
        repo: stored.event.repo.clone(),
        sha: wanted.sha.clone(),
        name: name.to_owned(),
        plan,
        trigger: wanted.on.as_str().to_owned(),
        branch: Some(wanted.branch.clone()),
        pull: wanted.pull,
        // A file that is broken is read, not run.
        fork: wanted.fork && name != OF_THE_FILE,
        asked_by: stored.event.actor.login.clone(),
        cause: stored.id.to_string(),
    }
}

/// What the check of the file itself runs.
fn nothing() -> CheckJob {
    CheckJob {
        description: format!("Whether `{CHECKS_FILE}` can be read"),
        run: Script::Steps(Vec::new()),
        on: Vec::new(),
        schedule: None,
        paths: Vec::new(),
        timeout: LONGEST_JOB,
        needs: Vec::new(),
        environment: std::collections::BTreeMap::new(),
    }
}
