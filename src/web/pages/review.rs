//! Reviewing a pull request: a judgement, words about lines said at once or collected, conversations about them, and
//! suggestions that are taken over.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::State;
use serde::Deserialize;

use crate::engine::Engine;
use crate::forge::embedded;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::flash::Said;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::pages::edit::Comment;
use crate::web::pages::issue::Numbered;
use crate::web::parts::diff;
use crate::web::posted::Posted;

/// `POST …/pulls/{number}/reviews`: judges the changes, sends a review that was collected, or says something about lines,
/// now or later with the review.
pub async fn write(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Numbered>,
    posted: Posted,
) -> Answer {
    let pull = format!("{}/pulls/{}", entered.root(), named.number);
    let Some(word) = word(&posted)? else { return judge(&engine, &entered, named.number, &posted).await };
    let back = match &word.about {
        embedded::About::Lines(lines) => format!("{pull}/files#{}", diff::anchor(&lines.path)),
        embedded::About::Conversation(id) => format!("{pull}/files#talk-{id}"),
    };
    let looked_at = posted.some("head").map(|head| head.parse()).transpose()?;
    let (cx, place) = (&entered.visitor.cx, &entered.place);
    let written = if posted.text("then") == "later" {
        let words = (None, vec![word]);
        engine
            .forge
            .add_to_draft(cx, place, named.number, words, looked_at.as_ref())
            .await
            .map(|_| "Kept for your review")
    } else {
        let new = embedded::NewReview {
            looked_at,
            lines: vec![word],
            ..embedded::NewReview::new(embedded::ReviewState::Commented, "")
        };
        engine.forge.review(cx, place, named.number, new).await.map(|_| "Commented")
    };
    match written {
        Ok(done) => go(&back, Some(&Said::done(done))),
        Err(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::Invalid) => {
            go(&back, Some(&Said::not_done(error.message())))
        }
        Err(error) => Err(error.into()),
    }
}

async fn judge(engine: &Engine, entered: &Entered, number: i64, posted: &Posted) -> Answer {
    let state = match posted.text("event").as_str() {
        "approve" => embedded::ReviewState::Approved,
        "request_changes" => embedded::ReviewState::ChangesRequested,
        _ => embedded::ReviewState::Commented,
    };
    let pull = format!("{}/pulls/{number}", entered.root());
    let (cx, place) = (&entered.visitor.cx, &entered.place);
    let (body, looked_at) = (posted.text("body"), posted.text("head").parse()?);
    let written = match engine.forge.draft(cx, place, number).await? {
        Some(_) => engine.forge.send_draft(cx, place, number, (state, &body), Some(&looked_at)).await,
        None => {
            let new = embedded::NewReview { looked_at: Some(looked_at), ..embedded::NewReview::new(state, &body) };
            engine.forge.review(cx, place, number, new).await
        }
    };
    match written {
        Ok(entry) => go(&format!("{pull}#comment-{}", entry.id), None),
        Err(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::Invalid) => {
            go(&format!("{pull}/files"), Some(&Said::not_done(error.message())))
        }
        Err(error) => Err(error.into()),
    }
}

/// The word about lines that a form holds; none when it judges the whole.
fn word(posted: &Posted) -> Result<Option<embedded::NewLineComment>> {
    let number = |name| {
        let wrong = |_| Error::invalid("A line has a number").field("line");
        posted.some(name).map(|number| number.parse().map_err(wrong)).transpose()
    };
    let body = posted.text("body");
    if let Some(conversation) = number("conversation")? {
        return Ok(Some(embedded::NewLineComment { about: embedded::About::Conversation(conversation), body }));
    }
    let (Some(path), Some(last)) = (posted.some("path"), number("line")?) else { return Ok(None) };
    let (side, first) = (posted.text("side").parse()?, number("first")?.unwrap_or(last));
    let about = embedded::About::Lines(embedded::Lines { path, side, first, last });
    Ok(Some(embedded::NewLineComment { about, body }))
}

/// `/{owner}/{repo}/pulls/{number}/reviews/discard`
#[derive(Template)]
#[template(path = "pages/delete.html")]
pub struct Discard {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// What is thrown away.
    pub what: String,
    /// What follows.
    pub then: String,
    /// Where the form goes.
    pub action: String,
    /// Where the person came from.
    pub back: String,
}

/// `GET …/pulls/{number}/reviews/discard`: asks whether to throw away a review that is not sent yet.
pub async fn ask_to_discard(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Numbered>,
) -> Answer {
    let draft = engine.forge.draft(&entered.visitor.cx, &entered.place, named.number).await?;
    let draft = draft.ok_or_else(|| Error::not_found("such review"))?;
    let pull = format!("{}/pulls/{}", entered.root(), named.number);
    show(&Discard {
        frame: entered.frame(&engine, "Throw away a review").await?,
        repo: entered.head(Tab::Pulls),
        what: format!("your review of #{}", named.number),
        then: match draft.lines.len() {
            1 => "It holds 1 word about lines, which only you have seen. It cannot be brought back.".to_owned(),
            many => {
                format!("It holds {many} words about lines, which only you have seen. They cannot be brought back.")
            }
        },
        action: format!("{pull}/reviews/discard"),
        back: format!("{pull}/files"),
    })
}

/// `POST …/pulls/{number}/reviews/discard`
pub async fn discard(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Numbered>,
    _posted: Posted,
) -> Answer {
    engine.forge.discard_draft(&entered.visitor.cx, &entered.place, named.number).await?;
    let said = Said::done("Your review is thrown away");
    go(&format!("{}/pulls/{}/files", entered.root(), named.number), Some(&said))
}

/// `POST …/pulls/{number}/lines/{id}/drop`: takes a word out of a review that is not sent yet.
pub async fn drop_line(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Comment>,
    _posted: Posted,
) -> Answer {
    engine.forge.take_from_draft(&entered.visitor.cx, &entered.place, named.number, named.id).await?;
    let said = Said::done("Taken out of your review");
    go(&format!("{}/pulls/{}/files", entered.root(), named.number), Some(&said))
}

/// `POST …/pulls/{number}/lines/{id}/resolve`: says that a conversation is over, or that it goes on.
pub async fn resolve(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Comment>,
    posted: Posted,
) -> Answer {
    let Comment { number, id } = named;
    engine.forge.resolve(&entered.visitor.cx, &entered.place, (number, id), posted.ticked("over")).await?;
    let tab = if posted.text("back") == "conversation" { "" } else { "/files" };
    go(&format!("{}/pulls/{number}{tab}#talk-{id}", entered.root()), None)
}

/// The suggestion that an address names.
#[derive(Debug, Deserialize)]
pub struct Suggestion {
    number: i64,
    comment: i64,
}

/// `POST …/pulls/{number}/suggestions/{comment}`: commits what a reviewer suggested.
pub async fn take(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Suggestion>,
    _posted: Posted,
) -> Answer {
    let (cx, place) = (&entered.visitor.cx, &entered.place);
    let said = match engine.forge.take_suggestion(cx, place, named.number, named.comment).await {
        Ok(commit) => Said::done(format!("Committed as `{}`", commit.short())),
        Err(error) if matches!(error.kind(), ErrorKind::Conflict | ErrorKind::Denied) => {
            Said::not_done(error.message())
        }
        Err(error) => return Err(error.into()),
    };
    go(&format!("{}/pulls/{}/files", entered.root(), named.number), Some(&said))
}
