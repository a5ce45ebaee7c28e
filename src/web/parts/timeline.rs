//! What was said and what happened on an issue or a pull request, in order.

use crate::forge::Marker;
use crate::forge::embedded::Author;
use crate::forge::embedded::Entry;
use crate::forge::embedded::EntryKind;
use crate::forge::embedded::Issue;
use crate::forge::embedded::Mention;
use crate::forge::embedded::ReviewState;
use crate::forge::embedded::Source;
use crate::kit::clock::Timestamp;
use crate::kit::digest::Digest;
use crate::kit::text::visible;
use crate::kit::text::visible_line;
use crate::model::AccountId;
use crate::web::parts::badge::Mark;
use crate::web::parts::html::Html;
use crate::web::parts::person::Who;
use crate::web::parts::references::References;
use crate::web::parts::remark::Conversation;
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
    /// The address of what it said before, when it was edited since; empty otherwise.
    pub history: String,
    /// The address of the form that edits it; empty for those who may not.
    pub edit: String,
    /// The form that ticks its boxes, for those who may edit it.
    pub tick: Option<Tick>,
    /// What they said.
    pub body: Html,
    /// The person who asked for it, when our own hand wrote it.
    pub behalf: String,
    /// The conversations about lines that a review began.
    pub remarks: Vec<Conversation>,
}

/// A form that ticks boxes of one text. Its buttons stand in the text itself.
#[derive(Clone, Debug)]
pub struct Tick {
    /// The id that the buttons name.
    pub id: String,
    /// Where it goes.
    pub action: String,
    /// The token of the session.
    pub csrf: String,
    /// The digest of the text that is shown.
    pub seen: String,
}

/// What every moment of one conversation is seen with.
pub struct Eyes<'a> {
    /// The name that our own hand writes as.
    pub own: &'a str,
    /// The address of the repository.
    pub root: &'a str,
    /// The number of the issue or pull request.
    pub number: i64,
    /// Now.
    pub now: Timestamp,
    /// Where references lead.
    pub references: &'a References,
    /// Who looks, if somebody is signed in who may write here at all.
    pub person: Option<AccountId>,
    /// Whether they may edit what others wrote.
    pub edits_all: bool,
    /// The token of their session.
    pub csrf: &'a str,
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
pub fn opening(issue: &Issue, edited: bool, eyes: &Eyes) -> Said {
    let address = format!("{}/issues/{}", eyes.root, issue.number);
    let text = Text { author: &issue.author, body: &issue.body, seen: issue.body_digest(), edited };
    eyes.said("opening".to_owned(), "opened this", When::new(issue.created, eyes.now), (&text, &address))
}

/// One entry of a conversation.
pub fn moment(entry: &Entry, eyes: &Eyes) -> Moment {
    let said = |verb| {
        let address = format!("{}/issues/{}/comments/{}", eyes.root, eyes.number, entry.id);
        let seen = entry.body_digest();
        let text = Text { author: &entry.author, body: &entry.body, seen, edited: entry.edited.is_some() };
        let when = When::new(entry.created, eyes.now);
        Moment::Said(eyes.said(format!("comment-{}", entry.id), verb, when, (&text, &address)))
    };
    let happened = |mark: Mark, text: String| {
        let who = (entry.kind != EntryKind::Note).then(|| eyes.who(&entry.author));
        let text = Html::line_around(&text, eyes.references);
        Moment::Happened(Happened { mark, who, text, when: When::new(entry.created, eyes.now) })
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
        EntryKind::Closed if words.is_empty() => {
            happened(Mark::new("done", "issue-closed", "Closed"), "closed this".into())
        }
        EntryKind::Closed => happened(Mark::new("done", "issue-closed", "Closed"), format!("closed this with {words}")),
        EntryKind::Reopened => happened(Mark::new("ok", "issue", "Reopened"), "opened this again".into()),
        EntryKind::Renamed => happened(Mark::new("calm", "tool", "Renamed"), renamed(&entry.body)),
        EntryKind::Pushed => happened(Mark::new("calm", "push", "Pushed"), pushed("pushed", &entry.body, eyes.root)),
        EntryKind::Merged => {
            happened(Mark::new("done", "merged", "Merged"), pushed("merged this as", &entry.body, eyes.root))
        }
        EntryKind::Assigned => happened(Mark::new("calm", "people", "Assigned"), assigned(&words)),
        EntryKind::Milestoned => happened(Mark::new("calm", "label", "Milestone"), milestoned(&words)),
        EntryKind::Drafted => happened(Mark::new("calm", "pull", "Draft"), words),
        EntryKind::Asked => happened(Mark::new("calm", "check", "Reviewers"), words),
        EntryKind::Note => happened(Mark::new("busy", "agent", "Agents"), entry.body.clone()),
    }
}

