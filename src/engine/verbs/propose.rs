//! An agent proposes an effect: it gets a target, the state that the target is in, a payload and a digest; it is checked
//! and judged; and people are asked, or it is written, or the agent is told why not.

use std::sync::Arc;

use serde_json::json;

use crate::access::Cx;
use crate::approvals::Approved;
use crate::approvals::Subject;
use crate::catalog::Stack;
use crate::context::Snapshot;
use crate::engine::Engine;
use crate::engine::Trusted;
use crate::engine::verbs::code::From;
use crate::git::Repository;
use crate::git::Who;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::AttemptId;
use crate::model::BranchName;
use crate::model::CommitId;
use crate::model::Effect;
use crate::model::RepoRef;
use crate::model::TreePath;
use crate::model::Verdict;
use crate::model::effect::Expected;
use crate::model::effect::Payload;
use crate::model::effect::ReviewVerdict;
use crate::model::effect::ReviewWords;
use crate::model::effect::Target;
use crate::policy;
use crate::proposals::Draft;
use crate::proposals::NewProposed;
use crate::proposals::Proposed;
use crate::proposals::Stored;
use crate::proposals::Terms;
use crate::proposals::check;
use crate::runs::NewEvent;
use crate::runs::Run;
use crate::sandbox::Workspace;

/// Everything that a proposal of an attempt depends on.
#[derive(Clone)]
pub struct Proposing {
    /// The run.
    pub run: Run,
    /// The attempt.
    pub attempt: AttemptId,
    /// What was in force when the run was dispatched.
    pub trusted: Trusted,
    /// The stack, as it was then.
    pub stack: Stack,
    /// Whether the agent was shown words of people without the right, or of our own hand: then nothing it proposes goes
    /// out without a person.
    pub untrusted: bool,
    /// Where the agent works.
    pub workspace: Arc<Workspace>,
    /// The company brain as the run sees it.
    pub memory: Option<Snapshot>,
}

impl Engine {
    /// Takes a draft of an agent. An error says how to mend it.
    pub async fn propose(&self, proposing: &Proposing, draft: Draft) -> Result<Proposed> {
        let run = &proposing.run;
        let quarantine = match &draft {
            Draft::Memory { .. } => self.git.closed_quarantine_of(run.id),
            _ => self.git.quarantine_of(run.id),
        };
        let effect = self.effect(proposing, &quarantine, draft).await?;
        if let Some(before) = self.proposals.before(run.id, &effect.digest(&run.dispatch.policy_digest)).await? {
            return Ok(before);
        }
        self.room_for(&effect).await?;
        let preview = self.unstored_view(&quarantine, &effect).await?;
        check::effect(&effect, &preview)?;
        self.holds_no_secret(&effect, &preview)?;
        let judged = self.judged(proposing, &effect).await?;
        let new = NewProposed {
            run: run.id,
            attempt: proposing.attempt,
            policy_digest: run.dispatch.policy_digest,
            verdict: judged.verdict,
            because: judged.because,
            terms: Terms {
                role: judged.approvers.role,
                teams: judged.approvers.teams,
                count: judged.approvers.count,
                self_allowed: judged.self_allowed,
                expires_after: judged.expires.as_secs(),
            },
            proposal_commit: self.keep(run, &quarantine, &effect, &preview).await?,
            effect,
        };
        self.store_proposed(run, new).await
    }

    /// Nothing that the vault keeps leaves by a proposal, whatever it is dressed up as.
    fn holds_no_secret(&self, effect: &Effect, blobs: &impl crate::proposals::Blobs) -> Result<()> {
        let watch = self.vault.watch();
        let words =
            serde_json::to_value(&effect.payload).map_err(|error| Error::internal("An effect").source(error))?;
        let refused = |place: &str| {
            Err(Error::invalid(format!("This holds a part of a secret that the server keeps: {place}"))
                .code("SECRET_FOUND")
                .hint("take it out, in whatever form it is there"))
        };
        if watch.redact_json(words.clone()) != words {
            return refused("in its words");
        }
        let files = effect.code().map(|code| code.files.as_slice()).unwrap_or_default();
        let new = files.iter().filter_map(|file| Some((file, blobs.bytes(file.new.as_ref()?)?)));
        match new.into_iter().find(|(_, bytes)| watch.holds(bytes)) {
            Some((file, _)) => refused(&format!("in `{}`", crate::kit::text::visible_line(&file.path, 200))),
            None => Ok(()),
        }
    }

