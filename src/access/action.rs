//! What somebody can want to do, and what each of these needs.

use crate::access::Scope;
use crate::model::Role;

/// Everything that is ever asked permission for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Action {
    /// See code, issues, pull requests, runs, deliveries' outcomes and executions of a repository.
    ReadRepository,
    /// Open an issue.
    OpenIssue,
    /// Write a comment on an issue or pull request.
    Comment,
    /// Change title, text or state of an issue or pull request, whoever opened it; its author may without this.
    EditIssue,
    /// Put labels, milestones and assignees on issues and pull requests.
    LabelIssue,
    /// Open a pull request from a branch that exists.
    OpenPull,
    /// Review a pull request.
    ReviewPull,
    /// Push to a branch, or commit through a page or an API.
    PushBranch,
    /// Post the status of a commit.
    PostStatus,
    /// Merge a pull request.
    MergePull,
    /// Ask for a run by hand.
    DispatchRun,
    /// Cancel, retry or answer a run, whoever asked for it; the requester may without this.
    SteerRun,
    /// Start, cancel or run again a check of the forge itself.
    SteerCheck,
    /// Approve or deny an effect. Policy may ask for more.
    DecideEffect,
    /// Read raw deliveries of a repository.
    ReadDeliveries,
    /// Put a delivery through the rules again.
    ReplayDelivery,
    /// Change stacks, rules, skills and policy of a repository.
    EditAgents,
    /// Change hooks of a repository.
    EditHooks,
    /// Change name, visibility, protection and collaborators of a repository, or delete it.
    AdministerRepository,
    /// Make a repository for an owner; the role is the one in the owner's organisation.
    CreateRepository,
    /// Change members, teams and settings of an organisation; the role is the one in the organisation.
    AdministerOrganisation,
    /// Make an organisation.
    CreateOrganisation,
    /// See or change what belongs to oneself: profile, password, tokens.
    EditOwnAccount,
    /// People, runners, health, audit and all other things of the whole server.
    AdministerSite,
}

/// What an action needs of whoever wants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Needs {
    /// Nothing but to see the thing.
    Sight,
    /// To see the thing and to be signed in.
    Person,
    /// This role, or a greater one.
    Role(Role),
    /// To administer the whole server.
    SiteAdmin,
}

impl Action {
    /// All actions, in the order of the matrix.
    pub const ALL: [Self; 24] = [
        Self::ReadRepository,
        Self::OpenIssue,
        Self::Comment,
        Self::EditIssue,
        Self::LabelIssue,
        Self::OpenPull,
        Self::ReviewPull,
        Self::PushBranch,
        Self::PostStatus,
        Self::MergePull,
        Self::DispatchRun,
        Self::SteerRun,
        Self::SteerCheck,
        Self::DecideEffect,
        Self::ReadDeliveries,
        Self::ReplayDelivery,
        Self::EditAgents,
        Self::EditHooks,
        Self::AdministerRepository,
        Self::CreateRepository,
        Self::AdministerOrganisation,
        Self::CreateOrganisation,
        Self::EditOwnAccount,
        Self::AdministerSite,
    ];

    /// What it needs of whoever wants it.
    pub fn needs(self) -> Needs {
        match self {
            Self::ReadRepository => Needs::Sight,
            Self::OpenIssue | Self::Comment | Self::OpenPull | Self::ReviewPull => Needs::Person,
            Self::CreateOrganisation | Self::EditOwnAccount => Needs::Person,
            Self::EditIssue | Self::LabelIssue => Needs::Role(Role::Triage),
            Self::PushBranch | Self::PostStatus | Self::MergePull => Needs::Role(Role::Write),
            Self::DispatchRun | Self::SteerRun | Self::SteerCheck | Self::DecideEffect => Needs::Role(Role::Write),
            Self::ReadDeliveries | Self::CreateRepository => Needs::Role(Role::Write),
            Self::ReplayDelivery | Self::EditAgents => Needs::Role(Role::Maintain),
            Self::EditHooks | Self::AdministerRepository | Self::AdministerOrganisation => Needs::Role(Role::Admin),
            Self::AdministerSite => Needs::SiteAdmin,
        }
    }

    /// The scope that a token needs for it.
    pub fn scope(self) -> Scope {
        match self {
            Self::ReadRepository | Self::ReadDeliveries => Scope::Read,
            Self::OpenIssue | Self::Comment | Self::EditIssue | Self::LabelIssue => Scope::WriteIssue,
            Self::OpenPull | Self::ReviewPull | Self::PushBranch | Self::PostStatus => Scope::WriteRepository,
            Self::MergePull | Self::EditAgents | Self::CreateRepository => Scope::WriteRepository,
            Self::DispatchRun | Self::SteerRun | Self::SteerCheck | Self::ReplayDelivery => Scope::Dispatch,
            Self::DecideEffect => Scope::Approve,
            Self::EditHooks | Self::AdministerRepository | Self::AdministerOrganisation => Scope::Admin,
            Self::CreateOrganisation | Self::EditOwnAccount | Self::AdministerSite => Scope::Admin,
        }
    }

    /// The verb in messages: "You may not … here".
    pub fn verb(self) -> &'static str {
        match self {
            Self::ReadRepository => "read",
            Self::OpenIssue => "open issues",
            Self::Comment => "comment",
            Self::EditIssue => "edit issues and pull requests of others",
            Self::LabelIssue => "label issues and pull requests",
            Self::OpenPull => "open pull requests",
            Self::ReviewPull => "review pull requests",
            Self::PushBranch => "push branches",
            Self::PostStatus => "post the status of a commit",
            Self::MergePull => "merge pull requests",
            Self::DispatchRun => "dispatch runs",
            Self::SteerRun => "cancel, retry or answer runs of others",
            Self::SteerCheck => "start, cancel or rerun checks",
            Self::DecideEffect => "approve or deny effects",
            Self::ReadDeliveries => "read deliveries",
            Self::ReplayDelivery => "replay deliveries",
            Self::EditAgents => "change stacks, rules and policy",
            Self::EditHooks => "change hooks",
            Self::AdministerRepository => "administer the repository",
            Self::CreateRepository => "make repositories",
            Self::AdministerOrganisation => "administer the organisation",
            Self::CreateOrganisation => "make organisations",
            Self::EditOwnAccount => "change an account",
            Self::AdministerSite => "administer the server",
        }
    }
}
