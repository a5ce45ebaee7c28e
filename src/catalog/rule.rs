//! A trigger rule: which events dispatch which stack, as `.agents/rules/<name>.yaml` says it.
//!
//! The doc comments here are the descriptions in the JSON Schema that editors show.

use schemars::JsonSchema;
use serde::Deserialize;
use serde::Deserializer;
use serde::Serialize;

use crate::catalog::cron::Cron;
use crate::catalog::cron::Zone;
use crate::catalog::pattern::Pattern;
use crate::catalog::period::Period;
use crate::catalog::template::Template;
use crate::model::Role;

/// Which events dispatch which stack, for whom, and how often.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// One sentence for people who wonder what this rule is for.
    #[serde(default)]
    pub description: String,
    /// Only an active rule dispatches.
    #[serde(default)]
    pub state: RuleState,
    /// The events that it watches, one or more.
    pub on: On,
    /// Whose events count.
    #[serde(default)]
    pub who: Who,
    /// The stack that is dispatched: a name in `stacks/`, of the repository or the organisation.
    pub stack: String,
    /// What the run is called; the rule's name when it is left out.
    #[serde(default)]
    pub task: String,
    /// What the agent is asked to do: a template over the event.
    #[serde(default)]
    pub prompt: Template,
    /// Events with the same key within the window are answered once.
    #[serde(default)]
    pub dedupe: Option<Dedupe>,
    /// How many runs with the same key there may be at one time.
    #[serde(default)]
    pub concurrency: Option<Concurrency>,
}

/// Whether a rule dispatches.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum RuleState {
    /// Being written: checked, never dispatches.
    Draft,
    /// Dispatches.
    #[default]
    Active,
    /// Off for a while.
    Paused,
    /// Off.
    Disabled,
}

/// The events that a rule watches.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct On {
    /// A check ended, or a commit status was posted.
    #[serde(deserialize_with = "present")]
    pub check: Option<OnCheck>,
    /// Somebody wrote `@handle` in the opening text of an issue or pull request, or in a comment.
    #[schemars(with = "OnMention")]
    pub mention: Option<OnMention>,
    /// A label was put on an issue or pull request.
    #[serde(deserialize_with = "present")]
    pub label: Option<OnLabel>,
    /// Something happened to a pull request.
    #[serde(deserialize_with = "present")]
    pub pull_request: Option<OnPullRequest>,
    /// Something happened to an issue.
    #[serde(deserialize_with = "present")]
    pub issue: Option<OnIssue>,
    /// A branch moved.
    #[serde(deserialize_with = "present")]
    pub push: Option<OnPush>,
    /// The clock.
    #[schemars(with = "OnSchedule")]
    pub schedule: Option<OnSchedule>,
    /// A person asked for a run of this rule's stack.
    #[serde(deserialize_with = "present")]
    pub manual: Option<OnManual>,
}

/// Which checks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OnCheck {
    /// How the check ended.
    pub conclusion: Vec<Conclusion>,
    /// Names of checks; none means every check.
    pub name: Vec<Pattern>,
    /// Branches whose head was judged; none means every branch.
    pub branch: Vec<Pattern>,
    /// Patterns over the failure's signature; none means every failure. Only checks of the forge itself have one.
    pub signature: Vec<Pattern>,
}

/// How a check ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Conclusion {
    /// It passed.
    Success,
    /// It failed.
    Failure,
    /// It could not be run.
    Error,
    /// It has not ended.
    Pending,
}

/// Which mentions.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnMention {
    /// The name behind the `@`: letters, digits, `-` and `_`.
    #[schemars(extend("format" = "handle"))]
    pub handle: String,
}

/// Which labels.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OnLabel {
    /// Names of labels; none means every label.
    pub name: Vec<Pattern>,
}

/// Which happenings on pull requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OnPullRequest {
    /// What happened.
    pub actions: Vec<PullAction>,
    /// At least one changed path matches; none means any path.
    pub paths: Vec<Pattern>,
}

/// What happened to a pull request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum PullAction {
    /// It was opened.
    Opened,
    /// Its head moved.
    Synchronize,
    /// It was closed without a merge.
    Closed,
    /// It was opened again.
    Reopened,
    /// Its title or opening text was changed.
    Edited,
    /// It was merged.
    Merged,
}

