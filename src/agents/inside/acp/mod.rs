//! Any agent that speaks the Agent Client Protocol: we are its editor.
//!
//! The client runs inside the sandbox, beside the agent. So its files, its terminals and its process group are as near as for
//! any agent of ours, nothing new leads out of the sandbox, and what an agent does to its client it does to itself: outside,
//! all that is heard of it comes by the gateway, as from every other agent.
//!
//! ```text
//!   wire         JSON-RPC, read leniently                        pure
//!   client       one connection: what we ask and what we are asked
//!   permission   what is answered when it asks for permission    pure
//!   updates      what it tells, as lines of the transcript       pure, with rendering
//!   files, terminals                                             what it does through us
//! ```
//!
//! What we send is made of the types of the crate `agent-client-protocol`. Its connection is not used: it needs a runtime,
//! and it is stricter with what agents send than the agents are.
//!
//! To teach it a method of the protocol: a line in `client.rs`. What a particular agent needs around it is `agents/known.rs`.

mod wire;

mod client;

mod permission;

mod rendering;
mod updates;

mod files;
mod terminals;

use std::time::Duration;
use std::time::Instant;

use agent_client_protocol::schema::ProtocolVersion;
use agent_client_protocol::v1::schema::AuthenticateRequest;
use agent_client_protocol::v1::schema::CancelNotification;
use agent_client_protocol::v1::schema::ClientCapabilities;
use agent_client_protocol::v1::schema::ContentBlock;
use agent_client_protocol::v1::schema::FileSystemCapabilities;
use agent_client_protocol::v1::schema::Implementation;
use agent_client_protocol::v1::schema::InitializeRequest;
use agent_client_protocol::v1::schema::LoadSessionRequest;
use agent_client_protocol::v1::schema::McpServer;
use agent_client_protocol::v1::schema::McpServerHttp;
use agent_client_protocol::v1::schema::NewSessionRequest;
use agent_client_protocol::v1::schema::PromptRequest;
use agent_client_protocol::v1::schema::SetSessionModeRequest;
use agent_client_protocol::v1::schema::TextContent;
use serde_json::Value;
use serde_json::json;

use crate::agents::inside::Ended;
use crate::agents::inside::home;
use crate::agents::inside::judge::Left;
use crate::agents::inside::judge::Stopped;
use crate::agents::inside::judge::Tree;
use crate::agents::inside::judge::judge;
use crate::agents::inside::others::Others;
use crate::agents::inside::others::with_hints;
use crate::agents::inside::tools::told;
use crate::gateway::ports::FailureCode;
use crate::gateway::tools::fenced;
use crate::kit::text::visible_line;
use client::Client;
use client::Fault;

/// How long an agent may take to be there, to open a session, or to change its mode.
const START: Duration = Duration::from_secs(120);

/// How long it may take to stop when it is asked to.
const STOP: Duration = Duration::from_secs(2);

/// How often it is told what people decided after it said that it is done.
const ROUNDS: u32 = 5;

/// The method that an agent wants to be authenticated by, when it asks: the one that takes a key from its environment.
const BY_KEY: [&str; 3] = ["api-key", "api_key", "apikey"];

/// Starts the agent, gives it the task, and judges what it leaves.
pub(super) fn run(others: &Others<'_>) -> Ended {
    let before = Tree::look(others.workspace.root());
    let mut client = match Client::start(others.command, others.workspace, others.gateway, others.brief.rights) {
        Ok(client) => client,
        Err(error) => return Ended::failed(FailureCode::AgentError, &with_hints(&error)),
    };
    let stopped = match converse(others, &mut client) {
        Ok(()) => Ok(()),
        Err((_, Fault::Gone)) => Err(None),
        Err((what, Fault::Silent)) => Err(Some(silent(what))),
        Err((what, Fault::Refused(refusal))) => {
            let code = refusal.code.map(|code| format!(" ({code})")).unwrap_or_default();
            Err(Some(Stopped::Broken(format!("The agent refused `{what}`{code}: {}", refusal.message))))
        }
    };
    client.hear_late();
    let words = client.last_words();
    let (exit, complaint) = client.end(matches!(stopped, Err(None)));
    let stopped = stopped.map_or_else(|told| told.unwrap_or_else(|| gone(exit, &complaint)), |()| Stopped::Done);
    judge(Left::look(&before, others.workspace.root(), others.gateway), &stopped, &words)
}

