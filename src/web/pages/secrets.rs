//! Secrets of a repository or of its owner: names, who may use them, what stacks ask for. Values go in and never come out.

use std::sync::Arc;

use askama::Template;
use axum::extract::FromRequestParts;
use axum::extract::Path;
use axum::extract::RawPathParams;
use axum::extract::State;
use axum::http::request::Parts;
use serde::Deserialize;

use crate::engine::Engine;
use crate::engine::verbs::Holder;
use crate::engine::verbs::Need;
use crate::identity::Account;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::secret::Secret;
use crate::model::OwnerName;
use crate::model::SecretId;
use crate::vault::Grant;
use crate::vault::Keeper;
use crate::vault::Named;
use crate::vault::Standing;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::errors::Failed;
use crate::web::flash::Said;
use crate::web::frame::Frame;
use crate::web::frame::RepoHead;
use crate::web::frame::Tab;
use crate::web::page::again;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::parts::badge::Mark;
use crate::web::parts::field::Wrong;
use crate::web::parts::person::Who;
use crate::web::parts::time::When;
use crate::web::posted::Posted;
use crate::web::visitor::Visitor;

/// `/{owner}/{repo}/settings/secrets`
#[derive(Template)]
#[template(path = "pages/secrets.html")]
pub struct OfRepository {
    /// What surrounds the page.
    pub frame: Frame,
    /// The repository.
    pub repo: RepoHead,
    /// What is kept, granted and asked for.
    pub kept: Kept,
}

/// `/{owner}/-/secrets`
#[derive(Template)]
#[template(path = "pages/owner_secrets.html")]
pub struct OfOwner {
    /// What surrounds the page.
    pub frame: Frame,
    /// Who keeps them.
    pub who: Who,
    /// What is kept, granted and asked for.
    pub kept: Kept,
}

/// `…/{id}/remove`
#[derive(Template)]
#[template(path = "pages/secret_remove.html")]
pub struct Removing {
    /// What surrounds the page.
    pub frame: Frame,
    /// The secret's name.
    pub name: String,
    /// Stacks that may use it, in words.
    pub consumers: Vec<String>,
    /// Where the form goes.
    pub action: String,
    /// The page before.
    pub back: String,
}

/// What is kept, granted and asked for.
#[derive(Clone, Debug)]
pub struct Kept {
    /// The address of the page, which its forms start with.
    pub root: String,
    /// Secrets, by name.
    pub secrets: Vec<SecretRow>,
    /// What stacks ask for.
    pub needs: Vec<NeedRow>,
    /// The name that was typed.
    pub name: String,
    /// What was wrong.
    pub wrong: Wrong,
}

/// A secret.
#[derive(Clone, Debug)]
pub struct SecretRow {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Who set it.
    pub by: String,
    /// When.
    pub set: When,
    /// When it was used last.
    pub used: Option<When>,
    /// Who may use it.
    pub consumers: Vec<ConsumerRow>,
}

/// A stack that may use a secret.
#[derive(Clone, Debug)]
pub struct ConsumerRow {
    /// The grant.
    pub grant: String,
    /// The stack.
    pub stack: String,
    /// Where: a repository, or every repository.
    pub place: String,
    /// Where it may be sent.
    pub uses: String,
    /// Who granted it, and when.
    pub by: String,
    /// When.
    pub when: When,
}

/// A secret that a stack asks for.
#[derive(Clone, Debug)]
pub struct NeedRow {
    /// The stack.
    pub stack: String,
    /// The secret's name.
    pub name: String,
    /// Where the stack sends it.
    pub uses: String,
    /// How it stands.
    pub mark: Mark,
    /// Whether the button that grants it is shown.
    pub grantable: bool,
    /// Who keeps it, or what is to be done first.
    pub under: String,
}

/// Where secrets are kept, as an address names it.
pub struct At {
    visitor: Visitor,
    place: Place,
}

enum Place {
    Repository(Box<Entered>),
    Owner(Account),
}

/// A secret, as an address names it.
#[derive(Debug, Deserialize)]
pub struct Which {
    id: String,
}

impl Which {
    fn id(&self) -> Result<SecretId> {
        self.id.parse().map_err(|_| Error::not_found("such secret"))
    }
}

