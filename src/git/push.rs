//! What a push asks for, read before `git` sees it, and why it is refused.
//!
//! The commands of a push stand before the pack, so the refusal is known early. It reaches the client through the
//! `pre-receive` hook, a fixed script of ours: nothing of a refused push stays, because `git` keeps its objects apart until
//! the hook agrees. The hook repeats the coarsest rule by itself, and refuses everything when it is not the server that
//! runs it.

use std::fmt;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use futures_util::future::BoxFuture;
use globset::GlobBuilder;

use crate::git::object::shown;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::kit::text::visible_line;
use crate::model::BranchName;

/// What the caller says of one push.
#[derive(Default)]
pub struct Push {
    /// Patterns of branches that are not to be moved by a push, such as `main` or `release/*`.
    pub protected: Vec<String>,
    /// Why nothing at all can be pushed here; empty when something can.
    pub closed: String,
    /// What somebody whose push to such a branch is refused should do instead; shown below the refusal.
    pub advice: String,
    /// Runs when `git` has ended, before the client sees the end of the answer; also when the client is gone.
    pub after: Option<Box<dyn FnOnce() -> BoxFuture<'static, ()> + Send>>,
}

/// One ref that a push wants to move.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Command {
    /// Whether the ref is to go.
    deletes: bool,
    /// The full name.
    name: Vec<u8>,
}

/// The most bytes that the commands of one push may take.
pub(super) const LONGEST_COMMANDS: usize = 4 * 1024 * 1024;

/// Reads one packet line's length: none for a flush.
pub(super) fn packet_length(four: [u8; 4]) -> Result<Option<usize>> {
    let length = std::str::from_utf8(&four).ok().filter(|text| text.bytes().all(|b| b.is_ascii_hexdigit()));
    match length.and_then(|text| usize::from_str_radix(text, 16).ok()) {
        Some(0) => Ok(None),
        Some(length @ 5..=65520) => Ok(Some(length - 4)),
        _ => Err(malformed()),
    }
}

/// Reads one line of the commands; none for a line that moves nothing.
pub(super) fn command(line: &[u8]) -> Result<Option<Command>> {
    let line = line.split(|b| *b == 0).next().unwrap_or_default();
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    if line.starts_with(b"shallow ") {
        return Ok(None);
    }
    let is_id = |id: &[u8]| id.len() == 40 && id.iter().all(u8::is_ascii_hexdigit);
    // A signed push repeats its commands inside a certificate, where we would not see them.
    if line.len() < 83 || !is_id(&line[..40]) || line[40] != b' ' || !is_id(&line[41..81]) || line[81] != b' ' {
        return Err(malformed());
    }
    Ok(Some(Command { deletes: line[41..81].iter().all(|b| *b == b'0'), name: line[82..].to_vec() }))
}

fn malformed() -> Error {
    Error::new(ErrorKind::Malformed, "Cannot read what this push asks for").hint("push with `git`, without `--signed`")
}

/// Why the push as a whole is refused, in lines for the client's terminal; none when it may go on.
pub(super) fn refusal(commands: &[Command], push: &Push) -> Option<String> {
    if !push.closed.is_empty() {
        return Some(visible_line(&push.closed, 400));
    }
    let mut lines: Vec<String> = commands.iter().filter_map(|command| refused(command, push)).collect();
    if lines.is_empty() {
        return None;
    }
    if lines.len() > 20 {
        lines.truncate(20);
        lines.push("and more".into());
    }
    if !push.advice.is_empty() && lines.iter().any(|line| line.ends_with(PROTECTED)) {
        lines.extend(push.advice.lines().map(|line| format!("hint: {}", visible_line(line, 200))));
    }
    Some(lines.join("\n"))
}

const PROTECTED: &str = "is protected and is not moved by a push";

fn refused(command: &Command, push: &Push) -> Option<String> {
    let told = visible_line(&shown(&command.name), 120);
    let name = std::str::from_utf8(&command.name).unwrap_or_default();
    let Some(short) = name.strip_prefix("refs/heads/").or_else(|| name.strip_prefix("refs/tags/")) else {
        return Some(format!("`{told}` is refused: only branches and tags can be pushed"));
    };
    // A bad name that is there already, from before a rule, may still be deleted.
    if !command.deletes
        && let Err(error) = short.parse::<BranchName>()
    {
        return Some(error.message().to_owned());
    }
    let is_branch = name.starts_with("refs/heads/");
    (is_branch && push.protected.iter().any(|pattern| matches(pattern, short)))
        .then(|| format!("the branch `{}` {PROTECTED}", visible_line(short, 120)))
}