    /// What policy says of an effect of this attempt now.
    pub(super) async fn judged(&self, proposing: &Proposing, effect: &Effect) -> Result<policy::Judged> {
        let run = &proposing.run;
        let target = &effect.target.repo;
        let brain = match target.id == run.dispatch.repo.id {
            true => None,
            false => self.trusted(target).await?,
        };
        Ok(policy::judge(policy::Case {
            brain: brain.as_ref().map(|brain| &brain.catalog.policy),
            effect,
            stack_name: &run.dispatch.stack,
            stack: &proposing.stack,
            repository: &proposing.trusted.catalog.policy,
            organisation: &proposing.trusted.catalog.ceiling,
            // Looked up anew: it may have read strangers' words meanwhile.
            untrusted: proposing.untrusted || !self.runs.run(run.id).await?.dispatch.trusted,
        }))
    }

    async fn store_proposed(&self, run: &Run, new: NewProposed) -> Result<Proposed> {
        let cx = Cx { actor: crate::access::Actor::Agent { run: run.id }, ..Cx::system(&self.clock) };
        let mut step = self.step(&cx).await?;
        let now = step.now();
        let attempt = new.attempt;
        let proposed = match self.proposals.store(&mut step, new, now).await? {
            Stored::Again(before) => return Ok(before),
            Stored::New(proposed) => proposed,
        };
        let mut asked = None;
        match proposed.new.verdict {
            Verdict::Allow => {
                let approved = Approved::by_policy(proposed.clone())?;
                self.write_backs.enqueue(&mut step, &approved, now).await?;
            }
            Verdict::Ask => {
                let subject = Subject {
                    run: run.id,
                    repo: run.dispatch.repo.clone(),
                    number: run.dispatch.number,
                    requester: run.dispatch.requester,
                    requester_login: run.dispatch.requester_login.clone(),
                };
                asked = Some(self.approvals.request(&mut step, &subject, &proposed, now).await?);
            }
            Verdict::Deny => {}
        }
        let body = json!({
            "effect": proposed.digest.short(),
            "digest": proposed.digest,
            "kind": proposed.new.effect.kind(),
            "verdict": proposed.new.verdict,
            "because": proposed.new.because,
            "approval": asked,
        });
        self.runs.note(&mut step, run.id, Some(attempt), now, &[NewEvent::ours("proposal", body.clone())]).await?;
        let action = match proposed.new.verdict {
            Verdict::Allow => "policy.auto_approve",
            Verdict::Ask => "policy.require_approval",
            Verdict::Deny => "policy.deny",
        };
        step.finish(action, format!("run {}", run.id), body).await?;
        self.runs.announce(run.id);
        Ok(proposed)
    }

    /// Keeps every payload as a blob of a commit in quarantine.
    async fn keep(
        &self,
        run: &Run,
        quarantine: &Repository,
        effect: &Effect,
        blobs: &impl crate::proposals::Blobs,
    ) -> Result<CommitId> {
        let digest = effect.digest(&run.dispatch.policy_digest);
        let json = serde_json::to_vec_pretty(effect)
            .map_err(|error| Error::internal("Cannot write an effect").source(error))?;
        let mut parts: Vec<(TreePath, Vec<u8>)> = vec![("effect.json".parse()?, json)];
        for file in effect.code().map(|code| code.files.as_slice()).unwrap_or_default() {
            if let Some(bytes) = file.new.as_ref().and_then(|new| blobs.bytes(new)) {
                parts.push((format!("files/{}", file.path).parse()?, bytes));
            }
        }
        let by = Who { name: "forgehand".into(), email: "forgehand@forgehand.invalid".into(), at: run.created };
        let name = format!("{}/{}", run.id, digest.short());
        quarantine.write_proposal(&name, parts, by, format!("Proposal {digest}\n")).await
    }

    async fn unstored_view(
        &self,
        quarantine: &Repository,
        effect: &Effect,
    ) -> Result<impl Fn(&crate::model::effect::FileState) -> Option<Vec<u8>> + use<>> {
        let mut blobs = std::collections::HashMap::new();
        for file in effect.code().map(|code| code.files.as_slice()).unwrap_or_default() {
            for state in [&file.old, &file.new].into_iter().flatten() {
                if let Some(bytes) = quarantine.blob(&state.blob.parse()?).await? {
                    blobs.insert(state.blob.clone(), bytes);
                }
            }
        }
        Ok(move |state: &crate::model::effect::FileState| blobs.get(&state.blob).cloned())
    }