impl At {
    fn holder(&self) -> Holder<'_> {
        match &self.place {
            Place::Repository(entered) => Holder::Repository(&entered.place),
            Place::Owner(account) => Holder::Owner(account),
        }
    }

    fn root(&self) -> String {
        match &self.place {
            Place::Repository(entered) => format!("{}/settings/secrets", entered.root()),
            Place::Owner(account) => format!("/{}/-/secrets", account.login),
        }
    }
}

/// `GET …/secrets`
pub async fn page(State(engine): State<Arc<Engine>>, at: At) -> Answer {
    let kept = kept(&engine, &at).await?;
    shown(&engine, &at, kept, false).await
}

/// `POST …/secrets`: a new secret, or another value.
pub async fn set(State(engine): State<Arc<Engine>>, at: At, posted: Posted) -> Answer {
    let name = posted.text("name").trim().to_owned();
    let value = Secret::new(posted.text("value"));
    let set = async { engine.set_secret(&at.visitor.cx, at.holder(), &name.parse()?, value).await };
    match set.await {
        Ok(_) => go(
            &at.root(),
            Some(&Said::done("The secret is sealed. It is shown to nobody; grant it to the stacks that need it")),
        ),
        Err(error) if error.kind() == ErrorKind::Invalid => {
            let kept = Kept { name, wrong: Wrong::from(&error), ..kept(&engine, &at).await? };
            shown(&engine, &at, kept, true).await
        }
        Err(error) => Err(error.into()),
    }
}

/// `POST …/secrets/grant`
pub async fn grant(State(engine): State<Arc<Engine>>, at: At, posted: Posted) -> Answer {
    let (stack, name) = (posted.text("stack"), posted.text("name"));
    let granted = engine.grant_secret(&at.visitor.cx, at.holder(), (&stack, &name)).await.map(drop);
    back(&at, granted, "The stack may use the secret")
}

/// `POST …/secrets/{id}/revoke`
pub async fn revoke(State(engine): State<Arc<Engine>>, at: At, Path(which): Path<Which>, posted: Posted) -> Answer {
    let grant = posted.text("grant").parse().map_err(|_| Error::not_found("such grant"))?;
    let revoked = engine.revoke_grant(&at.visitor.cx, at.holder(), which.id()?, grant).await;
    back(&at, revoked, "The stack may not use the secret any more")
}

/// `GET …/secrets/{id}/remove`
pub async fn ask(State(engine): State<Arc<Engine>>, at: At, Path(which): Path<Which>) -> Answer {
    let named = engine.kept(&at.visitor.cx, at.holder(), which.id()?).await?;
    let grants = engine.vault.grants_of(named.id).await?;
    show(&Removing {
        frame: at.visitor.frame(&engine, format!("Remove {}", named.name)).await?,
        name: named.name.to_string(),
        consumers: grants.into_iter().map(|grant| grant.to.stack).collect(),
        action: format!("{}/{}/remove", at.root(), named.id),
        back: at.root(),
    })
}

/// `POST …/secrets/{id}/remove`
pub async fn remove(State(engine): State<Arc<Engine>>, at: At, Path(which): Path<Which>, _posted: Posted) -> Answer {
    let removed = engine.remove_secret(&at.visitor.cx, at.holder(), which.id()?).await;
    back(&at, removed, "The secret is removed: stacks that name it are refused from now on")
}

fn back(at: &At, done: Result<()>, sentence: &str) -> Answer {
    let said = match done {
        Ok(()) => Said::done(sentence),
        Err(error) if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Conflict | ErrorKind::Denied) => {
            Said::not_done(error.message())
        }
        Err(error) => return Err(error.into()),
    };
    go(&at.root(), Some(&said))
}

async fn shown(engine: &Engine, at: &At, kept: Kept, refused: bool) -> Answer {
    match &at.place {
        Place::Repository(entered) => {
            let frame = entered.frame(engine, "Secrets").await?;
            let page = OfRepository { frame, repo: entered.head(Tab::Settings), kept };
            if refused { again(&page) } else { show(&page) }
        }
        Place::Owner(account) => {
            let frame = at.visitor.frame(engine, format!("Secrets · {}", account.login)).await?;
            let page = OfOwner { frame, who: Who::organisation(account.login.as_str()), kept };
            if refused { again(&page) } else { show(&page) }
        }
    }
}

