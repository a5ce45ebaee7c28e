//! A script: what a scripted agent does, step by step, as YAML.
//!
//! A list of steps; each is one word with what it needs:
//!
//! ```yaml
//! - say: I will look at the greeting.
//! - read: greet.py
//! - source_read                                             # the issue or pull request as it is now, with what people said
//! - call: {tool: memory_search, arguments: {text: greeting}, says: English}   # any tool of the run; what its answer holds
//! - edit: {path: greet.py, find: "Helo", replace: "Hello"}
//! - write: {path: notes.md, content: "…"}
//! - run: {command: "python3 -m unittest", expect_exit: 0}
//! - push: {branch: fix-greeting, message: Fix the greeting}   # commits everything, pushes to origin
//! - propose: {kind: pull_request, title: Fix the greeting, body: "It said Helo."}
//! - refused: {kind: comment, body: ""}                        # a proposal that must be refused
//! - ask: Which greeting do you like?
//! - observe: {until: decision}                                # or `answer`; waits for people
//! - sleep_ms: 100                                             # for tests; at most 60,000
//! - resumed                                                 # an attempt that goes on starts here
//! - finish: The greeting is right now.
//! ```
//!
//! A step that does not do what it should ends the script; without a `finish` the script finishes by itself.

use serde::Deserialize;

use crate::kit::Error;
use crate::kit::Result;
use crate::proposals::draft::Draft;

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Step {
    Say(String),
    Read(String),
    SourceRead,
    Call(Call),
    Edit(Edit),
    Write(Write),
    Run(Run),
    Push(Push),
    Propose(Draft),
    Refused(Draft),
    Ask(String),
    Observe(Observe),
    SleepMs(u64),
    Resumed,
    Finish(String),
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Call {
    pub(super) tool: String,
    #[serde(default)]
    pub(super) arguments: serde_json::Value,
    /// What the answer must hold, when it must hold something.
    #[serde(default)]
    pub(super) says: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Edit {
    pub(super) path: String,
    pub(super) find: String,
    pub(super) replace: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Write {
    pub(super) path: String,
    pub(super) content: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Run {
    pub(super) command: String,
    /// Any, when absent.
    #[serde(default)]
    pub(super) expect_exit: Option<i32>,
    #[serde(default)]
    pub(super) timeout_seconds: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Push {
    pub(super) branch: String,
    #[serde(default)]
    pub(super) message: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Observe {
    pub(super) until: Until,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Until {
    Decision,
    Answer,
}

/// Longest pause of a step.
const PAUSE: u64 = 60_000;

/// Most steps.
const STEPS: usize = 1_000;

/// Reads a script.
pub(super) fn parse(text: &str) -> Result<Vec<Step>> {
    let steps: Vec<Step> = serde_saphyr::from_str(text).map_err(|error| {
        Error::invalid(format!("The script cannot be played: {error}"))
            .code("BAD_SCRIPT")
            .field("prompt")
            .hint("with `agent: scripted` the stack's `prompt` is a YAML list of steps: `- say: …`, `- run: {command: …}`, `- finish: …`")
    })?;
    if steps.is_empty() || steps.len() > STEPS {
        return Err(Error::invalid(format!("A script has 1 to {STEPS} steps")).code("BAD_SCRIPT").field("prompt"));
    }
    if steps.iter().any(|step| matches!(step, Step::SleepMs(pause) if *pause > PAUSE)) {
        return Err(Error::invalid(format!("`sleep_ms` is at most {PAUSE}")).code("BAD_SCRIPT").field("prompt"));
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_step_is_read() {
        let example: String = include_str!("script.rs")
            .lines()
            .skip_while(|line| !line.starts_with("//! ```yaml"))
            .skip(1)
            .take_while(|line| !line.starts_with("//! ```"))
            .map(|line| format!("{}\n", line.trim_start_matches("//! ")))
            .collect();
        assert_eq!(parse(&example).unwrap().len(), 15);
    }

    #[test]
    fn a_broken_script_says_where() {
        let told = parse("- say: hi\n- shout: HI\n").unwrap_err();
        assert!(told.message().contains("shout"), "{}", told.message());
        assert!(parse("- run: {command: x, comand: y}").is_err());
        assert!(parse("say: hi").is_err());
        assert!(parse("").is_err());
        assert!(parse("- sleep_ms: 99999999").is_err());
    }
}
