//! An agent that is a command: it is given the prompt, what it prints is read line by line, and what it leaves is judged.
//!
//! `lines` says what a line means: pure. The command runs in a process group of its own and is ended with it.

mod lines;

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;
use std::time::Instant;

use crate::agents::inside::Ended;
use crate::agents::inside::judge::Left;
use crate::agents::inside::judge::Stopped;
use crate::agents::inside::judge::Tree;
use crate::agents::inside::judge::judge;
use crate::agents::inside::others::Others;
use crate::agents::inside::others::with_hints;
use crate::agents::inside::program::Program;
use crate::catalog::stack::PromptBy;
use crate::gateway::ports::FailureCode;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::text::visible_line;
use lines::Lines;

/// The longest argument that Linux takes, with room for the rest of it.
const ARGUMENT: usize = 120 << 10;

/// How long a command may take to end after it closed its output.
const END: Duration = Duration::from_secs(5);

/// How long it may be quiet before what it printed is told.
const QUIET: Duration = Duration::from_secs(1);

/// Runs the command to its end.
pub(super) fn run(others: &Others<'_>) -> Ended {
    let before = Tree::look(others.workspace.root());
    let mut lines = Lines::of(&others.brief.cli);
    let stopped = match play(others, &mut lines) {
        Ok(stopped) => stopped,
        Err(error) => return Ended::failed(FailureCode::AgentError, &with_hints(&error)),
    };
    judge(Left::look(&before, others.workspace.root(), others.gateway), &stopped, lines.last_words())
}

fn play(others: &Others<'_>, lines: &mut Lines) -> Result<Stopped> {
    let prompt = format!("{}\n\n{}", others.brief.prompt.system, others.brief.prompt.task);
    let by = others.brief.cli.prompt;
    let argv = argv(others, by, &prompt)?;
    let (mut program, mut stdin, printed) = Program::start(&argv, others.workspace.root())?;
    if by == PromptBy::Stdin {
        std::thread::spawn(move || stdin.write_all(prompt.as_bytes()));
    } else {
        drop(stdin);
    }
    let tell = |entries: Vec<lines::Entry>| {
        entries.into_iter().for_each(|entry| others.gateway.say(entry.kind, &entry.text, &entry.detail));
    };
    loop {
        let wait = others.until.saturating_duration_since(Instant::now());
        match printed.recv_timeout(wait.min(QUIET)) {
            Ok(line) => tell(lines.take(&line)),
            Err(RecvTimeoutError::Timeout) if wait.is_zero() => {
                tell(lines.pause());
                program.end();
                return Ok(Stopped::OutOfTime("The command did not come to an end in its time".into()));
            }
            Err(RecvTimeoutError::Timeout) => tell(lines.pause()),
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    tell(lines.pause());
    let exit = program.ended(END);
    let complaint = program.end();
    // An exit code of 0 promises nothing, another one is worth a word.
    Ok(match exit {
        Some(0) | None => Stopped::Done,
        Some(code) => {
            let last = complaint.trim().lines().last().map(|line| format!("; it said: {}", visible_line(line, 400)));
            Stopped::Broken(format!("the command exited with {code}{}", last.unwrap_or_default()))
        }
    })
}

/// The command with its prompt where it wants it.
fn argv(others: &Others<'_>, by: PromptBy, prompt: &str) -> Result<Vec<String>> {
    let (place, value) = match by {
        PromptBy::Stdin => return Ok(others.command.to_vec()),
        PromptBy::Argument if prompt.len() > ARGUMENT => {
            return Err(Error::invalid(format!("The prompt has {} bytes, too many for an argument", prompt.len()))
                .hint("set `cli.prompt` of the stack to `stdin` or `file`"));
        }
        PromptBy::Argument => ("{prompt}", prompt.to_owned()),
        PromptBy::File => ("{prompt_file}", file(others, prompt)?.to_string_lossy().into_owned()),
    };
    Ok(filled(others.command, place, &value))
}

fn filled(command: &[String], place: &str, value: &str) -> Vec<String> {
    if !command.iter().any(|word| word.contains(place)) {
        return [command, &[value.to_owned()]].concat();
    }
    command.iter().map(|word| word.replace(place, value)).collect()
}

/// A file outside the workspace, so that it is no change.
fn file(others: &Others<'_>, prompt: &str) -> Result<PathBuf> {
    let path = others.home.join("prompt.md");
    fs::write(&path, prompt)
        .map_err(|error| Error::invalid(format!("`{}` cannot be written: {error}", path.display())))?;
    Ok(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_prompt_stands_where_the_command_wants_it() {
        let words = |line: &str| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(filled(&words("mini -t {prompt} -y"), "{prompt}", "Fix it"), ["mini", "-t", "Fix it", "-y"]);
        assert_eq!(filled(&words("codex exec"), "{prompt}", "Fix it"), ["codex", "exec", "Fix it"]);
        assert_eq!(filled(&words("x --in={prompt_file}"), "{prompt_file}", "/p"), ["x", "--in=/p"]);
    }
}
