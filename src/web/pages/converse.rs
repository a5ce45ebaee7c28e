//! What people do on the page of an issue or a pull request: comment, close, label, merge.

use std::sync::Arc;

use axum::extract::Path;
use axum::extract::State;

use crate::engine::Engine;
use crate::forge::embedded;
use crate::git;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::flash::Said;
use crate::web::page::go;
use crate::web::pages::issue::Numbered;
use crate::web::posted::Posted;

/// `POST …/issues/{number}/comments`: says something, closes or opens it again, or both.
pub async fn comment(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Numbered>,
    posted: Posted,
) -> Answer {
    let (cx, place, number) = (&entered.visitor.cx, &entered.place, named.number);
    let body = posted.text("body");
    let then = match posted.text("then").as_str() {
        "close" => Some(embedded::State::Closed),
        "reopen" => Some(embedded::State::Open),
        _ => None,
    };
    let mut anchor = String::new();
    if !body.trim().is_empty() {
        let entry = engine.forge.comment(cx, place, number, &body).await?;
        anchor = format!("#comment-{}", entry.id);
    } else if then.is_none() {
        return Err(Error::invalid("The comment is empty").field("body").into());
    }
    if then.is_some() {
        let change = embedded::IssueChange { state: then, ..embedded::IssueChange::default() };
        engine.forge.edit_issue(cx, place, number, change).await?;
    }
    go(&format!("{}/issues/{number}{anchor}", entered.root()), None)
}

/// `POST …/issues/{number}/labels`: puts one label on or takes one off.
pub async fn label(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Numbered>,
    posted: Posted,
) -> Answer {
    let one = |name| posted.some(name).map(|label| label.trim().to_owned()).into_iter().collect::<Vec<_>>();
    let labelling = embedded::Labelling::Change { add: one("add"), remove: one("remove") };
    engine.forge.label_issue(&entered.visitor.cx, &entered.place, named.number, labelling).await?;
    go(&format!("{}/issues/{}", entered.root(), named.number), None)
}

/// `POST …/issues/{number}/assignees`: asks one person to look after it, or no longer.
pub async fn assign(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Numbered>,
    posted: Posted,
) -> Answer {
    let issue = engine.forge.issue(&entered.place, named.number).await?;
    let gone = posted.text("remove");
    let kept = issue.assignees.iter().map(|who| who.login.to_string()).filter(|login| *login != gone);
    let added = posted.some("add").map(|login| login.trim().trim_start_matches('@').to_owned());
    let change = embedded::IssueChange { assignees: Some(kept.chain(added).collect()), ..Default::default() };
    engine.forge.edit_issue(&entered.visitor.cx, &entered.place, named.number, change).await?;
    go(&format!("{}/issues/{}", entered.root(), named.number), None)
}

/// `POST …/issues/{number}/milestone`: puts it into a milestone; zero takes it out.
pub async fn milestone(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Numbered>,
    posted: Posted,
) -> Answer {
    let unknown = || Error::invalid("This is no milestone").field("milestone");
    let milestone = posted.text("milestone").parse().map_err(|_| unknown())?;
    let change = embedded::IssueChange { milestone: Some(milestone), ..Default::default() };
    engine.forge.edit_issue(&entered.visitor.cx, &entered.place, named.number, change).await?;
    go(&format!("{}/issues/{}", entered.root(), named.number), None)
}

/// `POST …/pulls/{number}/merge`
pub async fn merge(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Numbered>,
    posted: Posted,
) -> Answer {
    let style = match posted.text("style").as_str() {
        "squash" => git::Style::Squash,
        "rebase" => git::Style::Rebase,
        _ => git::Style::Merge,
    };
    let merge = embedded::Merge {
        style,
        message: posted.some("message").filter(|message| !message.trim().is_empty()),
        expected_head: Some(posted.text("head").parse()?),
        delete_branch: posted.ticked("delete"),
    };
    let address = format!("{}/pulls/{}", entered.root(), named.number);
    let sha = engine.forge.merge(&entered.visitor.cx, &entered.place, named.number, merge).await?;
    go(&address, Some(&Said::done(format!("Merged as `{}`", sha.short()))))
}

/// `POST …/pulls/{number}/draft`: says that it is a draft, or that it is ready.
pub async fn draft(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Numbered>,
    posted: Posted,
) -> Answer {
    let draft = posted.text("draft") == "yes";
    engine.forge.set_draft(&entered.visitor.cx, &entered.place, named.number, draft).await?;
    go(&format!("{}/pulls/{}", entered.root(), named.number), None)
}

/// `POST …/pulls/{number}/update`: merges the base into the branch.
pub async fn update(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Numbered>,
    posted: Posted,
) -> Answer {
    let seen = posted.text("head").parse()?;
    let updated = engine.forge.update_branch(&entered.visitor.cx, &entered.place, named.number, &seen).await;
    let said = match updated {
        Ok(commit) => Said::done(format!("The branch is up to date at `{}`", commit.short())),
        Err(error) if error.kind() == ErrorKind::Conflict => Said::not_done(error.message()),
        Err(error) => return Err(error.into()),
    };
    go(&format!("{}/pulls/{}", entered.root(), named.number), Some(&said))
}
