//! A person's access tokens: made here, shown once, taken back here.

use crate::access::Scope;
use crate::engine::Engine;
use crate::identity::token::Token;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::TokenId;
use crate::web::errors::Answer;
use crate::web::flash::Said;
use crate::web::frame::Frame;
use crate::web::page::again;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::parts::field::Wrong;
use crate::web::parts::time::When;
use crate::web::posted::Posted;
use crate::web::visitor::Visitor;
use askama::Template;
use axum::extract::Path;
use axum::extract::State;
use std::sync::Arc;

/// `/user/tokens`
#[derive(Template)]
#[template(path = "pages/tokens.html")]
pub struct Tokens {
    /// What surrounds the page.
    pub frame: Frame,
    /// The token that was just made, shown this once.
    pub fresh: Option<String>,
    /// The token of feeds that was just made, shown this once.
    pub feeds: Option<String>,
    /// The tokens.
    pub tokens: Vec<TokenRow>,
    /// Every scope with what it allows.
    pub scopes: Vec<(&'static str, &'static str)>,
    /// The name that was typed.
    pub name: String,
    /// What was wrong.
    pub wrong: Wrong,
}

/// A token in a list.
#[derive(Clone, Debug)]
pub struct TokenRow {
    /// Its id.
    pub id: String,
    /// What the person calls it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<String>,
    /// When it was made.
    pub made: When,
    /// When it was last used.
    pub used: Option<When>,
}

/// `GET /user/tokens`
pub async fn page(State(engine): State<Arc<Engine>>, visitor: Visitor) -> Answer {
    show(&listed(&engine, &visitor).await?)
}

/// `POST /user/tokens`: the page with the new token on it, which is not shown again.
pub async fn issue(State(engine): State<Arc<Engine>>, visitor: Visitor, posted: Posted) -> Answer {
    if posted.text("then") == "feeds" {
        let feeds = Some(engine.issue_feed_token(&visitor.cx).await?.reveal().clone());
        return show(&Tokens { feeds, ..listed(&engine, &visitor).await? });
    }
    let name = posted.text("name").trim().to_owned();
    match engine.issue_token(&visitor.cx, &name, &posted.all("scope")).await {
        Ok(secret) => {
            let fresh = Some(secret.reveal().clone());
            show(&Tokens { fresh, ..listed(&engine, &visitor).await? })
        }
        Err(error) => {
            let field = error.field_name().unwrap_or_default().replace("scopes", "scope");
            let wrong = Wrong::from(&error.field(field));
            again(&Tokens { name, wrong, ..listed(&engine, &visitor).await? })
        }
    }
}

/// `POST /user/tokens/{id}/revoke`
pub async fn revoke(
    State(engine): State<Arc<Engine>>,
    visitor: Visitor,
    Path(id): Path<String>,
    _posted: Posted,
) -> Answer {
    let id: TokenId = id.parse().map_err(|_| Error::not_found("such token"))?;
    engine.revoke_token(&visitor.cx, id).await?;
    go("/user/tokens", Some(&Said::done("The token is revoked: its next request is refused")))
}

async fn listed(engine: &Engine, visitor: &Visitor) -> Result<Tokens> {
    let account = visitor.account()?;
    let now = visitor.cx.now();
    Ok(Tokens {
        fresh: None,
        feeds: None,
        tokens: engine.identity.tokens_of(account.id).await?.iter().map(|token| TokenRow::of(token, now)).collect(),
        scopes: Scope::ALL.iter().map(|scope| (scope.as_str(), meaning(*scope))).collect(),
        name: String::new(),
        wrong: Wrong::default(),
        frame: visitor.frame(engine, "Access tokens").await?,
    })
}

fn meaning(scope: Scope) -> &'static str {
    match scope {
        Scope::Read => "see what you see",
        Scope::WriteRepository => "push, merge, open pull requests, post statuses",
        Scope::WriteIssue => "open, edit, label and comment issues and pull requests",
        Scope::Approve => "decide on effects",
        Scope::Dispatch => "start and steer runs",
        Scope::Admin => "change settings of repositories, organisations and your account",
    }
}

impl TokenRow {
    /// A token as seen from now.
    pub fn of(token: &Token, now: Timestamp) -> Self {
        Self {
            id: token.id.to_string(),
            name: token.name.clone(),
            scopes: token.scopes.clone(),
            made: When::new(token.created, now),
            used: token.last_used.map(|used| When::new(used, now)),
        }
    }
}
