//! What commands print: for people on a terminal, or as JSON for programs.

use std::process::ExitCode;

use serde_json::Value;
use serde_json::json;

use crate::kit::Error;
use crate::kit::ErrorKind;

/// How to print.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// Whether `--json` was given.
    pub json: bool,
}

impl Output {
    /// Prints one line for people, or one JSON value for programs.
    pub fn say(self, text: &str, value: &Value) {
        if self.json {
            println!("{value}");
        } else {
            println!("{text}");
        }
    }

    /// Prints an error with its hints, and gives the exit code.
    pub fn failed(self, error: &Error) -> ExitCode {
        if self.json {
            let body = json!({
                "code": error.code_name(),
                "message": error.message(),
                "hints": error.hints(),
                "field": error.field_name(),
            });
            eprintln!("{}", json!({ "error": body }));
        } else {
            // At a terminal the person in front of it is the administrator: causes help.
            let message = if error.kind() == ErrorKind::Internal { error.chain() } else { error.message().to_owned() };
            eprintln!("error: {message}");
            error.hints().iter().for_each(|hint| eprintln!("hint: {hint}"));
        }
        super::exit_code(error)
    }
}
