//! From what happened to what hooks are told: one row for each hook that wants to know, in the transaction of what it tells.

use serde::Serialize;
use serde_json::Value;

use crate::db::Tx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::entry::Entry;
use crate::forge::embedded::entry::ReviewState;
use crate::forge::embedded::hooks::Hook;
use crate::forge::embedded::hooks::HookDelivery;
use crate::forge::embedded::hooks::HookDeliveryId;
use crate::forge::embedded::hooks::HookDeliveryState;
use crate::forge::embedded::hooks::HookEvent;
use crate::forge::embedded::hooks::whose::keepers_of;
use crate::forge::embedded::issue::Issue;
use crate::forge::embedded::repository::Repository;
use crate::forge::embedded::status::Status;
use crate::forge::embedded::store;
use crate::forge::embedded::wire;
use crate::forge::embedded::wire::account::User;
use crate::forge::embedded::wire::commit::PayloadCommit;
use crate::forge::embedded::wire::payload;
use crate::forge::embedded::wire::pull::PullRequest;
use crate::forge::embedded::wire::pull::WorkedOut;
use crate::git;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::ActorRef;
use crate::model::BranchName;
use crate::model::CommitId;

/// One thing that happened, with all that a payload says of it.
pub(in crate::forge::embedded) enum Happening<'a> {
    /// An issue or pull request changed.
    Issue { issue: &'a Issue, doing: Doing },
    /// Somebody commented, or changed what they said; `before` is what they had said.
    Comment { issue: &'a Issue, entry: &'a Entry, before: Option<String> },
    /// Somebody reviewed a pull request.
    Review { issue: &'a Issue, entry: &'a Entry },
    /// A status was posted.
    Status { status: &'a Status, commit: &'a git::Commit },
    /// A branch moved.
    Push { branch: &'a BranchName, before: Option<&'a CommitId>, after: Option<&'a CommitId>, commits: &'a [Pushed] },
}

/// What was done to an issue or pull request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::forge::embedded) enum Doing {
    Opened,
    Closed,
    Reopened,
    Edited { title: Option<String>, body: Option<String> },
    Assigned,
    Unassigned,
    Labelled,
    Milestoned,
    Demilestoned,
    Synchronized,
}

/// A commit that came with a push, and what it changed.
#[derive(Clone, Debug)]
pub(in crate::forge::embedded) struct Pushed {
    pub commit: git::Commit,
    pub added: Vec<String>,
    pub removed: Vec<String>,
    pub modified: Vec<String>,
}

/// What Git calls no commit.
const NOTHING: &str = "0000000000000000000000000000000000000000";

impl Embedded {
    /// Tells hooks that something happened, in the transaction of the change.
    pub(in crate::forge::embedded) async fn announce(
        &self,
        tx: &mut Tx,
        at: (&Repository, Timestamp),
        actor: &ActorRef,
        happening: Happening<'_>,
    ) -> Result<()> {
        let (repository, now) = at;
        let hooks = store::hooks::of_any(tx, keepers_of(repository)).await?;
        for event in happening.events() {
            let branch = happening.branch(event);
            let wanting: Vec<&Hook> = hooks.iter().filter(|hook| hook.wants(event, branch)).collect();
            if wanting.is_empty() {
                continue;
            }
            let payload = self.payload(repository, actor, event, &happening).to_string();
            for hook in wanting {
                let delivery = HookDelivery {
                    id: HookDeliveryId::make(),
                    keeper: hook.keeper,
                    hook: hook.id,
                    repo: repository.id,
                    event,
                    payload: payload.clone(),
                    state: HookDeliveryState::Pending,
                    tries: 0,
                    due: now,
                    original: None,
                    created: now,
                };
                store::hook_deliveries::insert(tx, &delivery).await?;
            }
        }
        Ok(())
    }