    pub(super) async fn effect(&self, proposing: &Proposing, quarantine: &Repository, draft: Draft) -> Result<Effect> {
        let run = &proposing.run.dispatch;
        match draft {
            Draft::Comment { body, number } => {
                let number = number.or(run.number).ok_or_else(|| {
                    Error::invalid("This run is about no issue or pull request to comment on")
                        .hint("name one in `number`")
                        .field("number")
                })?;
                self.on_number(&run.repo, number, Payload::Comment { body }).await
            }
            Draft::Labels { mut add, mut remove } => {
                let number =
                    run.number.ok_or_else(|| Error::invalid("This run is about no issue or pull request to label"))?;
                add.sort();
                remove.sort();
                self.known_labels(&run.repo, &add).await?;
                self.on_number(&run.repo, number, Payload::Labels { add, remove }).await
            }
            Draft::Memory { title, body, changes } => self.remember(proposing, (title, body), changes).await,
            Draft::CheckRerun { check } => self.rerun(proposing, check).await,
            Draft::Review { verdict, body, lines } => {
                self.review_of(proposing, ReviewWords { verdict, body, lines }).await
            }
            Draft::Issue { title, body, labels } => {
                self.known_labels(&run.repo, &labels).await?;
                Ok(Effect {
                    target: Target { repo: run.repo.clone(), number: None, branch: None },
                    expected: Expected::default(),
                    payload: Payload::Issue { title, body, labels },
                })
            }
            Draft::Push { message } => {
                let (branch, parent) = self.own_branch(proposing).await?;
                let code = self.code(quarantine, &parent, From::Workspace(&proposing.workspace), &message).await?;
                Ok(Effect {
                    target: Target { repo: run.repo.clone(), number: run.number, branch: Some(branch) },
                    expected: Expected { head: Some(parent), ..Expected::default() },
                    payload: Payload::Push { code },
                })
            }
            Draft::PullRequest { title, body, base, branch, message } => {
                let message = message.unwrap_or_else(|| title.clone());
                let base: BranchName = match base {
                    Some(base) => base.parse()?,
                    None => run.code_branch.clone().ok_or_else(no_code)?,
                };
                let parent = run.code_commit.clone().ok_or_else(no_code)?;
                let wanted: Option<BranchName> = branch.map(|branch| branch.parse()).transpose()?;
                let from = match &wanted {
                    Some(branch) if quarantine.branch(branch).await?.is_some() => From::Branch(branch),
                    _ => From::Workspace(&proposing.workspace),
                };
                let code = self.code(quarantine, &parent, from, &message).await?;
                let head = match wanted {
                    Some(branch) => branch,
                    None => format!("forgehand/{}-{}", slug(&run.task), proposing.run.id.short()).parse()?,
                };
                Ok(Effect {
                    target: Target { repo: run.repo.clone(), number: run.number, branch: Some(head) },
                    expected: Expected { branch_absent: true, ..Expected::default() },
                    payload: Payload::PullRequest { title, body, base, code },
                })
            }
        }
    }

    /// Whether a pull request can be opened: its branch is not there yet, and there is one to merge into. Only asked of an
    /// effect that is new: an attempt begun again after a crash finds the branch that it proposed itself.
    async fn room_for(&self, effect: &Effect) -> Result<()> {
        let (Payload::PullRequest { base, .. } | Payload::Memory { base, .. }) = &effect.payload else {
            return Ok(());
        };
        let repo = &effect.target.repo;
        if self.reader.branch_head(repo, base).await?.is_none() {
            return Err(Error::invalid(format!("There is no branch `{base}` to merge into")).field("base"));
        }
        if let Some(head) = &effect.target.branch
            && self.reader.branch_head(repo, head).await?.is_some()
        {
            return Err(Error::invalid(format!("The branch `{head}` exists already"))
                .hint("leave `branch` out, or name another one")
                .field("branch"));
        }
        Ok(())
    }

