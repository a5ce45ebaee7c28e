//! The client's side of one connection: what we ask, and what the agent asks meanwhile.

use std::io::Write;
use std::process::ChildStdin;
use std::sync::Arc;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::mpsc::Receiver;
use std::sync::mpsc::RecvTimeoutError;
use std::thread;
use std::time::Duration;
use std::time::Instant;

use agent_client_protocol::v1::schema::RequestPermissionResponse;
use serde::Serialize;
use serde_json::Value;
use serde_json::json;

use crate::agents::inside::acp::files;
use crate::agents::inside::acp::permission;
use crate::agents::inside::acp::terminals::Terminals;
use crate::agents::inside::acp::updates::Line;
use crate::agents::inside::acp::updates::Updates;
use crate::agents::inside::acp::wire;
use crate::agents::inside::acp::wire::Heard;
use crate::agents::inside::acp::wire::Refusal;
use crate::agents::inside::gateway::Gateway;
use crate::agents::inside::program::Program;
use crate::agents::inside::workspace::Workspace;
use crate::gateway::brief::Rights;
use crate::gateway::ports::EntryKind;
use crate::kit::Result;

/// One connection to an agent.
pub(super) struct Client {
    program: Program,
    voice: Voice,
    lines: Receiver<String>,
    gateway: Gateway,
    workspace: Workspace,
    rights: Rights,
    asked: u64,
    updates: Updates,
    terminals: Terminals,
    /// The last line that was no message: what an agent says when it cannot even start.
    noise: String,
    /// While a session is loaded, the agent tells what was told before.
    pub(super) replaying: bool,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fault {
    /// The agent says no.
    Refused(Refusal),
    /// It says nothing.
    Silent,
    /// It is gone.
    Gone,
}

/// Answers are written by several threads; each line stays whole.
#[derive(Clone)]
struct Voice(Arc<Mutex<ChildStdin>>);

/// How long an agent may be quiet before it is taken to have told everything, and how long that may take in all.
const QUIET: Duration = Duration::from_millis(150);
const LATE: Duration = Duration::from_secs(2);

impl Client {
    pub(super) fn start(argv: &[String], workspace: &Workspace, gateway: &Gateway, rights: Rights) -> Result<Self> {
        let (program, stdin, lines) = Program::start(argv, workspace.root())?;
        Ok(Self {
            program,
            voice: Voice(Arc::new(Mutex::new(stdin))),
            lines,
            gateway: gateway.clone(),
            workspace: workspace.clone(),
            rights,
            asked: 0,
            updates: Updates::default(),
            terminals: Terminals::default(),
            noise: String::new(),
            replaying: false,
        })
    }

    /// Asks, and does what the agent asks until it answers, or until this moment.
    pub(super) fn ask(&mut self, method: &str, params: &impl Serialize, until: Instant) -> Result<Value, Fault> {
        self.asked += 1;
        let mine = self.asked;
        self.voice.say(&wire::request(mine, method, json!(params)));
        let mut answer = None;
        while answer.is_none() {
            let line = match self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(line) => line,
                Err(RecvTimeoutError::Timeout) => return Err(Fault::Silent),
                Err(RecvTimeoutError::Disconnected) => return Err(Fault::Gone),
            };
            // What stands in the same line after the answer is heard as well.
            for heard in wire::hear(&line) {
                match heard {
                    Heard::Answer(id, result) if id == mine => answer = Some(result),
                    other => self.attend(other),
                }
            }
        }
        answer.unwrap_or_else(|| Ok(Value::Null)).map_err(Fault::Refused)
    }

    /// Tells, without an answer.
    pub(super) fn tell(&self, method: &str, params: &impl Serialize) {
        self.voice.say(&wire::notice(method, json!(params)));
    }

    /// Hears what still comes after the last answer: updates may be late.
    pub(super) fn hear_late(&mut self) {
        let begun = Instant::now();
        while begun.elapsed() < LATE {
            let Ok(line) = self.lines.recv_timeout(QUIET) else { return };
            wire::hear(&line).into_iter().for_each(|heard| self.attend(heard));
        }
    }