    fn payload(&self, repository: &Repository, actor: &ActorRef, event: HookEvent, happening: &Happening<'_>) -> Value {
        let place = self.place_of(repository, actor);
        let base = self.base_url();
        match happening {
            Happening::Issue { issue, doing } => self.issue_payload(repository, place, issue, doing),
            Happening::Comment { issue, entry, before } => json(&payload::CommentChanged {
                action: if before.is_some() { "edited" } else { "created" },
                issue: wire::issue::Issue::new(base, repository, issue),
                pull_request: self.pull_shown(repository, issue),
                comment: wire::comment::Comment::new(base, repository, entry),
                changes: before.as_ref().map(|body| changes(None, Some(body))),
                place,
                is_pull: issue.pull.is_some(),
            }),
            Happening::Review { issue, entry } => json(&payload::PullChanged {
                action: "reviewed",
                number: issue.number,
                changes: None,
                pull_request: self.pull_shown(repository, issue),
                requested_reviewer: None,
                place,
                commit_id: entry.review.as_ref().map(|review| review.sha.to_string()).unwrap_or_default(),
                review: Some(payload::ReviewSaid { r#type: event.as_str(), content: entry.body.clone() }),
            }),
            Happening::Status { status, commit } => {
                json(&payload::StatusPosted::new(PayloadCommit::new(base, repository, commit), status, place))
            }
            Happening::Push { branch, before, after, commits } => match event {
                HookEvent::Create => json(&payload::Create {
                    sha: after.map_or_else(|| NOTHING.to_owned(), ToString::to_string),
                    r#ref: branch.to_string(),
                    ref_type: "branch",
                    place,
                }),
                HookEvent::Delete => {
                    json(&payload::Delete { r#ref: branch.to_string(), ref_type: "branch", pusher_type: "user", place })
                }
                _ => self.push_payload(repository, actor, (branch, *before, *after), commits),
            },
        }
    }

    fn issue_payload(&self, repository: &Repository, place: payload::Where, issue: &Issue, doing: &Doing) -> Value {
        let action = doing.action(issue.labels.is_empty());
        let changes = match doing {
            Doing::Edited { title, body } => Some(changes(title.as_ref(), body.as_ref())),
            _ => None,
        };
        let Some(pull) = &issue.pull else {
            return json(&payload::IssueChanged {
                action,
                number: issue.number,
                changes,
                issue: wire::issue::Issue::new(self.base_url(), repository, issue),
                place,
                commit_id: "",
            });
        };
        json(&payload::PullChanged {
            action,
            number: issue.number,
            changes,
            pull_request: self.pull_shown(repository, issue),
            requested_reviewer: None,
            place,
            commit_id: if *doing == Doing::Synchronized { pull.head_sha.to_string() } else { String::new() },
            review: None,
        })
    }

    /// A push from one commit to another, as a hook is told.
    pub(super) fn push_payload(
        &self,
        repository: &Repository,
        actor: &ActorRef,
        moved: (&BranchName, Option<&CommitId>, Option<&CommitId>),
        commits: &[Pushed],
    ) -> Value {
        let (branch, before, after) = moved;
        let base = self.base_url();
        let id = |commit: Option<&CommitId>| commit.map_or_else(|| NOTHING.to_owned(), ToString::to_string);
        let compare = match (before, after) {
            (Some(_), Some(after)) => format!("{base}/{}/commit/{after}", repository.reference()),
            _ => String::new(),
        };
        let shown = |pushed: &Pushed| {
            let Pushed { commit, added, removed, modified } = pushed;
            PayloadCommit::new(base, repository, commit).with_files(added.clone(), removed.clone(), modified.clone())
        };
        let place = self.place_of(repository, actor);
        json(&payload::Push {
            r#ref: branch.as_ref_name(),
            before: id(before),
            after: id(after),
            compare_url: compare,
            commits: commits.iter().map(shown).collect(),
            total_commits: commits.len(),
            head_commit: commits.first().map(shown),
            pusher: self.person_of(actor),
            place,
        })
    }

    fn pull_shown(&self, repository: &Repository, issue: &Issue) -> Option<PullRequest> {
        PullRequest::new(self.base_url(), repository, issue, WorkedOut::default())
    }

    fn place_of(&self, repository: &Repository, actor: &ActorRef) -> payload::Where {
        let repository = wire::repository::Repository::new(self.base_url(), repository, None);
        payload::Where { repository, sender: self.person_of(actor) }
    }

    fn person_of(&self, actor: &ActorRef) -> User {
        User::author(self.base_url(), &self.as_author(actor))
    }
}

impl Happening<'_> {
    fn events(&self) -> Vec<HookEvent> {
        let either = |issue: &Issue, of_issue, of_pull| if issue.pull.is_some() { of_pull } else { of_issue };
        match self {
            Self::Issue { issue, doing } => {
                let (of_issue, of_pull) = doing.events();
                vec![either(issue, of_issue, of_pull)]
            }
            Self::Comment { issue, .. } => {
                vec![either(issue, HookEvent::IssueComment, HookEvent::PullRequestComment)]
            }
            Self::Review { entry, .. } => entry.review.iter().map(|review| judged(review.state)).collect(),
            Self::Status { .. } => vec![HookEvent::Status],
            Self::Push { after: None, .. } => vec![HookEvent::Delete],
            Self::Push { before: None, .. } => vec![HookEvent::Create, HookEvent::Push],
            Self::Push { .. } => vec![HookEvent::Push],
        }
    }

    /// The branch that a hook's filter looks at.
    fn branch(&self, event: HookEvent) -> Option<&str> {
        match self {
            Self::Push { branch, .. } => Some(branch.as_str()),
            Self::Issue { issue, .. } | Self::Review { issue, .. } if event.header() == "pull_request" => {
                issue.pull.as_ref().map(|pull| pull.base_branch.as_str())
            }
            _ => None,
        }
    }
}

impl Doing {
    fn action(&self, bare: bool) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Closed => "closed",
            Self::Reopened => "reopened",
            Self::Edited { .. } => "edited",
            Self::Assigned => "assigned",
            Self::Unassigned => "unassigned",
            Self::Labelled if bare => "label_cleared",
            Self::Labelled => "label_updated",
            Self::Milestoned => "milestoned",
            Self::Demilestoned => "demilestoned",
            Self::Synchronized => "synchronized",
        }
    }

    /// What it is called for an issue, and for a pull request.
    fn events(&self) -> (HookEvent, HookEvent) {
        match self {
            Self::Opened | Self::Closed | Self::Reopened | Self::Edited { .. } => {
                (HookEvent::Issues, HookEvent::PullRequest)
            }
            Self::Assigned | Self::Unassigned => (HookEvent::IssueAssign, HookEvent::PullRequestAssign),
            Self::Labelled => (HookEvent::IssueLabel, HookEvent::PullRequestLabel),
            Self::Milestoned | Self::Demilestoned => (HookEvent::IssueMilestone, HookEvent::PullRequestMilestone),
            Self::Synchronized => (HookEvent::Issues, HookEvent::PullRequestSync),
        }
    }
}

fn judged(state: ReviewState) -> HookEvent {
    match state {
        ReviewState::Approved => HookEvent::ReviewApproved,
        ReviewState::ChangesRequested => HookEvent::ReviewRejected,
        ReviewState::Commented => HookEvent::ReviewComment,
    }
}

fn changes(title: Option<&String>, body: Option<&String>) -> payload::Changes {
    let from = |text: &String| payload::From { from: text.clone() };
    payload::Changes { title: title.map(from), body: body.map(from) }
}

fn json(payload: &impl Serialize) -> Value {
    serde_json::to_value(payload).expect("a payload of ours is JSON: its keys are words")
}
