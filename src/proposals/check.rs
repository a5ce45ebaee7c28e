//! What no proposal may hold. Each refusal is written for the agent, which can mend it and propose again.

use crate::kit::Error;
use crate::kit::Result;
use crate::kit::secretlike;
use crate::kit::text::is_invisible;
use crate::kit::text::visible_line;
use crate::model::Effect;
use crate::model::TreePath;
use crate::model::effect::Code;
use crate::model::effect::FileChange;
use crate::model::effect::FileState;
use crate::model::effect::Payload;
use crate::model::effect::ReviewWords;
use crate::proposals::Blobs;

/// The longest comment or description, in bytes.
pub const MOST_TEXT: usize = 64 * 1024;
/// The longest commit message, in bytes.
pub const MOST_MESSAGE: usize = 8 * 1024;
/// The most lines that a review speaks of.
pub const MOST_LINES: usize = 100;
/// The most files in one proposal.
pub const MOST_FILES: usize = 300;
/// The most bytes in one file.
pub const MOST_FILE_BYTES: u64 = 1024 * 1024;
/// The most bytes in all files.
pub const MOST_BYTES: u64 = 5 * 1024 * 1024;

/// Directories and files that configure agents or checks. An agent may not change what judges it.
const CONFIGURATION: [&str; 9] = [
    ".agents/",
    ".github/workflows/",
    ".github/actions/",
    ".gitea/workflows/",
    ".forgejo/workflows/",
    ".gitlab-ci.yml",
    ".gitmodules",
    ".gitattributes",
    ".circleci/",
];

/// Checks everything that can be checked without a forge.
pub fn effect(effect: &Effect, blobs: &impl Blobs) -> Result<()> {
    match &effect.payload {
        Payload::Comment { body } => text(body, "body"),
        Payload::Push { code } => commit(code, blobs),
        Payload::PullRequest { title, body, code, .. } | Payload::Memory { title, body, code, .. } => {
            one_line(title, "title")?;
            if !body.is_empty() {
                text(body, "body")?;
            }
            commit(code, blobs)
        }
        Payload::Labels { add, remove } => labels(add, remove),
        Payload::CheckRerun { check, .. } => one_line(check, "check"),
        Payload::Review(review) => words_of_review(review),
        Payload::Issue { title, body, labels } => {
            one_line(title, "title")?;
            text(body, "body")?;
            labels.iter().try_for_each(|label| one_line(label, "label"))
        }
    }
}

fn words_of_review(review: &ReviewWords) -> Result<()> {
    if review.body.trim().is_empty() && review.lines.is_empty() {
        return Err(Error::invalid("This review says nothing").hint("add a `body`, or `lines`").field("body"));
    }
    if !review.body.is_empty() {
        text(&review.body, "body")?;
    }
    if review.lines.len() > MOST_LINES {
        return Err(Error::invalid(format!("A review speaks of {MOST_LINES} lines at most")).field("lines"));
    }
    for line in &review.lines {
        line.path.parse::<TreePath>()?;
        text(&line.body, "lines")?;
    }
    Ok(())
}

fn labels(add: &[String], remove: &[String]) -> Result<()> {
    if add.is_empty() && remove.is_empty() {
        return Err(Error::invalid("This changes no label").hint("name a label in `add` or `remove`").field("add"));
    }
    if let Some(both) = add.iter().find(|label| remove.contains(label)) {
        let message = format!("The label `{}` is in `add` and in `remove`", visible_line(both, 60));
        return Err(Error::invalid(message).field("add"));
    }
    add.iter().chain(remove).try_for_each(|label| one_line(label, "label"))
}

fn one_line(line: &str, field: &str) -> Result<()> {
    let length = line.chars().count();
    if length == 0 || length > 255 || line.trim() != line {
        let message = format!("The {field} needs 1 to 255 characters, without spaces around them");
        return Err(Error::invalid(message).field(field));
    }
    if let Some(c) = line.chars().find(|c| is_invisible(*c) || *c == '\n' || *c == '\t') {
        let message = format!("The {field} holds U+{:04X}, which a reader cannot see", c as u32);
        return Err(Error::invalid(message).hint("leave it out").field(field));
    }
    no_secret(line.as_bytes(), field)
}