    /// An effect on an issue or pull request, expected in the state that it is in.
    async fn on_number(&self, repo: &RepoRef, number: i64, payload: Payload) -> Result<Effect> {
        let missing = || Error::invalid(format!("There is no #{number} in {repo}")).field("number");
        let (state, mut labels, head, words) = match self.reader.pull(repo, number).await? {
            Some(pull) => (pull.state, pull.labels, Some(pull.head.sha), Expected::words(&pull.title, &pull.body)),
            None => {
                let issue = self.reader.issue(repo, number).await?.ok_or_else(missing)?;
                (issue.state, issue.labels, None, Expected::words(&issue.title, &issue.body))
            }
        };
        labels.sort();
        let labels = matches!(payload, Payload::Labels { .. }).then_some(labels);
        let text = matches!(payload, Payload::Comment { .. }).then_some(words);
        Ok(Effect {
            target: Target { repo: repo.clone(), number: Some(number), branch: None },
            expected: Expected { head, branch_absent: false, state: Some(state), labels, text },
            payload,
        })
    }

    /// A review of the run's pull request, at the head that the agent works on.
    async fn review_of(&self, proposing: &Proposing, review: ReviewWords) -> Result<Effect> {
        let run = &proposing.run.dispatch;
        let none = || Error::invalid("This run is about no pull request to review").hint("propose a comment instead");
        let number = run.number.ok_or_else(none)?;
        let pull = self.reader.pull(&run.repo, number).await?.ok_or_else(none)?;
        if run.code_commit.as_ref() != Some(&pull.head.sha) {
            return Err(Error::conflict(format!("#{number} moved on to {}", pull.head.sha.short()))
                .hint("propose a comment, or leave it to a new run: what you looked at is not its head any more"));
        }
        if review.verdict == ReviewVerdict::RequestChanges && pull.author == self.forge.own().login.as_str() {
            return Err(Error::invalid("Nobody judges a pull request of their own, and agents opened this one")
                .hint("use the verdict `comment`")
                .field("verdict"));
        }
        self.forge.lines_are_shown(&Cx::system(&self.clock), &run.repo, number, &review.lines).await?;
        self.on_number(&run.repo, number, Payload::Review(review)).await
    }

    async fn known_labels(&self, repo: &RepoRef, add: &[String]) -> Result<()> {
        let place = self.forge.enter_by_id(&Cx::system(&self.clock), repo.id).await?;
        let known: Vec<String> = self.forge.labels(&place).await?.into_iter().map(|label| label.name).collect();
        match add.iter().find(|label| !known.contains(label)) {
            None => Ok(()),
            Some(unknown) => {
                let shown = crate::kit::text::visible_line(unknown, 60);
                Err(Error::invalid(format!("The repository has no label `{shown}`"))
                    .hint(format!("labels are {}", known.join(", ")))
                    .field("add"))
            }
        }
    }

    async fn rerun(&self, proposing: &Proposing, check: String) -> Result<Effect> {
        let run = &proposing.run.dispatch;
        let sha = run.code_commit.clone().ok_or_else(no_code)?;
        let checks = self.reader.checks(&run.repo, &sha).await?;
        if !checks.iter().any(|found| found.name == check) {
            let names: Vec<String> = checks.into_iter().map(|found| found.name).collect();
            let shown = crate::kit::text::visible_line(&check, 60);
            return Err(Error::invalid(format!("There is no check `{shown}` on {}", sha.short()))
                .hint(if names.is_empty() {
                    "this commit has no checks".into()
                } else {
                    format!("checks are {}", names.join(", "))
                })
                .field("check"));
        }
        Ok(Effect {
            target: Target { repo: run.repo.clone(), number: run.number, branch: None },
            expected: Expected::default(),
            payload: Payload::CheckRerun { check, sha },
        })
    }

    /// The branch that the run works on, and the commit that it was seen at.
    async fn own_branch(&self, proposing: &Proposing) -> Result<(BranchName, CommitId)> {
        let run = &proposing.run.dispatch;
        if let Some(number) = run.number
            && let Some(pull) = self.reader.pull(&run.repo, number).await?
            && pull.fork
        {
            return Err(Error::invalid("Cannot push: the head of this pull request lies in a fork")
                .hint("propose a comment with the change, or a pull request"));
        }
        match (&run.code_branch, &run.code_commit) {
            (Some(branch), Some(commit)) => Ok((branch.clone(), commit.clone())),
            _ => Err(no_code()),
        }
    }
}

fn no_code() -> Error {
    Error::invalid("The repository has no commit to work on")
}

/// A word for a branch from the name of a task.
fn slug(task: &str) -> String {
    let word: String =
        task.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).take(40).collect();
    let word = word.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-");
    if word.is_empty() { "change".into() } else { word }
}