/// Whether a pattern covers a branch. A pattern that cannot be read covers every branch: the safe side.
fn matches(pattern: &str, branch: &str) -> bool {
    let glob = GlobBuilder::new(pattern).literal_separator(true).build();
    pattern == branch || glob.map_or(true, |glob| glob.compile_matcher().is_match(branch))
}

/// The variable that carries the refusal to the hook; empty lets the push go on.
pub(super) const REFUSAL: &str = "FORGEHAND_REFUSAL";
/// The variable that tells the hook that the server runs it.
pub(super) const SERVED: &str = "FORGEHAND_SERVED";

const HOOK: &str = r#"#!/bin/sh
# Written by forgehand at every start: changes are lost.
[ "$FORGEHAND_SERVED" = yes ] || { echo "only forgehand serves this repository" >&2; exit 1; }
[ -z "$FORGEHAND_REFUSAL" ] || { printf '%s\n' "$FORGEHAND_REFUSAL" >&2; exit 1; }
while read -r old new name; do
    case "$name" in
        refs/heads/* | refs/tags/*) ;;
        *) echo "only branches and tags can be pushed" >&2; exit 1 ;;
    esac
done
"#;

/// Writes the hook that every repository uses. Blocks.
pub(super) fn write_hook(directory: &Path) -> Result<()> {
    std::fs::create_dir_all(directory).context("Cannot make the directory for hooks")?;
    let fresh = directory.join(".pre-receive");
    std::fs::write(&fresh, HOOK).context("Cannot write a hook")?;
    std::fs::set_permissions(&fresh, std::fs::Permissions::from_mode(0o755)).context("Cannot write a hook")?;
    std::fs::rename(&fresh, directory.join("pre-receive")).context("Cannot write a hook")
}

impl fmt::Debug for Push {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Push").field("protected", &self.protected).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(name: &str) -> Vec<u8> {
        format!("{} {} {name}\0 report-status side-band-64k\n", "0".repeat(40), "1".repeat(40)).into_bytes()
    }

    fn told(name: &str, protected: &[&str]) -> Option<String> {
        let push = Push {
            protected: protected.iter().map(|pattern| (*pattern).to_owned()).collect(),
            advice: "open a pull request".into(),
            ..Push::default()
        };
        refusal(&[command(&line(name)).unwrap().unwrap()], &push)
    }

    #[test]
    fn branches_and_tags_may_be_pushed_and_nothing_else() {
        assert_eq!(told("refs/heads/topic/ünï", &["main"]), None);
        assert_eq!(told("refs/tags/v1.0", &["*"]), None);
        for name in [
            "refs/forgehand/proposals/1/1",
            "refs/replace/1111111111111111111111111111111111111111",
            "refs/pull/1/head",
            "HEAD",
            "refs/heads",
            "refs/heads/-x",
            "refs/heads/a\u{202e}b",
            "refs/tags/a\u{7}b",
        ] {
            assert!(told(name, &[]).is_some(), "{name:?}");
        }
    }

    #[test]
    fn a_protected_branch_is_named_with_the_way_around_it() {
        let told_of_main = told("refs/heads/main", &["main"]);
        assert_eq!(
            told_of_main.unwrap(),
            "the branch `main` is protected and is not moved by a push\nhint: open a pull request"
        );
        assert!(told("refs/heads/release/1", &["release/*"]).is_some());
        assert!(told("refs/heads/release/1/x", &["release/*"]).is_none());
        assert!(told("refs/heads/topic", &["[broken"]).is_some());
    }

    #[test]
    fn a_closed_repository_takes_nothing() {
        let push = Push { closed: "this repository is a mirror".into(), ..Push::default() };
        let commands = [command(&line("refs/heads/topic")).unwrap().unwrap()];
        assert_eq!(refusal(&commands, &push).unwrap(), "this repository is a mirror");
    }

    #[test]
    fn lines_that_hide_commands_are_not_a_push() {
        for line in [&b"push-cert\0 report-status\n"[..], b"", b"0000", b"ERR no", &line("")] {
            assert!(command(line).is_err(), "{line:?}");
        }
        assert_eq!(command(b"shallow 1111111111111111111111111111111111111111").unwrap(), None);
        assert!(
            packet_length(*b"zzzz").is_err() && packet_length(*b"0001").is_err() && packet_length(*b"+004").is_err()
        );
    }
}
