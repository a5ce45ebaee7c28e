//! What every agent is to the rest of the house: a name, and a way to be started.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use serde::Deserialize;
use serde::Serialize;

use crate::agents::acp::Acp;
use crate::agents::builtin::Builtin;
use crate::agents::cli::Cli;
use crate::agents::scripted::Scripted;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::text::visible_line;
use crate::models::Protocol;

/// An agent that can be started in a sandbox.
pub trait Agent: Send + Sync {
    /// The word after `agent:` in a stack.
    fn name(&self) -> &'static str;

    /// How its program is started inside the sandbox. Fails when the stack does not suit the agent.
    fn launch(&self, input: &LaunchInput) -> Result<Launch>;

    /// Whether it can go on from work that an earlier attempt left half done. `prompt` is the stack's.
    fn goes_on(&self, _prompt: &str) -> bool {
        true
    }
}

/// What an agent needs to know to be started.
#[derive(Clone, Debug)]
pub struct LaunchInput {
    /// Where our own binary lies inside the sandbox.
    pub program: PathBuf,
    /// Where the gateway is, inside.
    pub gateway: String,
    /// The name of the model profile. The gateway knows whose it is; an agent needs some name.
    pub model: String,
    /// What the model of the stack speaks; none when nobody set it up.
    pub protocol: Option<Protocol>,
    /// The stack's prompt, rendered. For `scripted` it holds the script.
    pub prompt: String,
    /// The stack's `command:`.
    pub command: Vec<String>,
    /// The stack's `acp.mode`.
    pub mode: Option<String>,
}

/// How an agent's program is started inside the sandbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Launch {
    /// The program and its arguments, as they are inside the sandbox.
    pub argv: Vec<String>,
    /// Its whole environment.
    pub env: Vec<(String, String)>,
    /// The script for the brief, when the agent plays one.
    pub script: Option<String>,
}

/// The agents there are: the word after `agent:` in a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Adapter {
    /// Our loop over a model.
    Builtin,
    /// Plays a script.
    Scripted,
    /// Any agent that speaks the Agent Client Protocol.
    Acp,
    /// A command with a transcript format.
    Cli,
}

impl Adapter {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Builtin, Self::Scripted, Self::Acp, Self::Cli];

    /// The word in stacks and in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Builtin => "builtin",
            Self::Scripted => "scripted",
            Self::Acp => "acp",
            Self::Cli => "cli",
        }
    }

    /// The agent, or why there is none yet.
    pub fn agent(self) -> Result<&'static dyn Agent> {
        match self {
            Self::Builtin => Ok(&Builtin),
            Self::Scripted => Ok(&Scripted),
            Self::Acp => Ok(&Acp),
            Self::Cli => Ok(&Cli),
        }
    }
}

/// The environment of our own programs: what a command line in a workspace needs, and nothing of ours. `PATH` is the
/// sandbox's: it knows the toolchains.
pub(super) fn environment() -> Vec<(String, String)> {
    [
        ("HOME", "/tmp"),
        ("LANG", "C.UTF-8"),
        ("GIT_TERMINAL_PROMPT", "0"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        // Inside, the checkout may belong to another user than the agent.
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "safe.directory"),
        ("GIT_CONFIG_VALUE_0", "*"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec()
}

impl fmt::Display for Adapter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Adapter {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|adapter| adapter.as_str() == text).ok_or_else(|| {
            Error::invalid(format!("`{}` is not an agent", visible_line(text, 40)))
                .field("agent")
                .hint("agents are `builtin`, `scripted`, `acp` and `cli`")
        })
    }
}
