//! How an agent that speaks the Agent Client Protocol is started: by our client, which starts the stack's command inside.

use crate::agents::adapter::Agent;
use crate::agents::adapter::Launch;
use crate::agents::adapter::LaunchInput;
use crate::agents::known;
use crate::kit::Error;
use crate::kit::Result;

/// Any agent that speaks the Agent Client Protocol.
pub struct Acp;

impl Agent for Acp {
    fn name(&self) -> &'static str {
        "acp"
    }

    fn launch(&self, input: &LaunchInput) -> Result<Launch> {
        others(self.name(), input)
    }
}

/// Our program that starts somebody else's.
pub(super) fn others(name: &str, input: &LaunchInput) -> Result<Launch> {
    if input.command.is_empty() {
        return Err(Error::invalid(format!("The agent `{name}` needs a `command`"))
            .code("COMMAND_MISSING")
            .field("command")
            .hint("add `command: [program, argument]` to the stack"));
    }
    let mut argv = vec![input.program.to_string_lossy().into_owned(), "agent-inside".into(), name.to_owned()];
    if let Some(mode) = &input.mode {
        argv.extend(["--mode".into(), mode.clone()]);
    }
    argv.push("--".into());
    argv.extend(input.command.iter().cloned());
    Ok(Launch { argv, env: known::environment(&input.gateway, &input.model), script: None })
}
