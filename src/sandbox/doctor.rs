//! What this machine can do for sandboxes, in words for the administrator.

use std::fmt;

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

    pub(super) fn found(&mut self, name: &'static str, health: Health, says: impl Into<String>) -> &mut Finding {
        self.findings.push(Finding { name, health, says: says.into(), hint: None });
        self.findings.last_mut().expect("one was just pushed")
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