async fn kept(engine: &Engine, at: &At) -> Result<Kept> {
    let now = at.visitor.cx.now();
    let mut secrets = Vec::new();
    for (named, grants) in engine.secrets(&at.visitor.cx, at.holder()).await? {
        let mut consumers = Vec::new();
        for grant in grants {
            consumers.push(consumer(engine, at, grant, now).await?);
        }
        secrets.push(SecretRow::of(named, consumers, now));
    }
    let needs = engine.secret_needs(at.holder()).await?.into_iter().map(|need| NeedRow::of(need, at)).collect();
    Ok(Kept { root: at.root(), secrets, needs, name: String::new(), wrong: Wrong::default() })
}

async fn consumer(engine: &Engine, at: &At, grant: Grant, now: Timestamp) -> Result<ConsumerRow> {
    let place = match grant.to.repo {
        None => "every repository".to_owned(),
        Some(repo) => match engine.forge.enter_by_id(&at.visitor.cx, repo).await {
            Ok(place) => place.repository.reference().to_string(),
            Err(error) if error.kind() == ErrorKind::NotFound => "a repository that is gone".to_owned(),
            Err(error) => return Err(error),
        },
    };
    Ok(ConsumerRow {
        grant: grant.id.to_string(),
        stack: grant.to.stack,
        place,
        uses: sent_to(&grant.to.uses),
        by: grant.by,
        when: When::new(grant.at, now),
    })
}

fn sent_to(uses: &[String]) -> String {
    if uses.is_empty() { "sent nowhere yet".into() } else { format!("sent to {}", uses.join(", ")) }
}

impl SecretRow {
    fn of(named: Named, consumers: Vec<ConsumerRow>, now: Timestamp) -> Self {
        Self {
            id: named.id.to_string(),
            name: named.name.to_string(),
            by: named.set_by,
            set: When::new(named.set_at, now),
            used: named.used_at.map(|used| When::new(used, now)),
            consumers,
        }
    }
}

impl NeedRow {
    fn of(need: Need, at: &At) -> Self {
        let own = match at.place {
            Place::Repository(_) => |keeper: &Keeper| matches!(keeper, Keeper::Repository(_)),
            Place::Owner(_) => |keeper: &Keeper| matches!(keeper, Keeper::Owner(_)),
        };
        let kept_by = |keeper: &Keeper| match keeper {
            _ if own(keeper) => "kept here",
            Keeper::Owner(_) => "kept by the owner of the repository, whose administrators grant it",
            Keeper::Server => "kept by the server, whose administrators grant it",
            Keeper::Repository(_) => "kept by a repository",
        };
        let (mark, grantable, under) = match &need.standing {
            Standing::Absent => (Mark::new("bad", "cross", "not set"), false, "set it below first"),
            Standing::Ungranted(keeper) => (Mark::new("asks", "hand", "not granted"), true, kept_by(keeper)),
            Standing::Granted { uses, keeper, .. } if need.uses.iter().all(|one| uses.contains(one)) => {
                (Mark::new("ok", "tick", "granted"), false, kept_by(keeper))
            }
            Standing::Granted { .. } => {
                (Mark::new("asks", "hand", "sent elsewhere"), true, "the stack was changed since it was granted")
            }
        };
        let under = under.to_owned();
        Self { stack: need.stack, name: need.name, uses: sent_to(&need.uses), mark, grantable, under }
    }
}

impl FromRequestParts<Arc<Engine>> for At {
    type Rejection = Failed;

    async fn from_request_parts(parts: &mut Parts, engine: &Arc<Engine>) -> Result<Self, Failed> {
        let visitor = Visitor::from_request_parts(parts, engine).await?;
        let unknown = || Error::not_found("such person or organisation");
        let params = RawPathParams::from_request_parts(parts, engine).await.map_err(|_| unknown())?;
        if params.iter().any(|(name, _)| name == "repo") {
            let entered = Entered::from_request_parts(parts, engine).await?;
            return Ok(Self { visitor, place: Place::Repository(Box::new(entered)) });
        }
        let owner = params.iter().find(|(name, _)| *name == "owner").map_or("", |(_, value)| value);
        let owner: OwnerName = owner.parse().map_err(|_| unknown())?;
        let account = engine.identity.account_by_name(&owner).await?.ok_or_else(unknown)?;
        let standing = engine.access.standing_at_owner(&visitor.cx, account.id).await?;
        // Foreign and unknown look the same.
        if standing.effective_role().is_none() {
            return Err(unknown().into());
        }
        Ok(Self { visitor, place: Place::Owner(account) })
    }
}