/// Where else it is mentioned.
pub fn mention(mention: &Mention, eyes: &Eyes) -> Moment {
    let elsewhere = format!("/{}", mention.repo) != eyes.root;
    let place = if elsewhere { mention.repo.to_string() } else { String::new() };
    let (address, shown, title) = match &mention.source {
        Source::Issue { number, pull, title } => {
            let folder = if *pull { "pulls" } else { "issues" };
            (format!("/{}/{folder}/{number}", mention.repo), format!("{place}#{number}"), title)
        }
        Source::Commit { sha, title } => (format!("/{}/commit/{sha}", mention.repo), sha.short().to_owned(), title),
    };
    Moment::Happened(Happened {
        mark: Mark::new("calm", "link", "Mentioned"),
        who: Some(eyes.who(&mention.author)),
        text: Html::link("mentioned this in ", &address, &format!("{shown} {}", visible_line(title, 120))),
        when: When::new(mention.at, eyes.now),
    })
}

/// A text that somebody wrote.
struct Text<'a> {
    author: &'a Author,
    body: &'a str,
    seen: Digest,
    edited: bool,
}

impl Eyes<'_> {
    fn said(&self, anchor: String, verb: &'static str, when: When, text: (&Text, &str)) -> Said {
        let (text, address) = text;
        let may = self.edits_all || (self.person.is_some() && self.person == Some(text.author.account));
        let form = format!("tick-{anchor}");
        let body = without_marker(text.body, text.author, self.own);
        let html = Html::markdown_around(body, self.references, may.then_some(form.as_str()));
        let boxes = html.as_str().contains("<button class=\"tick\"");
        let csrf = self.csrf.to_owned();
        let tick = Tick { id: form, action: format!("{address}/tick"), csrf, seen: text.seen.to_string() };
        Said {
            who: self.who(text.author),
            verb,
            when,
            history: if text.edited { format!("{address}/history") } else { String::new() },
            edit: if may { format!("{address}/edit") } else { String::new() },
            tick: boxes.then_some(tick),
            body: html,
            behalf: text.author.behalf.clone().unwrap_or_default(),
            remarks: Vec::new(),
            anchor,
        }
    }

    fn who(&self, author: &Author) -> Who {
        if author.login.as_str() == self.own { Who::agent(self.own) } else { Who::person(author.login.as_str()) }
    }
}

/// A commit id in the words of an entry becomes a link.
fn pushed(verb: &str, body: &str, root: &str) -> String {
    let link = |word: &str| match word.len() == 40 && word.bytes().all(|b| b.is_ascii_hexdigit()) {
        true => format!("[`{}`]({root}/commit/{word})", &word[..10]),
        false => visible(word),
    };
    let words: Vec<String> = body.split(' ').map(link).collect();
    format!("{verb} {}", words.join(" "))
}

/// The words are the old title and the new one, a line each.
fn renamed(body: &str) -> String {
    let code = |title: &str| format!("`{}`", visible(title).replace('`', "ˋ"));
    match body.split_once('\n') {
        Some((old, new)) => format!("changed the title from {} to {}", code(old), code(new)),
        None => format!("changed the title to {}", code(body)),
    }
}

/// The words are a name after `+` or `-`.
fn assigned(words: &str) -> String {
    match (words.strip_prefix('+'), words.strip_prefix('-')) {
        (Some(name), _) => format!("asked {name} to look after this"),
        (_, Some(name)) => format!("no longer asks {name} to look after this"),
        _ => words.to_owned(),
    }
}

/// The words are the milestone's title; none when it went out of one.
fn milestoned(words: &str) -> String {
    match words {
        "" => "took this out of its milestone".to_owned(),
        title => format!("put this into the milestone `{}`", title.replace('`', "ˋ")),
    }
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
