//! What a finished run leaves in a brain, by how much of it is to be kept.

use std::str::FromStr;

use serde_json::json;

use crate::kit::Error;
use crate::kit::digest::Digest;
use crate::kit::secretlike;
use crate::kit::text::bounded;
use crate::kit::text::visible_line;
use crate::memory::import::Draft;
use crate::memory::import::header;

/// The longest summary that is kept.
const MOST_SUMMARY: usize = 16 * 1024;

/// How much of a run is kept. Each holds what those before it hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// What its agent said at the end.
    #[default]
    Summary,
    /// What it proposed, what became of it, and which files it made.
    Results,
    /// What was said on the way.
    Journal,
}

/// A run that is done.
#[derive(Clone, Debug, Default)]
pub struct Finished {
    /// Its id.
    pub id: String,
    /// The short id.
    pub short: String,
    /// `owner/name`.
    pub repo: String,
    /// What it was called.
    pub task: String,
    /// Its stack.
    pub stack: String,
    /// What it was about: `#3`.
    pub about: String,
    /// Who asked for it.
    pub requester: String,
    /// How it ended: `succeeded`.
    pub state: String,
    /// The day that it ended on.
    pub day: String,
    /// Its page.
    pub url: String,
    /// What it ended with.
    pub summary: String,
    /// The commit that its agent worked on.
    pub commit: Option<String>,
    /// What it proposed, and what became of it, a line each.
    pub results: Vec<String>,
    /// Files that it made.
    pub artefacts: Vec<Artefact>,
    /// What was said on the way, a line each.
    pub journal: Vec<String>,
}

/// A file that a run made.
#[derive(Clone, Debug)]
pub struct Artefact {
    /// Its path.
    pub path: String,
    /// Its blob; none when it was removed.
    pub blob: Option<String>,
    /// The digest of the effect that brings it.
    pub effect: String,
}

impl Tier {
    /// All of them, the smallest first.
    pub const ALL: [Self; 3] = [Self::Summary, Self::Results, Self::Journal];

    /// The word in forms and the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Summary => "summary",
            Self::Results => "results",
            Self::Journal => "journal",
        }
    }
}

impl FromStr for Tier {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|tier| tier.as_str() == text).ok_or_else(|| {
            Error::invalid(format!("`{}` does not say how much is kept", visible_line(text, 40)))
                .hint("write `summary`, `results` or `journal`")
                .field("tier")
        })
    }
}

/// The episode of a run.
pub fn episode(run: &Finished, tier: Tier) -> Draft {
    let title = format!("{}: {}", run.task, run.summary.lines().next().unwrap_or_default());
    let (title, in_title) = secretlike::redact(visible_line(&title, 160).trim());
    let mut text = format!(
        "# {title}\n\n{}\n\nIt was about {} in {}, asked for by {}; it {}: {}\n",
        bounded(run.summary.trim(), MOST_SUMMARY),
        run.about,
        run.repo,
        run.requester,
        run.state,
        run.url,
    );
    if tier >= Tier::Results {
        text.push_str("\n## What it proposed\n\n");
        run.results.iter().for_each(|line| text.push_str(&format!("- {line}\n")));
        if run.results.is_empty() {
            text.push_str("Nothing.\n");
        }
        if !run.artefacts.is_empty() {
            text.push_str("\n## What it made\n\n| file | blob | effect |\n|---|---|---|\n");
        }
        for Artefact { path, blob, effect } in &run.artefacts {
            let path = visible_line(path, 200).replace('|', "\\|");
            text.push_str(&format!("| `{path}` | {} | `{effect}` |\n", blob.as_deref().unwrap_or("removed")));
        }
    }
    if tier >= Tier::Journal && !run.journal.is_empty() {
        text.push_str("\n## On the way\n\n");
        run.journal.iter().for_each(|line| text.push_str(&format!("- {line}\n")));
    }
    let (text, in_text) = secretlike::redact(&text);
    let name = format!("{}-{}", run.day, run.short);
    let id = format!("episode:{name}");
    let key = format!("sha256:{}", Digest::plain(text.as_bytes()));
    let header = header(&[
        ("id", json!(id)),
        ("kind", json!("Episode")),
        ("title", json!(title)),
        ("status", json!("recorded")),
        ("updated", json!(run.day)),
        ("repos", json!([run.repo])),
        ("run", json!(run.id)),
        ("commits", json!(run.commit.iter().collect::<Vec<_>>())),
        ("sources", json!([format!("run:{}", run.id), key])),
    ]);
    Draft {
        path: format!("episodes/{name}.md"),
        id: Some(id),
        title,
        text: format!("{header}{text}"),
        from: format!("run:{}", run.id),
        key,
        redacted: in_title + in_text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_tier_holds_what_those_before_it_hold() {
        let run = Finished {
            id: "1".into(),
            short: "1".into(),
            repo: "acme/shop".into(),
            day: "2027-01-15".into(),
            task: "mend".into(),
            summary: "Mended.\nMore.".into(),
            results: vec!["push `abc`: applied".into()],
            journal: vec!["agent: hello".into()],
            ..Finished::default()
        };
        let texts = Tier::ALL.map(|tier| episode(&run, tier).text);
        assert!(!texts[0].contains("push `abc`") && texts[1].contains("push `abc`"));
        assert!(!texts[1].contains("agent: hello") && texts[2].contains("agent: hello") && texts[2].contains("push"));
        let keys = Tier::ALL.map(|tier| episode(&run, tier).key);
        assert!(keys[0] != keys[1] && keys[0] == episode(&run, Tier::Summary).key);
    }
}
