//! How the scripted agent is started: it plays a YAML script, for demos and tests, through the same tools as a model.

use crate::agents::adapter::Agent;
use crate::agents::adapter::Launch;
use crate::agents::adapter::LaunchInput;
use crate::agents::adapter::environment;
use crate::agents::script;
use crate::kit::Result;

/// Plays a script.
pub struct Scripted;

impl Agent for Scripted {
    fn name(&self) -> &'static str {
        "scripted"
    }

    fn launch(&self, input: &LaunchInput) -> Result<Launch> {
        script::parse(&input.prompt)?;
        let argv = vec![input.program.to_string_lossy().into_owned(), "agent-inside".into(), "scripted".into()];
        Ok(Launch { argv, env: environment(), script: Some(input.prompt.clone()) })
    }

    /// A script that does not say where it goes on is played from its start, which half-done work would not suit.
    fn goes_on(&self, prompt: &str) -> bool {
        script::parse(prompt).is_ok_and(|steps| steps.contains(&script::Step::Resumed))
    }
}
