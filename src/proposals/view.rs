//! What a person sees of an effect: a pure function of its bytes, from which they can be recovered.
//!
//! The agent's own words are not part of it. Computed facts stand above the bytes; invisible code points are escapes.

use serde::Serialize;

use crate::kit::digest::Digest;
use crate::kit::text::from_visible;
use crate::kit::text::visible;
use crate::model::Effect;
use crate::model::effect::Code;
use crate::model::effect::FileChange;
use crate::model::effect::FileState;
use crate::model::effect::Payload;
use crate::proposals::lines;

pub use crate::proposals::lines::Line;

/// Where the bytes of files come from.
pub trait Blobs {
    /// The bytes of a file at one side of a change.
    fn bytes(&self, file: &FileState) -> Option<Vec<u8>>;
}

impl<F: Fn(&FileState) -> Option<Vec<u8>>> Blobs for F {
    fn bytes(&self, file: &FileState) -> Option<Vec<u8>> {
        self(file)
    }
}

/// An effect as a person sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct View {
    /// What would happen, in one sentence.
    pub title: String,
    /// What we computed from the bytes.
    pub facts: Vec<Fact>,
    /// Every byte of the payload.
    pub parts: Vec<Part>,
}

/// Something that we computed from the bytes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fact {
    /// What it is.
    pub name: &'static str,
    /// Its value.
    pub value: String,
    /// Whether a person should look twice.
    pub warns: bool,
}

/// One part of the payload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Part {
    /// A text of the payload.
    Text {
        /// Which field.
        name: &'static str,
        /// The text, invisible code points as escapes.
        text: String,
    },
    /// A file of the payload.
    File(FileView),
}

/// A changed file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FileView {
    /// The path, invisible code points as escapes.
    pub path: String,
    /// `added`, `modified`, `deleted` or `mode changed`.
    pub change: &'static str,
    /// The old mode, when there was a file.
    pub old_mode: Option<String>,
    /// The new mode, when there is a file.
    pub new_mode: Option<String>,
    /// Bytes of the new version.
    pub size: u64,
    /// SHA-256 of the new version.
    pub sha256: Option<Digest>,
    /// Lines added.
    pub added: usize,
    /// Lines removed.
    pub removed: usize,
    /// What is in it.
    pub body: FileBody,
}

/// What is in a changed file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum FileBody {
    /// Every line of both versions.
    Lines(Vec<Line>),
    /// Every byte of the new version in hexadecimal: it holds NUL bytes.
    Bytes(String),
}

impl View {
    /// The view of an effect.
    pub fn of(effect: &Effect, blobs: &impl Blobs) -> Self {
        let mut view = Self { title: title(effect), facts: facts(effect), parts: Vec::new() };
        match &effect.payload {
            Payload::Comment { body } => view.text("body", body),
            Payload::Push { code } => view.code(code, blobs),
            Payload::PullRequest { title, body, base, code } | Payload::Memory { title, body, base, code } => {
                view.text("title", title);
                view.text("body", body);
                view.text("base", base.as_str());
                view.code(code, blobs);
            }
            Payload::Labels { add, remove } => {
                view.text("add", &add.join("\n"));
                view.text("remove", &remove.join("\n"));
            }
            Payload::CheckRerun { check, sha } => {
                view.text("check", check);
                view.text("commit", sha.as_str());
            }
            Payload::Review(review) => {
                view.text("verdict", review.verdict.words());
                view.text("body", &review.body);
                for line in &review.lines {
                    let side = if line.before { " before the changes" } else { "" };
                    view.text("line", &format!("{}:{}{side}", line.path, line.line));
                    view.text("about this line", &line.body);
                }
            }
            Payload::Issue { title, body, labels } => {
                view.text("title", title);
                view.text("body", body);
                view.text("labels", &labels.join("\n"));
            }
        }
        view
    }

    fn text(&mut self, name: &'static str, text: &str) {
        let hidden = text.chars().filter(|c| crate::kit::text::is_invisible(*c)).count();
        if hidden > 0 {
            let value = format!("{hidden} invisible characters in the {name}, shown as escapes");
            self.facts.push(Fact { name: "invisible text", value, warns: true });
        }
        self.parts.push(Part::Text { name, text: visible(text) });
    }

    fn code(&mut self, code: &Code, blobs: &impl Blobs) {
        self.text("message", &code.message);
        let files: Vec<FileView> = code.files.iter().map(|change| file(change, blobs)).collect();
        let (added, removed) = files.iter().fold((0, 0), |(a, r), file| (a + file.added, r + file.removed));
        let count = files.len();
        let value = format!("{count} {}, +{added} −{removed} lines", if count == 1 { "file" } else { "files" });
        self.facts.push(Fact { name: "size", value, warns: false });
        for file in &files {
            self.facts.extend(file_warning(file));
        }
        self.parts.extend(files.into_iter().map(Part::File));
    }

    /// Names the view: a decision stores what was looked at.
    pub fn digest(&self) -> Digest {
        let bytes = serde_json::to_vec(self).expect("a view is strings, numbers and lists");
        Digest::of("forgehand/view/v1", &[&bytes])
    }
}