/// Which happenings on issues.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OnIssue {
    /// What happened.
    pub actions: Vec<IssueAction>,
}

/// What happened to an issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum IssueAction {
    /// It was opened.
    Opened,
    /// Its title or opening text was changed.
    Edited,
    /// It was closed.
    Closed,
    /// It was opened again.
    Reopened,
}

/// Which pushes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OnPush {
    /// Branches; none means every branch.
    pub branch: Vec<Pattern>,
    /// At least one changed path matches; none means any path.
    pub paths: Vec<Pattern>,
}

/// When, by the clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnSchedule {
    /// Minute, hour, day of month, month, day of week.
    pub cron: Cron,
    /// The time zone that `cron` is read in, such as `Europe/Berlin`.
    #[serde(default)]
    pub timezone: Zone,
    /// At least one path that changed on the default branch since the clock struck last matches; none means any time.
    #[serde(default)]
    pub paths: Vec<Pattern>,
    /// What happens with a moment that passed while no server was there.
    #[serde(default)]
    pub missed: Missed,
}

/// What happens with a moment that passed while no server was there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Missed {
    /// Nothing: the rule waits for the next one.
    #[default]
    Skip,
    /// The rule fires once, however many passed.
    CatchUp,
}

/// A person asked. It has no settings of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OnManual {}

/// Whose events count. Every key that is set must hold.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Who {
    /// The least role that the actor has in the repository.
    pub role: Role,
    /// Teams of the organisation; the actor is in one of them.
    pub teams: Vec<String>,
    /// People; the actor is one of them.
    pub people: Vec<String>,
    /// Whether the actor must be a member of the organisation.
    #[serde(rename = "members-only")]
    pub members_only: bool,
    /// What happens with a pull request from a fork.
    pub forks: ForkRule,
}

/// What happens with a pull request from a fork.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum ForkRule {
    /// A person decides about each head.
    Ask,
    /// Never.
    #[default]
    Deny,
}

/// Events with the same key within the window are answered once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dedupe {
    /// A template over the event.
    pub key: Template,
    /// How long an answer counts.
    #[serde(default = "default_window")]
    pub window: Period,
}

/// How many runs with the same key there may be at one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Concurrency {
    /// A template over the event.
    pub key: Template,
    /// Runs at one time.
    #[serde(default = "default_most")]
    #[schemars(range(min = 1, max = 1000))]
    pub max: u32,
    /// What happens to one more.
    #[serde(default)]
    pub on_conflict: OnConflict,
}

/// What happens to one more run than there may be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum OnConflict {
    /// It waits for its turn.
    #[default]
    Queue,
    /// The one that waits or runs answers for it too.
    Coalesce,
    /// It is refused.
    Reject,
}

impl On {
    /// The words of the events that it watches.
    pub fn kinds(&self) -> Vec<&'static str> {
        let Self { check, mention, label, pull_request, issue, push, schedule, manual } = self;
        let all = [
            ("check", check.is_some()),
            ("mention", mention.is_some()),
            ("label", label.is_some()),
            ("pull_request", pull_request.is_some()),
            ("issue", issue.is_some()),
            ("push", push.is_some()),
            ("schedule", schedule.is_some()),
            ("manual", manual.is_some()),
        ];
        all.into_iter().filter(|(_, watched)| *watched).map(|(kind, _)| kind).collect()
    }
}

impl Default for OnCheck {
    fn default() -> Self {
        Self { conclusion: vec![Conclusion::Failure], name: Vec::new(), branch: Vec::new(), signature: Vec::new() }
    }
}

impl Default for OnPullRequest {
    fn default() -> Self {
        Self { actions: vec![PullAction::Opened, PullAction::Synchronize], paths: Vec::new() }
    }
}

impl Default for OnIssue {
    fn default() -> Self {
        Self { actions: vec![IssueAction::Opened] }
    }
}

impl Default for Who {
    fn default() -> Self {
        Self {
            role: Role::Write,
            teams: Vec::new(),
            people: Vec::new(),
            members_only: false,
            forks: ForkRule::default(),
        }
    }
}

/// A key without a value, such as `issue:`, stands for the key with nothing set, `issue: {}`.
fn present<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Option::<T>::deserialize(deserializer).map(|value| Some(value.unwrap_or_default()))
}

fn default_window() -> Period {
    Period::seconds(30 * 60)
}

fn default_most() -> u32 {
    1
}
