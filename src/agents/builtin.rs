//! How the built-in agent is started: our loop over a model. The loop itself is [`inside`](crate::agents::inside).

use crate::agents::adapter::Agent;
use crate::agents::adapter::Launch;
use crate::agents::adapter::LaunchInput;
use crate::agents::adapter::environment;
use crate::kit::Error;
use crate::kit::Result;
use crate::models::Protocol;

/// Our loop over a model.
pub struct Builtin;

impl Agent for Builtin {
    fn name(&self) -> &'static str {
        "builtin"
    }

    fn launch(&self, input: &LaunchInput) -> Result<Launch> {
        let Some(protocol) = input.protocol else {
            return Err(Error::invalid("The agent `builtin` needs a model, and the stack names none that is set up")
                .code("MODEL_MISSING")
                .field("model")
                .hint("an administrator sets up models under `/admin/models`, or by `FORGEHAND_MODEL_URL` and `FORGEHAND_MODEL_KEY`"));
        };
        if protocol == Protocol::Gemini {
            return Err(Error::invalid(format!(
                "The agent `builtin` does not speak Gemini, as the model `{}` does",
                input.model
            ))
            .code("PROTOCOL_MISMATCH")
            .field("model")
            .hint("name a model profile of the protocol `openai`, `responses` or `anthropic`"));
        }
        let argv = vec![input.program.to_string_lossy().into_owned(), "agent-inside".into(), "builtin".into()];
        Ok(Launch { argv, env: environment(), script: None })
    }
}
