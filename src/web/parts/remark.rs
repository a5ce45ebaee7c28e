//! What people said about some lines of a pull request: conversations, and the words in them.

use std::collections::BTreeMap;

use crate::access::Action;
use crate::engine::Engine;
use crate::forge::embedded::Issue;
use crate::forge::embedded::LineComment;
use crate::forge::embedded::LineSide;
use crate::forge::embedded::Lines;
use crate::forge::embedded::State;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::AccountId;
use crate::web::entered::Entered;
use crate::web::parts::html::Html;
use crate::web::parts::person::Who;
use crate::web::parts::references::References;
use crate::web::parts::time::When;
use crate::web::parts::timeline::Tick;

/// Words that answer each other, about the same lines.
#[derive(Clone, Debug)]
pub struct Conversation {
    /// The id of the word that began it.
    pub id: i64,
    /// The review that began it.
    pub review: i64,
    /// Where the lines stand now; none when they changed since.
    pub now: Option<Lines>,
    /// The file that it was about when it began.
    pub path: String,
    /// The file and the lines: `src/a.rs:12`.
    pub place: Html,
    /// The part of the difference that leads to the lines, as it was.
    pub hunk: Html,
    /// Whether the lines changed since.
    pub outdated: bool,
    /// Who said that it is over; empty while it goes on.
    pub over: String,
    /// The words, oldest first.
    pub remarks: Vec<Remark>,
    /// The address of the pull request.
    pub address: String,
    /// The token of the session.
    pub csrf: String,
    /// Whether the person may answer.
    pub may_answer: bool,
    /// Whether the person may say that it is over, or that it goes on.
    pub may_resolve: bool,
    /// Whether the person collects words in a review that is not sent yet.
    pub drafting: bool,
}

/// A word about lines.
#[derive(Clone, Debug)]
pub struct Remark {
    /// An anchor.
    pub anchor: String,
    /// The review that it belongs to.
    pub review: i64,
    /// Who said it.
    pub who: Who,
    /// When.
    pub when: When,
    /// What they said.
    pub body: Html,
    /// Whether only the person sees it, because their review is not sent yet.
    pub pending: bool,
    /// The address of the word, for the forms about it.
    pub address: String,
    /// Whether the person may edit it.
    pub may_edit: bool,
    /// Whether it was edited.
    pub edited: bool,
    /// The form that ticks its boxes, for those who may edit it.
    pub tick: Option<Tick>,
    /// Where a suggestion is taken over; none when it holds none, or the person may not.
    pub take: Option<String>,
}

/// With what eyes conversations are read.
struct Eyes<'a> {
    address: String,
    csrf: String,
    now: Timestamp,
    references: &'a References,
    person: Option<AccountId>,
    edits_all: bool,
    may_answer: bool,
    takes: bool,
    author: AccountId,
    drafting: bool,
}

impl Conversation {
    /// Every conversation about lines of a pull request, by file, and the words of the person that are not sent yet.
    pub async fn all(engine: &Engine, entered: &Entered, issue: &Issue) -> Result<Vec<Self>> {
        let (cx, place) = (&entered.visitor.cx, &entered.place);
        let mut said = engine.forge.lines_of_pull(place, issue.number).await?;
        let draft = engine.forge.draft(cx, place, issue.number).await?;
        let drafting = draft.is_some();
        said.extend(draft.into_iter().flat_map(|draft| draft.lines));
        let now = engine.forge.where_now(place, issue, &said).await?;
        let texts: Vec<&str> = said.iter().map(|said| said.body.as_str()).collect();
        let open = issue.state == State::Open;
        let eyes = Eyes {
            address: format!("{}/pulls/{}", entered.root(), issue.number),
            csrf: entered.visitor.csrf(),
            now: cx.now(),
            references: &References::of_markdown(engine, entered, &texts).await?,
            person: cx.person().filter(|_| entered.may(Action::Comment)),
            edits_all: entered.may(Action::EditIssue),
            may_answer: entered.may(Action::ReviewPull),
            takes: open && entered.may(Action::PushBranch),
            author: issue.author.account,
            drafting,
        };
        let mut answers: BTreeMap<i64, Vec<Remark>> = BTreeMap::new();
        for (answer, now) in said.iter().zip(&now).filter(|(said, _)| said.thread.is_some()) {
            answers.entry(answer.conversation()).or_default().push(eyes.remark(answer, now.is_some()));
        }
        let begun = said.iter().zip(now).filter(|(said, _)| said.thread.is_none());
        Ok(begun.map(|(begun, now)| eyes.conversation(begun, now, answers.remove(&begun.id))).collect())
    }

    /// Whether it stands beside this line.
    pub fn ends_at(&self, path: &str, (old, new): (&str, &str)) -> bool {
        self.now.as_ref().is_some_and(|lines| {
            let number = if lines.side == LineSide::Old { old } else { new };
            lines.path == path && lines.last.to_string() == number
        })
    }

    /// Whether it is about more than one line.
    pub fn several(&self) -> bool {
        self.now.as_ref().is_some_and(|lines| lines.first != lines.last)
    }

    /// `3 comments`, for a conversation that is folded.
    pub fn count(&self) -> String {
        match self.remarks.len() {
            1 => "1 comment".to_owned(),
            many => format!("{many} comments"),
        }
    }
}

impl Eyes<'_> {
    fn conversation(&self, begun: &LineComment, now: Option<Lines>, answers: Option<Vec<Remark>>) -> Conversation {
        let first = self.remark(begun, now.is_some());
        let own = self.person.is_some_and(|person| [begun.author.account, self.author].contains(&person));
        let over = begun.resolved.as_ref().map(|resolution| resolution.by.login.to_string());
        Conversation {
            id: begun.id,
            review: begun.review,
            path: begun.lines.path.clone(),
            place: Html::shown(&now.as_ref().unwrap_or(&begun.lines).to_string()),
            hunk: Html::visible(&begun.hunk),
            outdated: now.is_none(),
            now,
            over: over.unwrap_or_default(),
            remarks: std::iter::once(first).chain(answers.unwrap_or_default()).collect(),
            address: self.address.clone(),
            csrf: self.csrf.clone(),
            may_answer: self.may_answer && !begun.pending,
            may_resolve: !begun.pending && self.person.is_some() && (own || self.edits_all),
            drafting: self.drafting,
        }
    }

    fn remark(&self, said: &LineComment, stands: bool) -> Remark {
        let anchor = format!("line-{}", said.id);
        let address = format!("{}/lines/{}", self.address, said.id);
        let may_edit = self.edits_all || self.person == Some(said.author.account);
        let may_edit = may_edit && self.person.is_some();
        let form = format!("tick-{anchor}");
        let body = Html::markdown_around(&said.body, self.references, may_edit.then_some(form.as_str()));
        let boxes = body.as_str().contains("<button class=\"tick\"");
        let (csrf, seen) = (self.csrf.clone(), said.body_digest().to_string());
        let tick = Tick { id: form, action: format!("{address}/tick"), csrf, seen };
        let take = self.takes && stands && !said.pending && said.suggestion().is_some();
        Remark {
            review: said.review,
            who: Who::person(said.author.login.as_str()),
            when: When::new(said.created, self.now),
            body,
            pending: said.pending,
            may_edit,
            edited: said.edited.is_some(),
            tick: boxes.then_some(tick),
            take: take.then(|| format!("{}/suggestions/{}", self.address, said.id)),
            anchor,
            address,
        }
    }
}
