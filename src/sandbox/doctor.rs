//! What this machine can do for sandboxes, in words for the administrator.

use std::fmt;

use crate::kit::Error;

/// The findings of a look at the machine.
#[derive(Clone, Debug, Default)]
pub struct Doctor {
    /// One for each thing that was tried, in order of importance.
    pub findings: Vec<Finding>,
}

/// One thing that was tried.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What was tried: `bubblewrap`, `overlay`, `memory`, …
    pub name: &'static str,
    /// How it stands.
    pub health: Health,
    /// A sentence on what was found.
    pub says: String,
    /// What hangs on it.
    pub matters: &'static str,
    /// What would mend it.
    pub hint: Option<String>,
}

/// How a thing stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Health {
    /// As wanted.
    Good,
    /// It works in a weaker or slower way.
    Weaker,
    /// Agents cannot run without it.
    Missing,
}

impl Doctor {
    /// Whether agents can run at all.
    pub fn can_run(&self) -> bool {
        self.findings.iter().all(|finding| finding.health != Health::Missing)
    }

    /// What is found where there is no program that could make a sandbox.
    pub fn without(error: &Error) -> Self {
        let mut doctor = Self::default();
        let finding = doctor.found("bubblewrap", Health::Missing, error.message());
        finding.hint = error.hints().first().cloned();
        doctor
    }

    pub(super) fn found(&mut self, name: &'static str, health: Health, says: impl Into<String>) -> &mut Finding {
        self.findings.push(Finding { name, health, says: says.into(), matters: matters(name), hint: None });
        self.findings.last_mut().expect("one was just pushed")
    }
}

/// What hangs on each thing that is tried.
fn matters(name: &str) -> &'static str {
    match name {
        "bubblewrap" | "sandbox" => "agents are refused without it: they never run unprotected",
        "overlay" => "a workspace takes as long, and as much disk, as its repository is large",
        "memory" => "an agent that takes memory quickly can press the server before it is ended",
        "processes" => "an agent could start processes until the machine has no number left",
        "cpu" => "busy agents make pages and pushes slow",
        "disk" => "an agent could fill the disk of the server",
        "landlock" => "mounts, users and the filter hold alone: a fault in one of them is not caught by another wall",
        "user" => "files that agents write, and processes that they start, belong to this user",
        _ => "it makes the sandbox tighter",
    }
}

impl fmt::Display for Health {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Good => "good",
            Self::Weaker => "weaker",
            Self::Missing => "missing",
        })
    }
}
