//! Repositories and branches.

use serde::Serialize;

use crate::access::Standing;
use crate::forge::embedded;
use crate::forge::embedded::wire::account::User;
use crate::forge::embedded::wire::commit::PayloadCommit;
use crate::forge::embedded::wire::number_of;
use crate::git;
use crate::model::Role;

/// A repository.
#[derive(Serialize)]
pub struct Repository {
    id: i64,
    owner: User,
    name: String,
    full_name: String,
    description: String,
    empty: bool,
    private: bool,
    fork: bool,
    template: bool,
    mirror: bool,
    original_url: String,
    mirror_interval: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    mirror_updated: Option<String>,
    size: i64,
    html_url: String,
    url: String,
    ssh_url: &'static str,
    clone_url: String,
    website: &'static str,
    stars_count: i64,
    forks_count: i64,
    watchers_count: i64,
    open_issues_count: i64,
    open_pr_counter: i64,
    default_branch: String,
    archived: bool,
    created_at: String,
    updated_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    permissions: Option<Permission>,
    has_issues: bool,
    has_pull_requests: bool,
    has_wiki: bool,
    allow_merge_commits: bool,
    allow_rebase: bool,
    allow_squash_merge: bool,
    default_merge_style: &'static str,
    avatar_url: &'static str,
    internal: bool,
    object_format_name: &'static str,
}

/// What whoever asks may do there.
#[derive(Serialize)]
struct Permission {
    admin: bool,
    push: bool,
    pull: bool,
}

/// A repository in a word, inside an issue.
#[derive(Serialize)]
pub struct RepositoryMeta {
    id: i64,
    name: String,
    owner: String,
    full_name: String,
}

/// A branch.
#[derive(Serialize)]
pub struct Branch {
    name: String,
    commit: PayloadCommit,
    protected: bool,
    required_approvals: i64,
    enable_status_check: bool,
    status_check_contexts: Vec<String>,
    user_can_push: bool,
    user_can_merge: bool,
    effective_branch_protection_name: String,
}

/// The protection of a branch.
#[derive(Serialize)]
pub struct BranchProtection {
    branch_name: String,
    rule_name: String,
    enable_push: bool,
    required_approvals: i64,
    enable_status_check: bool,
    status_check_contexts: Vec<String>,
    require_code_owner_reviews: bool,
}

impl Repository {
    /// The repository; what somebody may do there is told when it is known.
    pub fn new(base: &str, repository: &embedded::Repository, standing: Option<&Standing>) -> Self {
        let embedded::Repository {
            id,
            owner,
            owner_name,
            name,
            description,
            private,
            default_branch,
            fork_of,
            open_issues,
            open_pulls,
            original_url,
            mirror,
            unfinished: _,
            created,
            updated,
        } = repository;
        let full_name = format!("{owner_name}/{name}");
        Self {
            id: number_of(id),
            owner: User::named(base, owner, owner_name),
            name: name.to_string(),
            description: description.clone(),
            empty: false,
            private: *private,
            fork: fork_of.is_some(),
            template: false,
            mirror: *mirror,
            original_url: original_url.clone().unwrap_or_default(),
            mirror_interval: String::new(),
            mirror_updated: None,
            size: 0,
            html_url: format!("{base}/{full_name}"),
            url: format!("{base}/api/v1/repos/{full_name}"),
            ssh_url: "",
            clone_url: format!("{base}/{full_name}.git"),
            full_name,
            website: "",
            stars_count: 0,
            forks_count: 0,
            watchers_count: 0,
            open_issues_count: *open_issues,
            open_pr_counter: *open_pulls,
            default_branch: default_branch.to_string(),
            archived: false,
            created_at: created.rfc3339(),
            updated_at: updated.rfc3339(),
            permissions: standing.map(|standing| Permission {
                admin: standing.effective_role() >= Some(Role::Admin),
                push: standing.effective_role() >= Some(Role::Write),
                pull: true,
            }),
            has_issues: true,
            has_pull_requests: true,
            has_wiki: false,
            allow_merge_commits: true,
            allow_rebase: true,
            allow_squash_merge: true,
            default_merge_style: "merge",
            avatar_url: "",
            internal: false,
            object_format_name: "sha1",
        }
    }

    /// The same, with what is known about where it comes from.
    pub fn with_origin(mut self, origin: Option<&embedded::Origin>) -> Self {
        if let Some(origin) = origin.filter(|_| self.mirror) {
            self.mirror_interval = embedded::origin::period_words(origin.period);
            self.mirror_updated = origin.fresh.map(crate::kit::clock::Timestamp::rfc3339);
        }
        self
    }

    /// The same, of a repository without any branch.
    pub fn with_emptiness(mut self, empty: bool) -> Self {
        self.empty = empty;
        self
    }
}

impl RepositoryMeta {
    /// A repository in a word.
    pub fn new(repository: &embedded::Repository) -> Self {
        Self {
            id: number_of(&repository.id),
            name: repository.name.to_string(),
            owner: repository.owner_name.to_string(),
            full_name: repository.reference().to_string(),
        }
    }
}

impl Branch {
    /// A branch with its tip.
    pub fn new(
        base: &str,
        place: &embedded::Place,
        name: &crate::model::BranchName,
        tip: &git::Commit,
        protection: Option<&embedded::Protection>,
    ) -> Self {
        let role = place.standing.effective_role();
        let protected = protection.is_some();
        Self {
            name: name.to_string(),
            commit: PayloadCommit::new(base, &place.repository, tip),
            protected,
            required_approvals: protection.map_or(0, |protection| protection.approvals),
            enable_status_check: protection.is_some_and(|protection| !protection.checks.is_empty()),
            status_check_contexts: protection.map(|protection| protection.checks.clone()).unwrap_or_default(),
            user_can_push: role >= Some(Role::Write) && !protected,
            user_can_merge: role >= Some(if protected { Role::Maintain } else { Role::Write }),
            effective_branch_protection_name: protection.map(|one| one.branch.to_string()).unwrap_or_default(),
        }
    }
}

impl BranchProtection {
    /// The protection of a branch.
    pub fn new(protection: &embedded::Protection) -> Self {
        let embedded::Protection { branch, approvals, checks, owners } = protection;
        Self {
            branch_name: branch.to_string(),
            rule_name: branch.to_string(),
            enable_push: false,
            required_approvals: *approvals,
            enable_status_check: !checks.is_empty(),
            status_check_contexts: checks.clone(),
            require_code_owner_reviews: *owners,
        }
    }
}
