//! Commands that an agent runs through us, which it calls terminals: each a process group of its own with its output kept to a
//! bound, from the end.

use std::collections::BTreeMap;
use std::io;
use std::io::Read;
use std::os::unix::process::CommandExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::Command;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::Condvar;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::thread;

use rustix::process::Pid;
use rustix::process::Signal;
use serde_json::Value;
use serde_json::json;

use crate::agents::inside::acp::wire::Refusal;

/// The terminals of one agent.
#[derive(Default)]
pub(super) struct Terminals {
    open: BTreeMap<String, Arc<Terminal>>,
    made: usize,
}

/// One command.
pub(super) struct Terminal {
    group: Option<Pid>,
    most: usize,
    state: Mutex<State>,
    over: Condvar,
}

#[derive(Default)]
struct State {
    output: Vec<u8>,
    cut: bool,
    /// Exit code or signal, when it is over.
    exit: Option<(Option<i32>, Option<i32>)>,
    closed: bool,
}

/// Most terminals at one time.
const MOST: usize = 64;

/// Most bytes of output that are kept, and how many when the agent names no number.
const OUTPUT: usize = 1 << 20;

impl Terminals {
    /// `terminal/create`.
    pub(super) fn create(&mut self, params: &Value, folder: &Path) -> Result<Value, Refusal> {
        let name = params["command"].as_str().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| Refusal::new(-32602, "`command` names no program"))?;
        if self.open.len() >= MOST {
            return Err(Refusal::new(-32603, format!("{MOST} terminals are open; release one")));
        }
        let words = |field: &str| params[field].as_array().map(Vec::as_slice).unwrap_or_default().to_vec();
        let arguments: Vec<String> = words("args").iter().filter_map(Value::as_str).map(str::to_owned).collect();
        let variables = words("env")
            .into_iter()
            .filter_map(|one| Some((one["name"].as_str()?.to_owned(), one["value"].as_str()?.to_owned())));
        // Some agents send a whole line of shell as the command.
        let line = arguments.is_empty() && name.contains(char::is_whitespace);
        let argv = if line {
            vec!["sh".into(), "-c".into(), name.to_owned()]
        } else {
            [vec![name.to_owned()], arguments].concat()
        };
        let most = params["outputByteLimit"].as_u64().and_then(|most| usize::try_from(most).ok()).unwrap_or(OUTPUT);
        let terminal = start(&argv, folder, variables.collect(), most.min(OUTPUT))
            .map_err(|error| Refusal::new(-32603, format!("`{name}` could not be started: {error}")))?;
        self.made += 1;
        let id = format!("terminal-{}", self.made);
        self.open.insert(id.clone(), terminal);
        Ok(json!({"terminalId": id}))
    }

    /// The terminal that a request names.
    pub(super) fn named(&self, params: &Value) -> Result<Arc<Terminal>, Refusal> {
        let id = params["terminalId"].as_str().unwrap_or_default();
        self.open.get(id).cloned().ok_or_else(|| Refusal::new(-32002, "there is no such terminal"))
    }

    /// `terminal/release`: ends it and forgets it.
    pub(super) fn release(&mut self, params: &Value) -> Result<Value, Refusal> {
        self.named(params)?.kill();
        self.open.remove(params["terminalId"].as_str().unwrap_or_default());
        Ok(json!({}))
    }

    /// What a terminal printed, for the transcript.
    pub(super) fn text(&self, id: &str) -> Option<String> {
        let state = self.open.get(id)?.state();
        Some(String::from_utf8_lossy(&state.output).into_owned())
    }
}

impl Drop for Terminals {
    fn drop(&mut self) {
        self.open.values().for_each(|terminal| terminal.kill());
    }
}

