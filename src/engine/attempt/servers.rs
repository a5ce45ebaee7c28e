//! MCP servers that the stack names: opened before the agent starts, held against what people agreed to, and closed with the
//! attempt. One at an address is reached through the way out, with the secret that it was granted; one that is a program runs
//! in a sandbox of its own, without a network, over the same checkout as the agent.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Duration;

use futures_util::future::join_all;
use serde_json::Value;
use serde_json::json;
use tokio::io::AsyncReadExt as _;
use tokio::net::UnixListener;
use url::Url;

use crate::access::Cx;
use crate::catalog::Stack;
use crate::catalog::stack::McpServer;
use crate::egress::Target;
use crate::engine::Engine;
use crate::engine::SandboxState;
use crate::engine::Trusted;
use crate::engine::attempt::reach;
use crate::engine::attempt::tools::Tools;
use crate::engine::attempt::watch::drain;
use crate::gateway::Network;
use crate::gateway::brief::Tool;
use crate::gateway::servers::OF_SERVER;
use crate::gateway::servers::Server;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::kit::secret::Secret;
use crate::kit::text::visible_bytes;
use crate::kit::text::visible_line;
use crate::runs::Leased;
use crate::runs::NewEvent;
use crate::sandbox;
use crate::sandbox::Workspace;
use crate::vault::PinOf;
use crate::vault::Seen;
use crate::vault::Standing;

/// How much of what a program complains of is kept while it greets: its end.
const MOST_COMPLAINT: usize = 1024;

/// The servers of one attempt.
#[derive(Default)]
pub(super) struct Servers {
    opened: Vec<Opened>,
    /// What programs complain of. Somebody reads it, or a full pipe makes them wait.
    errors: Vec<sandbox::Output>,
}

struct Opened {
    server: Server,
    /// Dropping it kills the program.
    _program: Option<Program>,
}

struct Program {
    _running: Mutex<Box<dyn sandbox::Running>>,
    _workspace: Workspace,
    /// It has no gateway: nobody answers there.
    _nobody: UnixListener,
}

impl Servers {
    /// Their tools, as the agent sees them.
    pub(super) fn tools(&self) -> impl Iterator<Item = Tool> {
        self.opened.iter().flat_map(|opened| opened.server.tools())
    }

    fn find(&self, tool: &str) -> Option<(&Server, String)> {
        let (server, tool) = tool.split_once(OF_SERVER)?;
        let opened = self.opened.iter().find(|opened| opened.server.name() == server)?;
        Some((&opened.server, tool.to_owned()))
    }

    /// Reads what programs complain of, and throws it away.
    pub(super) fn drained(&mut self) -> impl Future<Output = Infallible> + use<> {
        let reading = std::mem::take(&mut self.errors).into_iter().map(|errors| drain(Some(errors)));
        let reading = join_all(reading);
        async move {
            reading.await;
            std::future::pending().await
        }
    }
}

/// What an attempt has before its workspace is there.
#[derive(Clone, Copy)]
pub(super) struct Opening<'a> {
    pub(super) engine: &'a Arc<Engine>,
    pub(super) leased: &'a Leased,
    pub(super) trusted: &'a Trusted,
    pub(super) stack: &'a Stack,
}

/// Opens the servers of a stack. One that cannot be used, or whose tools changed, ends the attempt.
pub(super) async fn open(opening: Opening<'_>, workspace: &Workspace) -> Result<Servers> {
    let Opening { engine, leased, trusted, stack } = opening;
    let mut servers = Servers::default();
    if stack.mcp.is_empty() {
        return Ok(servers);
    }
    let network = reach::servers(engine, leased, trusted, stack).await?;
    let mut told = Vec::new();
    for (name, asked) in &stack.mcp {
        let (mut server, program) = match &asked.url {
            Some(url) => match at_address(opening, name, (url, asked), &network).await? {
                Ok(server) => (server, None),
                Err(why) => {
                    told.push(format!("{name}: not opened, {why}"));
                    continue;
                }
            },
            None => {
                let (server, program, errors) = as_program(opening, name, asked, workspace).await?;
                servers.errors.push(errors);
                (server, Some(program))
            }
        };
        server.keep(&asked.tools)?;
        let seen = pin(opening, &server, asked).await?;
        let names: Vec<&str> = server.list().0.iter().map(|tool| tool.name.as_str()).collect();
        let first = if seen == Seen::First { ", seen for the first time" } else { "" };
        told.push(format!("{name}: {}{first} ({})", address(asked), names.join(", ")));
        servers.opened.push(Opened { server, _program: program });
    }
    let now = engine.clock.now();
    let mut tx = engine.db.begin().await?;
    let line = NewEvent::ours("servers", json!({ "text": told.join("\n") }));
    engine.runs.note(&mut tx, leased.run.id, Some(leased.attempt.id), now, &[line]).await?;
    tx.commit().await?;
    engine.runs.announce(leased.run.id);
    Ok(servers)
}

