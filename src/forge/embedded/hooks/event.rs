//! What a hook can be told about, in Gitea's words.

use crate::kit::Error;
use crate::kit::Result;

/// One kind of thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum HookEvent {
    /// A branch came to be.
    Create,
    /// A branch was deleted.
    Delete,
    /// A branch came to be or moved.
    Push,
    /// An issue was opened, closed, reopened or edited.
    Issues,
    /// Somebody is to look after an issue, or no longer.
    IssueAssign,
    /// Labels of an issue changed.
    IssueLabel,
    /// An issue went into a milestone or out of one.
    IssueMilestone,
    /// Somebody commented on an issue, or changed what they said.
    IssueComment,
    /// A pull request was opened, closed, merged, reopened or edited.
    PullRequest,
    /// Somebody is to look after a pull request, or no longer.
    PullRequestAssign,
    /// Labels of a pull request changed.
    PullRequestLabel,
    /// A pull request went into a milestone or out of one.
    PullRequestMilestone,
    /// Somebody commented on a pull request, or changed what they said.
    PullRequestComment,
    /// The head of a pull request moved.
    PullRequestSync,
    /// A review approved.
    ReviewApproved,
    /// A review asked for changes.
    ReviewRejected,
    /// A review only said something.
    ReviewComment,
    /// A status of a commit was posted.
    Status,
}

/// What Gitea and Forgejo know and this forge never does; hooks may ask for it all the same.
const NEVER: [&str; 13] = [
    "fork",
    "wiki",
    "repository",
    "release",
    "package",
    "pull_request_review_request",
    "schedule",
    "workflow_run",
    "workflow_job",
    "action_run_failure",
    "action_run_recover",
    "action_run_success",
    "pull_request_review_thread",
];

/// What a word stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Known {
    /// These events: some words stand for several.
    Events(Vec<HookEvent>),
    /// Something that happens elsewhere.
    Never,
}

impl HookEvent {
    /// All of them, in the order in which people see them.
    pub const ALL: [Self; 18] = [
        Self::Push,
        Self::Create,
        Self::Delete,
        Self::Issues,
        Self::IssueAssign,
        Self::IssueLabel,
        Self::IssueMilestone,
        Self::IssueComment,
        Self::PullRequest,
        Self::PullRequestAssign,
        Self::PullRequestLabel,
        Self::PullRequestMilestone,
        Self::PullRequestComment,
        Self::PullRequestSync,
        Self::ReviewApproved,
        Self::ReviewRejected,
        Self::ReviewComment,
        Self::Status,
    ];

    /// The word for it: in the database, in `events` of a hook, and in `X-Gitea-Event-Type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Delete => "delete",
            Self::Push => "push",
            Self::Issues => "issues",
            Self::IssueAssign => "issue_assign",
            Self::IssueLabel => "issue_label",
            Self::IssueMilestone => "issue_milestone",
            Self::IssueComment => "issue_comment",
            Self::PullRequest => "pull_request",
            Self::PullRequestAssign => "pull_request_assign",
            Self::PullRequestLabel => "pull_request_label",
            Self::PullRequestMilestone => "pull_request_milestone",
            Self::PullRequestComment => "pull_request_comment",
            Self::PullRequestSync => "pull_request_sync",
            Self::ReviewApproved => "pull_request_review_approved",
            Self::ReviewRejected => "pull_request_review_rejected",
            Self::ReviewComment => "pull_request_review_comment",
            Self::Status => "status",
        }
    }

    /// The coarser word in `X-Gitea-Event`.
    pub fn header(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Delete => "delete",
            Self::Push => "push",
            Self::Issues | Self::IssueAssign | Self::IssueLabel | Self::IssueMilestone => "issues",
            Self::IssueComment | Self::PullRequestComment => "issue_comment",
            Self::PullRequest
            | Self::PullRequestAssign
            | Self::PullRequestLabel
            | Self::PullRequestMilestone
            | Self::PullRequestSync => "pull_request",
            Self::ReviewApproved => "pull_request_approved",
            Self::ReviewRejected => "pull_request_rejected",
            Self::ReviewComment => "pull_request_comment",
            Self::Status => "status",
        }
    }

    /// What people read.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Create => "a branch came to be",
            Self::Delete => "a branch was deleted",
            Self::Push => "commits came to a branch",
            Self::Issues => "an issue was opened, edited, closed or reopened",
            Self::IssueAssign => "an issue was given to somebody",
            Self::IssueLabel => "labels of an issue changed",
            Self::IssueMilestone => "an issue's milestone changed",
            Self::IssueComment => "a comment on an issue",
            Self::PullRequest => "a pull request was opened, edited, closed, merged or reopened",
            Self::PullRequestAssign => "a pull request was given to somebody",
            Self::PullRequestLabel => "labels of a pull request changed",
            Self::PullRequestMilestone => "a pull request's milestone changed",
            Self::PullRequestComment => "a comment on a pull request",
            Self::PullRequestSync => "new commits on a pull request",
            Self::ReviewApproved => "a review that approves",
            Self::ReviewRejected => "a review that asks for changes",
            Self::ReviewComment => "a review that comments",
            Self::Status => "a check said how it went",
        }
    }

    /// What a word in `events` stands for. `issues` and `pull_request` stand for all that happens to one, as in Gitea.
    pub fn named(word: &str) -> Result<Known> {
        let all = |keep: fn(&Self) -> bool| Ok(Known::Events(Self::ALL.into_iter().filter(keep).collect()));
        match word {
            "issues" => all(|event| matches!(event.header(), "issues") || *event == Self::IssueComment),
            "pull_request" => all(|event| event.as_str().starts_with("pull_request")),
            "pull_request_review" => all(|event| event.as_str().starts_with("pull_request_review")),
            "issues_only" => Ok(Known::Events(vec![Self::Issues])),
            "pull_request_only" => Ok(Known::Events(vec![Self::PullRequest])),
            word => match word.parse() {
                Ok(event) => Ok(Known::Events(vec![event])),
                Err(_) if NEVER.contains(&word) => Ok(Known::Never),
                Err(error) => Err(error),
            },
        }
    }

    /// What several words stand for together, each once, in the order in which people see them.
    pub fn all_named(words: &[String]) -> Result<Vec<Self>> {
        let mut wanted = Vec::new();
        for word in words {
            if let Known::Events(events) = Self::named(word)? {
                wanted.extend(events);
            }
        }
        Ok(Self::ALL.into_iter().filter(|event| wanted.contains(event)).collect())
    }
}

impl std::str::FromStr for HookEvent {
    type Err = Error;

    fn from_str(word: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|event| event.as_str() == word);
        found.ok_or_else(|| {
            let known: Vec<&str> = Self::ALL.iter().map(|event| event.as_str()).collect();
            Error::invalid(format!("A hook cannot be told about `{}`", crate::kit::text::visible_line(word, 60)))
                .hint(format!("events are {}", known.join(", ")))
                .field("events")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(words: &[&str]) -> Vec<&'static str> {
        let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        HookEvent::all_named(&words).unwrap().iter().map(|event| event.as_str()).collect()
    }

    #[test]
    fn a_word_may_stand_for_several_events() {
        assert_eq!(named(&["status", "push", "push", "release"]), ["push", "status"]);
        assert_eq!(named(&["issues"]), ["issues", "issue_assign", "issue_label", "issue_milestone", "issue_comment"]);
        assert_eq!(named(&["pull_request"]).len(), 9);
        assert_eq!(named(&["pull_request_review"]).len(), 3);
        assert!(HookEvent::named("pushes").is_err());
    }
}