fn start(argv: &[String], folder: &Path, variables: Vec<(String, String)>, most: usize) -> io::Result<Arc<Terminal>> {
    let (reader, writer) = io::pipe()?;
    let again = writer.try_clone()?;
    #[expect(clippy::disallowed_methods, reason = "this program runs inside the sandbox; its commands do too")]
    let mut command = Command::new(&argv[0]);
    command.args(&argv[1..]).current_dir(folder).envs(variables).process_group(0);
    command.stdin(Stdio::null()).stdout(writer).stderr(again);
    let mut child = command.spawn()?;
    drop(command);
    let group = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
    let terminal = Arc::new(Terminal { group, most, state: Mutex::default(), over: Condvar::new() });
    let read = Arc::clone(&terminal);
    thread::spawn(move || read.read(reader));
    let waited = Arc::clone(&terminal);
    thread::spawn(move || {
        let status = child.wait().ok();
        let exit = (status.and_then(|status| status.code()), status.and_then(|status| status.signal()));
        waited.state().exit = Some(exit);
        waited.over.notify_all();
    });
    Ok(terminal)
}

impl Terminal {
    /// `terminal/output`.
    pub(super) fn output(&self) -> Value {
        let state = self.state();
        let mut told = json!({"output": String::from_utf8_lossy(&state.output), "truncated": state.cut});
        if let Some((code, signal)) = state.exit {
            told["exitStatus"] = status(code, signal);
        }
        told
    }

    /// `terminal/wait_for_exit`: waits, also for the output to be read to its end, for a moment.
    pub(super) fn wait(&self) -> Value {
        let mut state = self.state();
        while state.exit.is_none() {
            state = self.over.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let exit = state.exit;
        // What it left running may hold the output open.
        let moment = std::time::Duration::from_millis(200);
        let waited = self.over.wait_timeout_while(state, moment, |state| !state.closed);
        drop(waited.unwrap_or_else(PoisonError::into_inner));
        let (code, signal) = exit.unwrap_or_default();
        status(code, signal)
    }

    /// `terminal/kill`.
    pub(super) fn kill(&self) {
        if let Some(group) = self.group
            && self.state().exit.is_none()
        {
            let _ = rustix::process::kill_process_group(group, Signal::KILL);
        }
    }

    fn read(&self, mut from: impl Read) {
        let mut buffer = [0; 8192];
        while let Ok(got @ 1..) = from.read(&mut buffer) {
            let mut state = self.state();
            state.output.extend_from_slice(&buffer[..got]);
            let over = state.output.len().saturating_sub(self.most);
            if over > 0 {
                state.output.drain(..over);
                state.cut = true;
            }
        }
        self.state().closed = true;
        self.over.notify_all();
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn status(code: Option<i32>, signal: Option<i32>) -> Value {
    json!({"exitCode": code, "signal": signal.map(|signal| format!("SIG{signal}"))})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminal_runs_tells_its_output_and_is_forgotten() {
        let mut terminals = Terminals::default();
        let made = terminals.create(
            &json!({"command": "sh", "args": ["-c", "echo $GREETING; exit 3"],
            "env": [{"name": "GREETING", "value": "hello"}]}),
            Path::new("/"),
        );
        let made = made.unwrap();
        let terminal = terminals.named(&made).unwrap();
        assert_eq!(terminal.wait(), json!({"exitCode": 3, "signal": null}));
        assert_eq!(terminal.output()["output"], "hello\n");
        assert_eq!(terminals.text("terminal-1").as_deref(), Some("hello\n"));
        terminals.release(&made).unwrap();
        assert!(terminals.named(&made).is_err());
    }

    #[test]
    fn output_keeps_its_end_and_a_kill_ends_the_group() {
        let mut terminals = Terminals::default();
        let made =
            terminals.create(&json!({"command": "echo 1234567; sleep 1000", "outputByteLimit": 4}), Path::new("/"));
        let terminal = terminals.named(&made.unwrap()).unwrap();
        while terminal.output()["output"] != "567\n" {
            thread::yield_now();
        }
        assert_eq!(terminal.output()["truncated"], true);
        terminal.kill();
        assert_eq!(terminal.wait()["signal"], "SIG9");
    }

    #[test]
    fn what_cannot_be_started_is_refused() {
        let mut terminals = Terminals::default();
        assert!(terminals.create(&json!({"command": "no-such-program"}), Path::new("/")).is_err());
        assert!(terminals.create(&json!({}), Path::new("/")).is_err());
    }
}
