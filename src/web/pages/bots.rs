//! Bots of an organisation, or of the server: made here, with tokens that are shown once.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::State;
use serde::Deserialize;

use crate::access::Scope;
use crate::engine::Engine;
use crate::identity::AccountKind;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::AccountId;
use crate::model::OwnerName;
use crate::model::TokenId;
use crate::web::errors::Answer;
use crate::web::flash::Said;
use crate::web::frame::Frame;
use crate::web::page::again;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::pages::tokens::TokenRow;
use crate::web::parts::field::Wrong;
use crate::web::parts::person::Who;
use crate::web::posted::Posted;
use crate::web::visitor::Visitor;

/// `/users/{owner}/bots`, `/admin/bots`
#[derive(Template)]
#[template(path = "pages/bots.html")]
pub struct Bots {
    /// What surrounds the page.
    pub frame: Frame,
    /// The organisation; empty for the server.
    pub owner: String,
    /// The address of the page.
    pub href: String,
    /// The bots with their tokens.
    pub bots: Vec<(Who, Vec<TokenRow>)>,
    /// Scopes that a bot can have.
    pub scopes: [&'static str; 4],
    /// The token that was just made, shown this once, and whose it is.
    pub fresh: Option<(String, String)>,
    /// What was wrong.
    pub wrong: Wrong,
}

/// Whose bots; none for the server's.
#[derive(Debug, Default, Deserialize)]
pub struct Of {
    owner: Option<String>,
}

struct Keeper {
    id: Option<AccountId>,
    name: String,
    href: String,
}

async fn keeper(engine: &Engine, visitor: &Visitor, of: &Of) -> Result<Keeper> {
    let keeper = match &of.owner {
        None => Keeper { id: None, name: String::new(), href: "/admin/bots".to_owned() },
        Some(name) => {
            let unknown = || Error::not_found("such organisation");
            let name: OwnerName = name.parse().map_err(|_| unknown())?;
            let found = engine.identity.account_by_name(&name).await?;
            let found = found.filter(|one| one.kind == AccountKind::Organisation).ok_or_else(unknown)?;
            let href = format!("/users/{}/bots", found.login);
            Keeper { id: Some(found.id), name: found.login.to_string(), href }
        }
    };
    engine.may_keep_bots(&visitor.cx, keeper.id).await?;
    Ok(keeper)
}

/// `GET /users/{owner}/bots`, `GET /admin/bots`
pub async fn page(State(engine): State<Arc<Engine>>, visitor: Visitor, Path(of): Path<Of>) -> Answer {
    let keeper = keeper(&engine, &visitor, &of).await?;
    show(&listed(&engine, &visitor, keeper).await?)
}

/// `POST /users/{owner}/bots`, `POST /admin/bots`
pub async fn change(State(engine): State<Arc<Engine>>, visitor: Visitor, Path(of): Path<Of>, posted: Posted) -> Answer {
    let keeper = keeper(&engine, &visitor, &of).await?;
    let href = keeper.href.clone();
    match act(&engine, &visitor, &keeper, &posted).await {
        Ok(Done::Said(sentence)) => go(&href, Some(&Said::done(sentence))),
        Ok(Done::Token(bot, secret)) => {
            show(&Bots { fresh: Some((bot, secret)), ..listed(&engine, &visitor, keeper).await? })
        }
        Err(error) => {
            let wrong = Wrong::from(&error);
            again(&Bots { wrong, ..listed(&engine, &visitor, keeper).await? })
        }
    }
}

enum Done {
    Said(&'static str),
    Token(String, String),
}

async fn act(engine: &Engine, visitor: &Visitor, keeper: &Keeper, posted: &Posted) -> Result<Done> {
    let cx = &visitor.cx;
    if posted.text("then") == "create" {
        let login = posted.text("name").trim().parse().map_err(|error: Error| error.field("name"))?;
        engine.create_bot(cx, keeper.id, login, "").await?;
        return Ok(Done::Said(
            "The bot is made. Give it a token here, and a role in the repositories that it works in",
        ));
    }
    let bot = engine.kept_bot(cx, keeper.id, &posted.text("bot")).await?;
    match posted.text("then").as_str() {
        "token" => {
            let (_, secret) = engine.issue_bot_token(cx, &bot, &posted.text("label"), &posted.all("scope")).await?;
            Ok(Done::Token(bot.login.to_string(), secret.reveal().clone()))
        }
        "revoke" => {
            let id: TokenId = posted.text("id").parse().map_err(|_| Error::not_found("such token"))?;
            engine.revoke_bot_token(cx, &bot, id).await?;
            Ok(Done::Said("The token is revoked: its next request is refused"))
        }
        "retire" => {
            engine.retire_bot(cx, &bot).await?;
            Ok(Done::Said("The bot does nothing any more"))
        }
        _ => Err(Error::invalid("There is no such change of a bot")),
    }
}

async fn listed(engine: &Engine, visitor: &Visitor, keeper: Keeper) -> Result<Bots> {
    let now = visitor.cx.now();
    let mut bots = Vec::new();
    for bot in engine.identity.bots_of(keeper.id).await? {
        let tokens = engine.identity.tokens_of(bot.id).await?;
        let tokens = tokens.iter().map(|token| TokenRow::of(token, now)).collect();
        bots.push((Who::person(bot.login.as_str()), tokens));
    }
    let scopes = [Scope::Read, Scope::WriteRepository, Scope::WriteIssue, Scope::Dispatch].map(Scope::as_str);
    Ok(Bots {
        frame: visitor.frame(engine, "Bots").await?,
        owner: keeper.name,
        href: keeper.href,
        bots,
        scopes,
        fresh: None,
        wrong: Wrong::default(),
    })
}