/// A server at an address; a reason when this run may not go there, such as one for a pull request from a fork.
async fn at_address(
    opening: Opening<'_>,
    name: &str,
    (url, asked): (&str, &McpServer),
    network: &Network,
) -> Result<std::result::Result<Server, String>> {
    let engine = opening.engine;
    let parsed: Url = url.parse().map_err(|_| Error::invalid(format!("`{url}` is not an address")))?;
    let target = Target::parse(parsed.host_str().unwrap_or_default(), parsed.port_or_known_default())?;
    let decision = network.decide_named(&target, "`mcp` of the stack names it");
    if !decision.allowed {
        return Ok(Err(decision.reason));
    }
    let secret = secret(opening, url, asked).await?;
    let client = engine.egress.client_for(&parsed).map_err(|error| {
        Error::invalid(format!("The MCP server `{name}` cannot be used: {}", error.message()))
            .hint("an administrator can open an address by the setting `egress_allow`")
            .code("SERVER_FAULT")
    })?;
    Server::at_address(name, client, url, secret.as_ref()).await.map(Ok)
}

/// The secret that is sent to an address, for a stack that was granted it for this very address.
async fn secret(opening: Opening<'_>, url: &str, asked: &McpServer) -> Result<Option<Secret<String>>> {
    let Some(name) = &asked.secret else { return Ok(None) };
    let Opening { engine, leased, trusted, .. } = opening;
    let run = &leased.run.dispatch;
    let refused = || {
        Error::denied(format!("The secret `{name}` is not granted to the stack `{}` for `{url}`", run.stack))
            .hint(format!("an administrator grants it at /{}/settings/secrets", run.repo))
            .code("SECRET_REFUSED")
    };
    let found = trusted.catalog.stacks.get(&run.stack).ok_or_else(refused)?;
    let consumer = engine.consumer(&run.repo, &run.stack, found).await?;
    let standing = engine.vault.standing(&consumer, [name.as_str()]).await?.remove(name);
    let Some(Standing::Granted { secret, uses, .. }) = standing else { return Err(refused()) };
    if !uses.iter().any(|granted| granted == url) {
        return Err(refused());
    }
    let now = engine.clock.now();
    let mut tx = engine.db.begin().await?;
    let value = engine.vault.use_secret(&mut tx, secret, now).await?;
    tx.commit().await?;
    Ok(Some(value))
}

/// A server that is a program.
async fn as_program(
    opening: Opening<'_>,
    name: &str,
    asked: &McpServer,
    workspace: &Workspace,
) -> Result<(Server, Program, sandbox::Output)> {
    let Opening { engine, stack, .. } = opening;
    let SandboxState::Ready(sandbox) = &engine.sandbox else {
        return Err(Error::invalid("This machine cannot run agents").code("SANDBOX_MISSING"));
    };
    let (workspaces, lower) = (engine.workspaces.clone(), workspace.lower().clone());
    let own = tokio::task::spawn_blocking(move || workspaces.open_attempt(&lower));
    let own = own.await.context("Making a workspace broke off")??;
    let nobody = UnixListener::bind(own.gateway_socket()).context("Cannot bind a socket that nobody answers")?;
    let task = sandbox::Task {
        argv: asked.command.iter().map(Into::into).collect(),
        env: Vec::new(),
        read_only: Vec::new(),
        gateway_socket: own.gateway_socket(),
        stdin: sandbox::Input::Piped,
        limits: sandbox::Limits {
            memory_bytes: stack.sandbox.memory.bytes(),
            disk_bytes: stack.sandbox.disk.bytes(),
            processes: stack.sandbox.processes,
            // It ends with the attempt, which may end later than its agent.
            wall: Duration::from_secs(u64::from(stack.budget.minutes) * 60 + 120),
            ..sandbox::Limits::default()
        },
    };
    let mut running = sandbox.start(&own, task).await?;
    let (Some(read), Some(write), Some(mut errors)) = (running.stdout(), running.stdin(), running.stderr()) else {
        return Err(Error::internal("a program in a sandbox has no pipes"));
    };
    let (server, said) = greeted(Server::by_pipes(name, read, write), &mut errors).await;
    let server = server.map_err(|error| match said.trim() {
        "" => error,
        // What it complained of is the best hint there is.
        said => {
            error.hint(format!("`{}` said: {}", visible_line(&asked.command.join(" "), 60), visible_line(said, 400)))
        }
    })?;
    Ok((server, Program { _running: Mutex::new(running), _workspace: own, _nobody: nobody }, errors))
}