    /// Hears what comes until the last question is answered, or this time is over.
    pub(super) fn hear_answer(&mut self, patience: Duration) {
        let until = Instant::now() + patience;
        while let Ok(line) = self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            let heard = wire::hear(&line);
            let answered = heard.iter().any(|heard| matches!(heard, Heard::Answer(id, _) if *id == self.asked));
            heard.into_iter().for_each(|heard| self.attend(heard));
            if answered {
                return;
            }
        }
    }

    /// Tells the transcript what was begun and not told yet; gives the agent's last words.
    pub(super) fn last_words(&mut self) -> String {
        let lines = self.updates.finish(&|id| self.terminals.text(id));
        self.write(lines);
        self.updates.last_message().to_owned()
    }

    /// Ends the agent with everything it started; gives how it ended by itself, when it did, and what it complained about.
    pub(super) fn end(mut self, gone: bool) -> (Option<i32>, String) {
        // One that closed its output is about to exit, if it did not yet.
        let exit = self.program.ended(if gone { QUIET } else { Duration::ZERO });
        let complaint = self.program.end();
        (exit, if complaint.trim().is_empty() { self.noise } else { complaint })
    }

    fn attend(&mut self, heard: Heard) {
        match heard {
            Heard::Request { id, method, params } => self.serve(id, &method, &params),
            Heard::Notice { method, params } if method == "session/update" && !self.replaying => {
                let lines = self.updates.take(&params["update"], &|id| self.terminals.text(id));
                self.write(lines);
            }
            Heard::Noise(text) => self.noise = text,
            // An answer that nobody waits for any more, or news of a kind that we have no use for.
            Heard::Answer(..) | Heard::Notice { .. } => {}
        }
    }

    /// Does what the agent asks for, whether or not it was told that we can: some ask all the same.
    fn serve(&mut self, id: Value, method: &str, params: &Value) {
        let result = match method {
            "session/request_permission" => Ok(self.permit(params)),
            "fs/read_text_file" => files::read(&self.workspace, params),
            "fs/write_text_file" if self.rights.write => files::write(&self.workspace, params),
            "fs/write_text_file" => Err(Refusal::new(-32602, "This run may look and change nothing")),
            "terminal/create" => {
                files::folder(&self.workspace, params).and_then(|folder| self.terminals.create(params, &folder))
            }
            "terminal/output" => self.terminals.named(params).map(|terminal| terminal.output()),
            "terminal/kill" => self.terminals.named(params).map(|terminal| {
                terminal.kill();
                json!({})
            }),
            "terminal/release" => self.terminals.release(params),
            "terminal/wait_for_exit" => match self.terminals.named(params) {
                Ok(terminal) => {
                    let voice = self.voice.clone();
                    thread::spawn(move || voice.say(&wire::reply(&id, Ok(terminal.wait()))));
                    return;
                }
                Err(refusal) => Err(refusal),
            },
            _ => Err(Refusal::new(-32601, format!("`{method}` is not a method of this client"))),
        };
        self.voice.say(&wire::reply(&id, result));
    }

    fn permit(&mut self, params: &Value) -> Value {
        let call = &params["toolCall"];
        // For some agents this is the first word about the call.
        let mut update = if call.is_object() { call.clone() } else { json!({}) };
        update["sessionUpdate"] = json!("tool_call_update");
        let lines = self.updates.take(&update, &|id| self.terminals.text(id));
        self.write(lines);
        let kind = self.updates.kind(call);
        let answer = permission::decide(kind, &params["options"], self.rights);
        if !answer.allowed {
            let title = call["title"].as_str().unwrap_or("something");
            let text = format!("The agent asked to do what this run may not, and was refused: {title}");
            self.gateway.say(EntryKind::Message, &text, &json!({"tool": kind, "permission": "refused"}));
        }
        json!(RequestPermissionResponse::new(answer.outcome))
    }

    fn write(&self, lines: Vec<Line>) {
        for Line { kind, text, detail } in lines {
            self.gateway.say(kind, &text, &detail);
        }
    }
}

impl Voice {
    /// An agent that is gone hears nothing; that its lines have ended tells us.
    fn say(&self, message: &Value) {
        let mut stdin = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = stdin.write_all(format!("{message}\n").as_bytes()).and_then(|()| stdin.flush());
    }
}
