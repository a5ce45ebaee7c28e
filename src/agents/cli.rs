//! How an agent that is a command is started: by a program of ours that gives it the prompt and reads what it prints.

use crate::agents::acp::others;
use crate::agents::adapter::Agent;
use crate::agents::adapter::Launch;
use crate::agents::adapter::LaunchInput;
use crate::kit::Result;

/// A command with a transcript format.
pub struct Cli;

impl Agent for Cli {
    fn name(&self) -> &'static str {
        "cli"
    }

    fn launch(&self, input: &LaunchInput) -> Result<Launch> {
        others(self.name(), input)
    }
}
