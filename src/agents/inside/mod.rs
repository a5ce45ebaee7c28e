//! The programs that run inside a sandbox: `forgehand agent-inside builtin|scripted`, and `acp` and `cli`,
//! which start somebody else's.
//!
//! Blocking and single-threaded, apart from the readers of a command's output, so that they start in a few
//! milliseconds. Everything here is as untrusted as any other agent: it may be replaced by whoever breaks into it, and what
//! it says counts for nothing more. It reaches the world by the gateway alone, and holds no credential.
//!
//! Who is who: `gateway` is the client of the door; `tools` are what an agent can do; `builtin` lets a model choose
//! among them, `scripted` a script; `acp` and `cli` start an agent that others wrote, and `judge` says what came of its work.
//! `Ended` is how any of them ends.

mod http;

mod dialect;
mod gateway;
mod reply;

mod command;
mod workspace;

mod git;

mod tools;

mod conversation;

mod builtin;
mod scripted;

mod home;
mod judge;
mod others;
mod program;

mod acp;
mod cli;

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;
use std::time::Instant;

use crate::gateway::Brief;
use crate::gateway::ports::FailureCode;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::text::bounded;
use gateway::Gateway;
use http::Address;
use others::Others;
use tools::Tools;
use workspace::Workspace;

/// Where the gateway is when nobody says otherwise.
const GATEWAY: &str = "http://127.0.0.1:7071";

/// Where the checkout is when nobody says otherwise.
const WORKSPACE: &str = "/workspace";

/// Where the home of an agent is when nobody says otherwise.
const HOME: &str = "/home/agent";

/// What is kept of the time of an attempt for hearing how an agent stops.
const LAST_WORDS: Duration = Duration::from_secs(10);

/// How an agent ends.
#[derive(Debug)]
enum Ended {
    /// It is done, with this summary.
    Finished(String),
    /// It cannot go on.
    Failed(FailureCode, String),
    /// The gateway ends the attempt, and said why.
    Stopped(String),
}

struct Wanted {
    agent: String,
    gateway: Address,
    workspace: String,
    home: String,
    mode: Option<String>,
    /// Less time than the brief gives; tests are impatient.
    patience: Option<Duration>,
    /// The program of an agent that others wrote, and its arguments.
    command: Vec<String>,
}

/// Runs an agent inside a sandbox; the arguments are those after `agent-inside`.
///
/// Exit codes: 0 finished, 1 could not go on and said so, 2 wrong use, 3 the gateway could not be reached.
pub fn inside_main(arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let wanted = match wanted(arguments) {
        Ok(wanted) => wanted,
        Err(error) => return complain(&error, 2),
    };
    let gateway = Gateway::at(wanted.gateway.clone());
    let ended = match work(&wanted, &gateway) {
        Ok(ended) => ended,
        Err(error) => return complain(&error, 3),
    };
    let (said, code) = match &ended {
        Ended::Finished(summary) if summary.trim().is_empty() => (gateway.finish("Done"), 0),
        Ended::Finished(summary) => (gateway.finish(bounded(summary, 8_000)), 0),
        Ended::Failed(code, message) => (gateway.fail(*code, message), 1),
        Ended::Stopped(message) => return complain(&Error::invalid(message), 1),
    };
    match said {
        Ok(()) => ExitCode::from(code),
        Err(error) => complain(&error, 3),
    }
}

fn work(wanted: &Wanted, gateway: &Gateway) -> Result<Ended> {
    let brief = gateway.brief()?;
    let workspace = Workspace::at(Path::new(&wanted.workspace))?;
    let tools = Tools::of(&brief, workspace, gateway.clone());
    match wanted.agent.as_str() {
        "builtin" => Ok(builtin::run(&brief, gateway, &tools)),
        "acp" | "cli" => others(wanted, &brief, gateway, tools.workspace()),
        _ => Ok(scripted::run(&brief, gateway, &tools)),
    }
}

/// Starts an agent that others wrote.
fn others(wanted: &Wanted, brief: &Brief, gateway: &Gateway, workspace: &Workspace) -> Result<Ended> {
    let begun = Instant::now();
    let home = Path::new(&wanted.home);
    home::settle_in(home, &wanted.gateway, brief.model.as_deref().unwrap_or("default"))?;
    // A little less than the sandbox gives, so that its last words are heard.
    let wall = Duration::from_secs(brief.limits.wall_seconds);
    let until = begun + wanted.patience.unwrap_or_else(|| wall.saturating_sub(LAST_WORDS.min(wall / 5)));
    let command = &wanted.command;
    let others = Others { brief, gateway, workspace, home, command, mode: wanted.mode.as_deref(), until };
    Ok(match wanted.agent.as_str() {
        "acp" => acp::run(&others),
        _ => cli::run(&others),
    })
}

fn wanted(mut arguments: impl Iterator<Item = OsString>) -> Result<Wanted> {
    let use_it = || {
        Error::invalid(
            "use: agent-inside builtin|scripted|acp|cli [--gateway ADDRESS] [--workspace DIR] [--home DIR] [--mode MODE] \
             [--patience-ms NUMBER] [-- COMMAND…]",
        )
    };
    let mut next = || arguments.next().map(|argument| argument.to_string_lossy().into_owned());
    let agent =
        next().filter(|agent| ["builtin", "scripted", "acp", "cli"].contains(&agent.as_str())).ok_or_else(use_it)?;
    let (mut gateway, mut workspace, mut home) = (GATEWAY.to_owned(), WORKSPACE.to_owned(), HOME.to_owned());
    let (mut mode, mut patience, mut command) = (None, None, Vec::new());
    while let Some(flag) = next() {
        if flag == "--" {
            command = std::iter::from_fn(&mut next).collect();
            break;
        }
        let value = next().ok_or_else(use_it)?;
        match flag.as_str() {
            "--gateway" => gateway = value,
            "--workspace" => workspace = value,
            "--home" => home = value,
            "--mode" => mode = Some(value),
            "--patience-ms" => patience = Some(Duration::from_millis(value.parse().map_err(|_| use_it())?)),
            _ => return Err(use_it()),
        }
    }
    let gateway = Address::parse(&gateway).ok_or_else(use_it)?;
    Ok(Wanted { agent, gateway, workspace, home, mode, patience, command })
}

/// Says on the error stream, which the sandbox keeps, why it ended.
fn complain(error: &Error, code: u8) -> ExitCode {
    eprintln!("agent-inside: {}", error.chain());
    ExitCode::from(code)
}

impl Ended {
    fn failed(code: FailureCode, message: &str) -> Self {
        Self::Failed(code, message.to_owned())
    }
}
