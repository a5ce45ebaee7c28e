//! A state in a word, an icon and a tone. The tone `asks` means that a person is waited for, and nothing else has it.

/// A state as a page shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// `ok`, `bad`, `asks`, `busy`, `calm` or `done`: a class of the stylesheet.
    pub tone: &'static str,
    /// A symbol of `static/icons.svg`.
    pub icon: &'static str,
    /// The word.
    pub text: String,
}

impl Mark {
    /// A state in these words.
    pub fn new(tone: &'static str, icon: &'static str, text: impl Into<String>) -> Self {
        Self { tone, icon, text: text.into() }
    }

    /// The state of an issue.
    pub fn issue(state: &str) -> Self {
        match state {
            "open" => Self::new("ok", "issue", "Open"),
            _ => Self::new("done", "issue-closed", "Closed"),
        }
    }

    /// The state of a pull request.
    pub fn pull(state: &str) -> Self {
        match state {
            "open" => Self::new("ok", "pull", "Open"),
            "merged" => Self::new("done", "merged", "Merged"),
            _ => Self::new("bad", "pull", "Closed"),
        }
    }

    /// The conclusion of a check or commit status.
    pub fn check(conclusion: &str) -> Self {
        match conclusion {
            "success" => Self::new("ok", "check", "Passed"),
            "failure" => Self::new("bad", "cross", "Failed"),
            "error" => Self::new("bad", "warn", "Error"),
            "pending" => Self::new("busy", "busy", "Running"),
            other => Self::new("calm", "skip", other),
        }
    }

    /// The state of a check of the forge itself.
    pub fn job(state: &str) -> Self {
        match state {
            "waiting" => Self::new("asks", "hand", "Waits for a person"),
            "queued" => Self::new("calm", "queued", "Queued"),
            "running" => Self::new("busy", "busy", "Running"),
            "cancelled" => Self::new("calm", "slash", "Cancelled"),
            "skipped" => Self::new("calm", "skip", "Skipped"),
            other => Self::check(other),
        }
    }

    /// The state of a run, by its name in the API.
    pub fn run(state: &str) -> Self {
        match state {
            "queued" => Self::new("calm", "queued", "Queued"),
            "starting" => Self::new("busy", "busy", "Starting"),
            "running" => Self::new("busy", "busy", "Running"),
            "needs_input" => Self::new("asks", "hand", "Needs input"),
            "awaiting_approval" => Self::new("asks", "hand", "Awaiting approval"),
            "applying" => Self::new("busy", "busy", "Applying"),
            "succeeded" => Self::new("ok", "check", "Succeeded"),
            "failed" => Self::new("bad", "cross", "Failed"),
            "cancelled" => Self::new("calm", "slash", "Cancelled"),
            "refused" => Self::new("bad", "shield", "Refused"),
            "lost" => Self::new("bad", "lost", "Lost"),
            other => Self::new("calm", "queued", other),
        }
    }

    /// The state of an approval or of one effect of it.
    pub fn approval(state: &str) -> Self {
        match state {
            "open" => Self::new("asks", "hand", "Waits for a decision"),
            "approved" => Self::new("ok", "check", "Approved"),
            "allowed" => Self::new("ok", "check", "Allowed by policy"),
            "applied" => Self::new("ok", "check", "Applied"),
            "applying" => Self::new("busy", "busy", "Applying"),
            "denied" => Self::new("bad", "cross", "Denied"),
            "stale" => Self::new("calm", "skip", "Stale"),
            "expired" => Self::new("calm", "clock", "Expired"),
            "withdrawn" => Self::new("calm", "slash", "Withdrawn"),
            "failed" => Self::new("bad", "warn", "Failed"),
            other => Self::new("calm", "skip", other),
        }
    }

    /// How far the writing of an effect got.
    pub fn write_back(state: &str) -> Self {
        match state {
            "waiting" | "queued" | "due" | "pending" => Self::new("busy", "queued", "To be written"),
            "writing" | "applying" => Self::new("busy", "busy", "Being written"),
            "done" | "applied" | "written" => Self::new("ok", "check", "Applied"),
            "stale" => Self::new("calm", "skip", "Stale"),
            "failed" => Self::new("bad", "warn", "Failed"),
            other => Self::new("calm", "skip", other),
        }
    }

    /// What a rule decided about an event.
    pub fn execution(decision: &str) -> Self {
        match decision {
            "dispatched" => Self::new("ok", "run", "Dispatched"),
            "coalesced" => Self::new("calm", "merged", "Coalesced"),
            "queued" => Self::new("calm", "queued", "Queued"),
            "refused" => Self::new("bad", "shield", "Refused"),
            "skipped" => Self::new("calm", "skip", "Skipped"),
            other => Self::new("calm", "skip", other),
        }
    }

    /// What policy says of an effect.
    pub fn verdict(verdict: &str) -> Self {
        match verdict {
            "allow" => Self::new("ok", "check", "allow"),
            "ask" => Self::new("asks", "hand", "ask"),
            _ => Self::new("bad", "shield", "deny"),
        }
    }
}
