//! Asking for reviews, and watching a repository.

use std::sync::Arc;

use axum::extract::Path;
use axum::extract::State;

use crate::engine::Engine;
use crate::forge::embedded::owners::Owner;
use crate::kit::ErrorKind;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::flash::Said;
use crate::web::page::go;
use crate::web::pages::issue::Numbered;
use crate::web::posted::Posted;

/// `POST /{owner}/{repo}/pulls/{number}/reviewers`
pub async fn ask(
    State(engine): State<Arc<Engine>>,
    entered: Entered,
    Path(named): Path<Numbered>,
    posted: Posted,
) -> Answer {
    let (cx, place, number) = (&entered.visitor.cx, &entered.place, named.number);
    let done = match posted.some("remove") {
        Some(name) => engine.forge.ask_no_more(cx, place, number, &[owner(&name)]).await,
        None => engine.forge.ask_for_review(cx, place, number, &[owner(&posted.text("add"))]).await.map(drop),
    };
    let said = match done {
        Ok(()) => Said::done("Whose review is asked for is changed"),
        Err(error) if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Conflict) => {
            Said::not_done(error.message())
        }
        Err(error) => return Err(error.into()),
    };
    go(&format!("{}/pulls/{number}", entered.root()), Some(&said))
}

/// `ada`, `@ada` or `acme/core`, as people type them.
fn owner(text: &str) -> Owner {
    let text = text.trim().trim_start_matches('@');
    match text.split_once('/') {
        Some((organisation, team)) => Owner::Team(organisation.to_owned(), team.to_owned()),
        None => Owner::Person(text.to_owned()),
    }
}

/// `POST /{owner}/{repo}/watch`
pub async fn watch(State(engine): State<Arc<Engine>>, entered: Entered, posted: Posted) -> Answer {
    let watch = posted.text("watch") == "yes";
    engine.forge.watch(&entered.visitor.cx, &entered.place, watch).await?;
    let said = match watch {
        true => "Your inbox tells of everything that is said here",
        false => "Your inbox tells only of what concerns you here",
    };
    go(&entered.root(), Some(&Said::done(said)))
}