fn text(body: &str, field: &str) -> Result<()> {
    if body.trim().is_empty() {
        return Err(Error::invalid(format!("The {field} is empty")).field(field));
    }
    if body.len() > MOST_TEXT {
        let message = format!("The {field} has {} bytes, at most {MOST_TEXT} are allowed", body.len());
        return Err(Error::invalid(message).hint("say it shorter, or link to the run's page").field(field));
    }
    no_secret(body.as_bytes(), field)
}

fn commit(code: &Code, blobs: &impl Blobs) -> Result<()> {
    message(&code.message)?;
    if code.files.is_empty() {
        return Err(Error::invalid("This changes no file")
            .hint("edit files in the workspace first, or push a branch to `origin` and name it in `branch`"));
    }
    if code.files.len() > MOST_FILES {
        return Err(Error::invalid(format!(
            "This changes {} files, at most {MOST_FILES} are allowed",
            code.files.len()
        ))
        .hint("leave generated files out, or propose it in parts"));
    }
    let bytes: u64 = code.files.iter().filter_map(|file| file.new.as_ref()).map(|new| new.size).sum();
    if bytes > MOST_BYTES {
        return Err(Error::invalid(format!("The changed files have {bytes} bytes, at most {MOST_BYTES} are allowed")));
    }
    code.files.iter().try_for_each(|change| file(change, blobs))
}

fn message(message: &str) -> Result<()> {
    if message.len() > MOST_MESSAGE {
        return Err(Error::invalid(format!("The commit message has more than {MOST_MESSAGE} bytes")).field("message"));
    }
    one_line(message.lines().next().unwrap_or_default(), "message")?;
    for line in message.lines() {
        let name = line.split(':').next().unwrap_or_default().trim().to_ascii_lowercase();
        if line.contains(':') && (name.starts_with("forgehand-") || name == "approved-by") {
            return Err(Error::invalid(format!(
                "The commit message holds a line `{name}:`, which only the server writes"
            ))
            .hint("leave that line out")
            .field("message"));
        }
    }
    no_secret(message.as_bytes(), "message")
}

fn file(change: &FileChange, blobs: &impl Blobs) -> Result<()> {
    let shown = visible_line(&change.path, 200);
    change.path.parse::<TreePath>()?;
    if let Some(found) = configures(&change.path) {
        return Err(Error::invalid(format!(
            "Cannot propose a change to `{shown}`: `{found}` configures agents or checks"
        ))
        .hint("take that file out of the change; say in a comment what a person should change there")
        .field("path"));
    }
    let Some(new) = &change.new else { return Ok(()) };
    kind_of_file(&shown, new)?;
    if new.size > MOST_FILE_BYTES {
        let message = format!("`{shown}` has {} bytes, at most {MOST_FILE_BYTES} are allowed in one file", new.size);
        return Err(Error::invalid(message).field("path"));
    }
    match blobs.bytes(new) {
        Some(bytes) => no_secret(&bytes, &shown),
        None => Err(Error::invalid(format!("The bytes of `{shown}` are not there")).field("path")),
    }
}

fn kind_of_file(shown: &str, new: &FileState) -> Result<()> {
    let kind = match new.mode.as_str() {
        "100644" | "100755" => return Ok(()),
        "120000" => "a symbolic link",
        "160000" => "a submodule",
        _ => "not a plain file",
    };
    Err(Error::invalid(format!("Cannot propose `{shown}`: it is {kind}"))
        .hint("propose plain files only")
        .field("path"))
}

/// The entry of the list that makes this path one of configuration, in any case of letters.
pub fn configures(path: &str) -> Option<&'static str> {
    let lower = path.to_lowercase();
    CONFIGURATION.into_iter().find(|entry| match entry.strip_suffix('/') {
        Some(directory) => lower == directory || lower.starts_with(entry),
        None => lower == *entry || lower.ends_with(&format!("/{entry}")),
    })
}

fn no_secret(bytes: &[u8], place: &str) -> Result<()> {
    let found = secretlike::find(bytes);
    let Some(first) = found.first() else { return Ok(()) };
    let line = secretlike::line_of(bytes, first);
    Err(Error::invalid(format!("Line {line} of {place} holds what looks like {}", first.what))
        .hint("take it out; if it is a sample, make it plainly one, such as `EXAMPLE`")
        .field(place))
}
