//! `checks.yaml`: the checks that the embedded forge runs by itself, as the commit that is checked says it.
//!
//! It is the one file of the folder that is not configuration: what it says runs in a sandbox without credentials and
//! network, so it is read at the commit that is checked, also at the head of a pull request.
//!
//! The doc comments here are the descriptions in the JSON Schema that editors show.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use schemars::Schema;
use schemars::SchemaGenerator;
use serde::Deserialize;
use serde::Serialize;

use crate::catalog::cron::Cron;
use crate::catalog::cron::Zone;
use crate::catalog::pattern::Pattern;
use crate::catalog::period::Period;

/// Where the file stands in a repository.
pub const CHECKS_FILE: &str = ".agents/checks.yaml";

/// The longest that one job may take.
pub const LONGEST_JOB: Period = Period::seconds(6 * 3600);

/// Which jobs check a commit.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ChecksFile {
    /// What becomes of jobs that still check an older head.
    #[serde(default)]
    pub concurrency: CheckConcurrency,
    /// Jobs by name; the name is the name of the check.
    pub jobs: BTreeMap<String, CheckJob>,
}

/// What becomes of jobs that still check an older head of the same branch or pull request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CheckConcurrency {
    /// A newer head cancels what still waits or runs for an older one.
    pub cancel_in_progress: bool,
}

/// When a job runs, by the clock.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckSchedule {
    /// Minute, hour, day of month, month, day of week.
    pub cron: Cron,
    /// The time zone that `cron` is read in, such as `Europe/Berlin`.
    #[serde(default)]
    pub timezone: Zone,
}

/// One job: a script that passes or fails.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CheckJob {
    /// One sentence for people who wonder what the job is for.
    #[serde(default)]
    pub description: String,
    /// A script for `/bin/sh -e`, or a list of steps with a `name` and a `run` each.
    pub run: Script,
    /// What the job answers to.
    #[serde(default = "default_on")]
    pub on: Vec<CheckOn>,
    /// When the clock starts it, for `on: [schedule]`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "CheckSchedule")]
    pub schedule: Option<CheckSchedule>,
    /// At least one changed path matches; none means any path.
    #[serde(default)]
    pub paths: Vec<Pattern>,
    /// How long all steps together may take; at most 6 hours.
    #[serde(default = "default_timeout")]
    pub timeout: Period,
    /// Jobs that must have passed before this one starts.
    #[serde(default)]
    pub needs: Vec<String>,
    /// Variables that the script sees.
    #[serde(default)]
    pub environment: BTreeMap<String, String>,
}

/// What a job answers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckOn {
    /// A branch moved.
    Push,
    /// A pull request was opened, or its head moved.
    PullRequest,
    /// The clock struck: the tip of the default branch is checked.
    Schedule,
}

/// What a job runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Script {
    /// One script: a step called `run`.
    Whole(String),
    /// Steps, one after the other; the first that fails ends the job.
    Steps(Vec<Step>),
}

/// One step of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What the step is called.
    pub name: String,
    /// A script for `/bin/sh -e`.
    pub run: String,
}

impl Script {
    /// The steps, one after the other.
    pub fn steps(&self) -> Vec<Step> {
        match self {
            Self::Whole(run) => vec![Step { name: "run".into(), run: run.clone() }],
            Self::Steps(steps) => steps.clone(),
        }
    }
}

impl CheckSchedule {
    /// Whether this is the line that struck.
    pub fn is(&self, cron: &str, timezone: &str) -> bool {
        self.cron.as_str() == cron && self.timezone.to_string() == timezone
    }
}

impl JsonSchema for Script {
    fn schema_name() -> Cow<'static, str> {
        "Script".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let step = generator.subschema_for::<Step>();
        schemars::json_schema!({ "type": ["string", "array"], "items": step })
    }
}

impl CheckOn {
    /// The word in files and on pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::PullRequest => "pull_request",
            Self::Schedule => "schedule",
        }
    }
}

fn default_on() -> Vec<CheckOn> {
    vec![CheckOn::Push, CheckOn::PullRequest]
}

fn default_timeout() -> Period {
    Period::seconds(10 * 60)
}
