//! What is wrong with a file, where, and what to do about it.

use std::fmt;

use serde::Serialize;

use crate::catalog::checks_file::CHECKS_FILE;

/// One remark on one place in one file. The command line, the settings page, the API and checks show the same ones.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Diagnostic {
    /// The path in its repository.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// In characters, from 1.
    pub column: usize,
    /// Whether it keeps the configuration from working.
    pub severity: Severity,
    /// What is wrong.
    pub message: String,
    /// What to do; may be empty.
    pub hint: String,
    /// The line of the file, for people.
    pub snippet: String,
}

/// Whether a remark keeps the configuration from working.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// It does not work.
    Error,
    /// It works, but perhaps not as meant.
    Warning,
}

impl Diagnostic {
    /// Whether it keeps the stacks and rules of its folder from working. An error in the checks alone does not: they are
    /// no configuration, and the commit that they stand in is judged for it.
    pub fn breaks(&self) -> bool {
        self.severity == Severity::Error && self.file != CHECKS_FILE
    }
}

impl Severity {
    /// The word in files and pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
        }
    }
}

impl fmt::Display for Diagnostic {
    /// As a compiler prints it: the place and the message, the line with a mark below, the hint.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, severity, message, hint, snippet } = self;
        writeln!(f, "{file}:{line}:{column}: {}: {message}", severity.as_str())?;
        if !snippet.is_empty() {
            let margin = line.to_string().len();
            writeln!(f, " {line} | {snippet}")?;
            writeln!(f, " {:margin$} | {:>column$}", "", "^")?;
        }
        if !hint.is_empty() {
            writeln!(f, "hint: {hint}")?;
        }
        Ok(())
    }
}