/// What was asked, and why it was not answered.
type Unanswered = (&'static str, Fault);

fn converse(others: &Others<'_>, client: &mut Client) -> Result<(), Unanswered> {
    let start = || others.until.min(Instant::now() + START);
    let welcome = client.ask("initialize", &initialize(), start()).map_err(|fault| ("initialize", fault))?;
    let session = open_session(others, client, &welcome, start())?;
    set_mode(others, client, &session, start())?;
    let mut text = format!("{}\n\n{}", others.brief.prompt.system, others.brief.prompt.task);
    let mut seen = 0;
    for _ in 0..ROUNDS {
        prompt(others, client, &session.id, text)?;
        // It said that it is done; what people decided meanwhile may be news to it.
        let fresh = others.gateway.observations(seen, 0).unwrap_or_default();
        let Some(last) = fresh.iter().map(|observation| observation.number).max() else { return Ok(()) };
        seen = last;
        text = fenced(&told(&fresh));
    }
    Ok(())
}

fn initialize() -> InitializeRequest {
    let files = FileSystemCapabilities::new().read_text_file(true).write_text_file(true);
    InitializeRequest::new(ProtocolVersion::V1)
        .client_capabilities(ClientCapabilities::new().fs(files).terminal(true))
        .client_info(Implementation::new("forgehand", env!("CARGO_PKG_VERSION")))
}

/// A session of the agent.
struct Session {
    id: String,
    /// What it said about itself: modes, models.
    facts: Value,
}

/// Goes on with the session of the attempt before, where its files are still there and the agent can; otherwise a new one.
fn open_session(
    others: &Others<'_>,
    client: &mut Client,
    welcome: &Value,
    until: Instant,
) -> Result<Session, Unanswered> {
    let servers = servers(others, welcome);
    let root = others.workspace.root();
    let before = home::session(others.home).filter(|_| welcome["agentCapabilities"]["loadSession"] == json!(true));
    if let Some(id) = before {
        let load = LoadSessionRequest::new(id.clone(), root).mcp_servers(servers.clone());
        client.replaying = true;
        let loaded = client.ask("session/load", &load, until);
        client.replaying = false;
        if let Ok(facts) = loaded {
            return Ok(Session { id, facts });
        }
    }
    let new = NewSessionRequest::new(root).mcp_servers(servers);
    let facts = match client.ask("session/new", &new, until) {
        Err(Fault::Refused(refusal)) => {
            let Some(method) = by_key(welcome) else { return Err(("session/new", Fault::Refused(refusal))) };
            let asked = client.ask("authenticate", &AuthenticateRequest::new(method), until);
            asked.map_err(|fault| ("authenticate", fault))?;
            client.ask("session/new", &new, until).map_err(|fault| ("session/new", fault))?
        }
        other => other.map_err(|fault| ("session/new", fault))?,
    };
    let id = facts["sessionId"].as_str().unwrap_or_default().to_owned();
    home::keep_session(others.home, &id);
    Ok(Session { id, facts })
}

/// The run's own tools, for an agent that can reach them.
fn servers(others: &Others<'_>, welcome: &Value) -> Vec<McpServer> {
    let reaches = welcome["agentCapabilities"]["mcpCapabilities"]["http"] == json!(true);
    let address = others.gateway.mcp().filter(|_| reaches);
    address.map(|url| McpServer::Http(McpServerHttp::new("forgehand", url))).into_iter().collect()
}

fn by_key(welcome: &Value) -> Option<String> {
    let methods = welcome["authMethods"].as_array()?;
    let ids = methods.iter().filter_map(|method| method["id"].as_str());
    ids.into_iter().find(|id| BY_KEY.iter().any(|word| id.contains(word))).map(str::to_owned)
}

/// The mode that the stack names, and the model of the stack where the agent lets one choose.
fn set_mode(others: &Others<'_>, client: &mut Client, session: &Session, until: Instant) -> Result<(), Unanswered> {
    if let Some(wanted) = others.mode {
        let Some((method, request)) = choose(session, wanted)? else { return Ok(()) };
        client.ask(method, &request, until).map_err(|fault| (method, fault))?;
    }
    let models = &session.facts["models"];
    if let Some(model) = others.brief.model.as_deref()
        && models["currentModelId"] != json!(model)
        && ids(&models["availableModels"], "modelId").contains(&model)
    {
        // Not in the stable protocol. The gateway names the model to the provider whatever the agent believes.
        let _ = client.ask("session/set_model", &json!({"sessionId": session.id, "modelId": model}), until);
    }
    Ok(())
}

/// How a mode is chosen: agents have a list of modes, or one setting among others. None when it is chosen already.
fn choose(session: &Session, wanted: &str) -> Result<Option<(&'static str, Value)>, Unanswered> {
    let (method, modes) = ("session/set_mode", &session.facts["modes"]);
    let options = session.facts["configOptions"].as_array().map(Vec::as_slice).unwrap_or_default();
    let option = options.iter().find(|option| option["category"] == json!("mode") || option["id"] == json!("mode"));
    let (known, now) = match option {
        Some(option) if modes.is_null() => (ids(&option["options"], "value"), &option["currentValue"]),
        _ => (ids(&modes["availableModes"], "id"), &modes["currentModeId"]),
    };
    if !known.contains(&wanted) {
        let message = format!("it has no mode `{wanted}`; its modes are: {}", known.join(", "));
        return Err((method, Fault::Refused(wire::Refusal { code: None, message: visible_line(&message, 600) })));
    }
    let id = session.id.clone();
    Ok(match option {
        _ if *now == json!(wanted) => None,
        Some(option) if modes.is_null() => {
            let request = json!({"sessionId": id, "configId": option["id"], "value": wanted});
            Some(("session/set_config_option", request))
        }
        _ => Some((method, json!(SetSessionModeRequest::new(id, wanted.to_owned())))),
    })
}

fn ids<'a>(list: &'a Value, field: &str) -> Vec<&'a str> {
    list.as_array().map(Vec::as_slice).unwrap_or_default().iter().filter_map(|one| one[field].as_str()).collect()
}

