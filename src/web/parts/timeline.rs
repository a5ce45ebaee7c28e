//! What was said and what happened on an issue or a pull request, in order.

use crate::forge::Marker;
use crate::forge::embedded::Author;
use crate::forge::embedded::Entry;
use crate::forge::embedded::EntryKind;
use crate::forge::embedded::Issue;
use crate::forge::embedded::ReviewState;
use crate::kit::clock::Timestamp;
use crate::kit::text::visible;
use crate::web::parts::badge::Mark;
use crate::web::parts::html::Html;
use crate::web::parts::person::Who;
use crate::web::parts::remark::Remark;
use crate::web::parts::time::When;

/// One thing on a timeline.
#[derive(Clone, Debug)]
pub enum Moment {
    /// Somebody said something.
    Said(Said),
    /// Something happened.
    Happened(Happened),
}

/// An opening text or a comment.
#[derive(Clone, Debug)]
pub struct Said {
    /// An anchor.
    pub anchor: String,
    /// Who said it.
    pub who: Who,
    /// `opened this`, `commented`.
    pub verb: &'static str,
    /// When.
    pub when: When,
    /// Whether it was edited since.
    pub edited: bool,
    /// What they said.
    pub body: Html,
    /// The person who asked for it, when our own hand wrote it.
    pub behalf: String,
    /// What a review says about single lines.
    pub remarks: Vec<Remark>,
}

/// Something that happened: a state, a label, a push, a run.
#[derive(Clone, Debug)]
pub struct Happened {
    /// Its icon and tone.
    pub mark: Mark,
    /// Who did it.
    pub who: Option<Who>,
    /// What, in words: Markdown without blocks.
    pub text: Html,
    /// When.
    pub when: When,
}

/// The opening text of an issue or a pull request.
pub fn opening(issue: &Issue, own: &str, now: Timestamp) -> Said {
    Said {
        anchor: "opening".to_owned(),
        who: who(&issue.author, own),
        verb: "opened this",
        when: When::new(issue.created, now),
        edited: false,
        body: Html::markdown(without_marker(&issue.body, &issue.author, own)),
        behalf: issue.author.behalf.clone().unwrap_or_default(),
        remarks: Vec::new(),
    }
}

/// One entry of a conversation.
pub fn moment(entry: &Entry, own: &str, root: &str, now: Timestamp) -> Moment {
    let said = |verb| {
        Moment::Said(Said {
            anchor: format!("comment-{}", entry.id),
            who: who(&entry.author, own),
            verb,
            when: When::new(entry.created, now),
            edited: entry.edited.is_some(),
            body: Html::markdown(without_marker(&entry.body, &entry.author, own)),
            behalf: entry.author.behalf.clone().unwrap_or_default(),
            remarks: Vec::new(),
        })
    };
    let happened = |mark: Mark, text: String| {
        Moment::Happened(Happened {
            mark,
            who: (entry.kind != EntryKind::Note).then(|| who(&entry.author, own)),
            text: Html::line(&text),
            when: When::new(entry.created, now),
        })
    };
    let words = visible(&entry.body);
    match entry.kind {
        EntryKind::Comment => said("commented"),
        EntryKind::Review => match entry.review.as_ref().map(|review| review.state) {
            Some(ReviewState::Approved) => said("approved these changes"),
            Some(ReviewState::ChangesRequested) => said("asked for changes"),
            Some(ReviewState::Commented) | None => said("reviewed"),
        },
        EntryKind::Labelled => happened(Mark::new("calm", "label", "Label"), format!("added the label `{words}`")),
        EntryKind::Unlabelled => happened(Mark::new("calm", "label", "Label"), format!("removed the label `{words}`")),
        EntryKind::Closed => happened(Mark::new("done", "issue-closed", "Closed"), "closed this".into()),
        EntryKind::Reopened => happened(Mark::new("ok", "issue", "Reopened"), "opened this again".into()),
        EntryKind::Renamed => happened(Mark::new("calm", "tool", "Renamed"), format!("changed the title: {words}")),
        EntryKind::Pushed => happened(Mark::new("calm", "push", "Pushed"), pushed(&entry.body, root)),
        EntryKind::Merged => {
            happened(Mark::new("done", "merged", "Merged"), pushed_as("merged this as", &entry.body, root))
        }
        EntryKind::Assigned => happened(Mark::new("calm", "people", "Assigned"), words),
        EntryKind::Milestoned => happened(Mark::new("calm", "label", "Milestone"), words),
        EntryKind::Drafted => happened(Mark::new("calm", "pull", "Draft"), words),
        EntryKind::Note => happened(Mark::new("busy", "agent", "Agents"), entry.body.clone()),
    }
}

fn pushed(body: &str, root: &str) -> String {
    pushed_as("pushed", body, root)
}

/// A commit id in the words of an entry becomes a link.
fn pushed_as(verb: &str, body: &str, root: &str) -> String {
    let link = |word: &str| match word.len() == 40 && word.bytes().all(|b| b.is_ascii_hexdigit()) {
        true => format!("[`{}`]({root}/commit/{word})", &word[..10]),
        false => visible(word),
    };
    let words: Vec<String> = body.split(' ').map(link).collect();
    format!("{verb} {}", words.join(" "))
}

fn who(author: &Author, own: &str) -> Who {
    if author.login.as_str() == own { Who::agent(own) } else { Who::person(author.login.as_str()) }
}

/// What our own hand writes ends with a marker by which it is found again; readers need not see it. Nobody else's text
/// loses anything.
fn without_marker<'a>(body: &'a str, author: &Author, own: &str) -> &'a str {
    match Marker::of(body) {
        Ok(marker) if author.login.as_str() == own => {
            body.trim_end().strip_suffix(&marker.hidden_line()).unwrap_or(body).trim_end()
        }
        _ => body,
    }
}