fn title(effect: &Effect) -> String {
    let target = &effect.target;
    let on = target.number.map_or_else(|| target.repo.to_string(), |number| format!("{}#{number}", target.repo));
    let branch = target.branch.as_ref().map(ToString::to_string).unwrap_or_default();
    match &effect.payload {
        Payload::Comment { .. } => format!("Comment on {on}"),
        Payload::Push { .. } => format!("Push one commit to `{}` of {}", visible(&branch), target.repo),
        Payload::PullRequest { base, .. } => {
            format!(
                "Open a pull request from `{}` into `{}` of {}",
                visible(&branch),
                visible(base.as_str()),
                target.repo
            )
        }
        Payload::Memory { base, .. } => {
            format!("Open a pull request into `{}` of the company brain {}", visible(base.as_str()), target.repo)
        }
        Payload::Labels { .. } => format!("Change labels of {on}"),
        Payload::Review(review) => format!("Review {on}: {}", review.verdict.words()),
        Payload::Issue { .. } => format!("Open an issue in {}", target.repo),
        Payload::CheckRerun { check, sha } => format!("Run the check `{}` again on {}", visible(check), sha.short()),
    }
}

fn facts(effect: &Effect) -> Vec<Fact> {
    let fact = |name, value| Fact { name, value, warns: false };
    let expected = &effect.expected;
    let mut facts = vec![fact("target", effect.target.repo.to_string())];
    facts.extend(effect.target.number.map(|number| fact("on", format!("#{number}"))));
    facts.extend(effect.target.branch.as_ref().map(|branch| fact("branch", visible(branch.as_str()))));
    facts.extend(expected.head.as_ref().map(|head| fact("expected head", head.to_string())));
    if expected.branch_absent {
        facts.push(fact("expected branch", "does not exist yet".into()));
    }
    facts.extend(expected.state.as_ref().map(|state| fact("expected state", visible(state))));
    facts.extend(expected.text.as_ref().map(|text| fact("expected text", text.to_string())));
    facts.extend(expected.labels.as_ref().map(|labels| fact("expected labels", visible(&labels.join(", ")))));
    facts
}

fn file(change: &FileChange, blobs: &impl Blobs) -> FileView {
    let bytes = |state: &Option<FileState>| state.as_ref().and_then(|state| blobs.bytes(state)).unwrap_or_default();
    let (old, new) = (bytes(&change.old), bytes(&change.new));
    let body = if new.contains(&0) {
        FileBody::Bytes(hex::encode(&new))
    } else {
        FileBody::Lines(lines::compare(if old.contains(&0) { &[] } else { &old }, &new))
    };
    let count = |sign| match &body {
        FileBody::Lines(lines) => lines.iter().filter(|line| line.sign == sign).count(),
        FileBody::Bytes(_) => 0,
    };
    FileView {
        path: visible(&change.path),
        change: match (&change.old, &change.new) {
            (None, _) => "added",
            (_, None) => "deleted",
            (Some(old), Some(new)) if old.blob == new.blob => "mode changed",
            _ => "modified",
        },
        old_mode: change.old.as_ref().map(|state| state.mode.clone()),
        new_mode: change.new.as_ref().map(|state| state.mode.clone()),
        size: change.new.as_ref().map_or(0, |state| state.size),
        sha256: change.new.as_ref().map(|state| state.sha256),
        added: count('+'),
        removed: count('-'),
        body,
    }
}

fn file_warning(file: &FileView) -> Option<Fact> {
    let warn = |name, value| Some(Fact { name, value, warns: true });
    if file.new_mode.as_deref() == Some("100755") && file.old_mode.as_deref() != Some("100755") {
        return warn("executable", format!("`{}` becomes executable", file.path));
    }
    if matches!(file.body, FileBody::Bytes(_)) {
        return warn("binary", format!("`{}` holds NUL bytes and is shown in hexadecimal", file.path));
    }
    let name = file.path.rsplit('/').next().unwrap_or_default();
    if DEPENDENCIES.contains(&name) {
        return warn("dependencies", format!("`{}` says what is built in", file.path));
    }
    match &file.body {
        FileBody::Lines(lines) if lines.iter().any(|line| line.sign == '+' && line.text.contains('⟦')) => {
            warn("invisible text", format!("`{}` gains invisible characters or bytes, shown as escapes", file.path))
        }
        _ => None,
    }
}

/// Files that say which foreign code is built in.
const DEPENDENCIES: [&str; 12] = [
    "Cargo.toml",
    "Cargo.lock",
    "package.json",
    "package-lock.json",
    "pnpm-lock.yaml",
    "yarn.lock",
    "go.mod",
    "go.sum",
    "requirements.txt",
    "pyproject.toml",
    "Gemfile",
    "pom.xml",
];

impl FileView {
    /// The bytes of the new version, from what is shown.
    pub fn new_bytes(&self) -> Option<Vec<u8>> {
        match &self.body {
            FileBody::Bytes(digits) => hex::decode(digits).ok(),
            FileBody::Lines(lines) => {
                let mut bytes = Vec::new();
                for line in lines.iter().filter(|line| line.sign != '-') {
                    bytes.extend(from_visible(&line.text)?);
                    if line.line_feed {
                        bytes.push(b'\n');
                    }
                }
                Some(bytes)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn state(name: &str, bytes: &[u8]) -> FileState {
        FileState { mode: "100644".into(), blob: name.into(), sha256: Digest::plain(bytes), size: bytes.len() as u64 }
    }

    proptest! {
        #[test]
        fn a_file_view_gives_every_byte_back(
            old in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'a'), Just(0xE2), any::<u8>()], 0..120),
            new in proptest::collection::vec(prop_oneof![Just(b'\n'), Just(b'a'), Just(0xE2), any::<u8>()], 0..120),
        ) {
            let change = FileChange {
                path: "a".into(),
                old: Some(state("old", &old)),
                new: Some(state("new", &new)),
            };
            let blobs = |file: &FileState| Some(if file.blob == "old" { old.clone() } else { new.clone() });
            prop_assert_eq!(file(&change, &blobs).new_bytes(), Some(new.clone()));
        }
    }
}