/// One turn. When the time is up the agent is asked to stop, so that its last words are heard before the sandbox ends.
fn prompt(others: &Others<'_>, client: &mut Client, session: &str, text: String) -> Result<(), Unanswered> {
    let request = PromptRequest::new(session.to_owned(), vec![ContentBlock::Text(TextContent::new(text))]);
    match client.ask("session/prompt", &request, others.until) {
        // How it says that it stopped tells nothing.
        Ok(_) => Ok(()),
        Err(Fault::Silent) => {
            client.tell("session/cancel", &CancelNotification::new(session.to_owned()));
            client.hear_answer(STOP);
            Err(("session/prompt", Fault::Silent))
        }
        Err(fault) => Err(("session/prompt", fault)),
    }
}

fn silent(what: &str) -> Stopped {
    match what {
        "session/prompt" => Stopped::OutOfTime("The agent did not come to an end in its time".into()),
        _ => Stopped::Broken(format!("The agent did not answer `{what}`")),
    }
}

fn gone(exit: Option<i32>, complaint: &str) -> Stopped {
    let how = exit.map_or_else(|| "closed its output".to_owned(), |code| format!("exited with {code}"));
    let last = complaint.trim().lines().last().map(|line| format!("; it said: {}", visible_line(line, 400)));
    Stopped::Broken(format!("The agent {how} in the middle{}", last.unwrap_or_default()))
}