/// Waits for the greeting of a program, and reads the end of what it complains of meanwhile.
async fn greeted(
    greeting: impl Future<Output = Result<Server>>,
    errors: &mut sandbox::Output,
) -> (Result<Server>, String) {
    let (mut tail, mut buffer) = (Vec::new(), vec![0; 4096]);
    tokio::pin!(greeting);
    let mut open = true;
    let server = loop {
        tokio::select! {
            // First what it complained of: it may be why the greeting failed.
            biased;
            read = errors.read(&mut buffer), if open => match read {
                Ok(read @ 1..) => {
                    tail.extend_from_slice(&buffer[..read]);
                    let extra = tail.len().saturating_sub(MOST_COMPLAINT);
                    tail.drain(..extra);
                }
                _ => open = false,
            },
            server = &mut greeting => break server,
        }
    };
    (server, visible_bytes(&tail))
}

/// Holds the tools of a server against those that were agreed to.
async fn pin(opening: Opening<'_>, server: &Server, asked: &McpServer) -> Result<Seen> {
    let Opening { engine, leased, .. } = opening;
    let run = &leased.run.dispatch;
    let of = PinOf { repo: run.repo.id, stack: run.stack.clone(), server: server.name().to_owned() };
    let list = json!(server.list());
    let by = format!("run {}", leased.run.id.short());
    let cx = Cx::system(&engine.clock);
    let mut step = engine.step(&cx).await?;
    let now = step.now();
    let seen = engine.vault.see_tools(&mut step, &of, (&address(asked), &list), (&by, now)).await?;
    let subject = format!("tools of {} for the stack {} of {}", server.name(), run.stack, run.repo);
    let details = json!({ "run": leased.run.id, "digest": server.list().digest() });
    match seen {
        Seen::Same => drop(step),
        Seen::First => step.finish("tools.first", subject, details).await?,
        Seen::Changed => {
            step.finish("tools.changed", subject, details).await?;
            let message = format!(
                "The MCP server `{}` says something else of its tools than what was agreed to, so the stack `{}` is stopped",
                server.name(),
                run.stack
            );
            return Err(Error::denied(message)
                .hint(format!(
                    "somebody who administers the repository reads the difference at /{}/settings/tools",
                    run.repo
                ))
                .code("TOOLS_CHANGED"));
        }
    }
    Ok(seen)
}

/// Where a server is, in words.
fn address(asked: &McpServer) -> String {
    asked.url.clone().unwrap_or_else(|| asked.command.join(" "))
}

impl Tools {
    /// Calls a tool of a server. Whatever it answers are words of others, and no secret comes back by it.
    pub(super) async fn of_server(&self, tool: &str, arguments: &Value) -> Result<Value> {
        let Some((server, tool)) = self.servers.find(tool) else {
            return Err(Error::not_found(format!("tool `{tool}`")).code("UNKNOWN_TOOL"));
        };
        self.read_words_of(&format!("the MCP server {}", server.name())).await?;
        let watch = self.engine.vault.watch();
        match server.call(&tool, arguments).await {
            Ok(mut answer) => {
                if let Some(text) = answer["text"].as_str() {
                    answer["text"] = json!(watch.redact(text.to_owned()));
                }
                Ok(answer)
            }
            Err(error) => {
                Err(Error::new(error.kind(), watch.redact(error.message().to_owned())).code(error.code_name()))
            }
        }
    }
}
