//! Setting up a model: its form, its key, its end. The list is a section of `/admin`.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::State;

use crate::access::Action;
use crate::access::Standing;
use crate::engine::Engine;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::secret::Secret;
use crate::model::ProfileId;
use crate::models::Draft;
use crate::models::Facts;
use crate::models::Kept;
use crate::models::Protocol;
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

/// `/admin/models/new`, `/admin/models/{id}`
#[derive(Template)]
#[template(path = "pages/model.html")]
pub struct Model {
    /// What surrounds the page.
    pub frame: Frame,
    /// Its id; empty for a new one.
    pub id: String,
    /// Its name, as it was typed.
    pub name: String,
    /// What was typed into each other field.
    pub typed: Vec<(&'static str, String)>,
    /// The protocols, each with what people call it, and whether it is chosen.
    pub protocols: Vec<(&'static str, &'static str, bool)>,
    /// When the key was set, and none when there is none.
    pub key_set: Option<When>,
    /// Who changed it last.
    pub set_by: String,
    /// What was wrong.
    pub wrong: Wrong,
}

/// `/admin/models/{id}/remove`
#[derive(Template)]
#[template(path = "pages/model_remove.html")]
pub struct Removing {
    /// What surrounds the page.
    pub frame: Frame,
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
}

/// The fields of the form beside name, protocol and key.
const FIELDS: [&str; 8] = [
    "url",
    "model",
    "input_usd_per_million",
    "output_usd_per_million",
    "cached_usd_per_million",
    "cache_write_usd_per_million",
    "window",
    "answer",
];

impl Model {
    /// What was typed into a field.
    pub fn typed(&self, field: &str) -> &str {
        self.typed.iter().find(|(name, _)| *name == field).map_or("", |(_, text)| text)
    }

    /// Where the form goes.
    pub fn action(&self) -> String {
        if self.id.is_empty() { "/admin/models".into() } else { format!("/admin/models/{}", self.id) }
    }
}

/// `GET /admin/models/new`
pub async fn new(State(engine): State<Arc<Engine>>, visitor: Visitor) -> Answer {
    authorize(&visitor)?;
    show(&form(&engine, &visitor, None, &Typed::of(&Draft::default(), "")).await?)
}

/// `GET /admin/models/{id}`
pub async fn page(State(engine): State<Arc<Engine>>, visitor: Visitor, Path(id): Path<String>) -> Answer {
    let kept = engine.model_profile(&visitor.cx, named(&id)?).await?;
    let typed = Typed::of(&Draft::of(&kept.facts), &kept.facts.name);
    show(&form(&engine, &visitor, Some(kept), &typed).await?)
}

/// `POST /admin/models`
pub async fn add(State(engine): State<Arc<Engine>>, visitor: Visitor, posted: Posted) -> Answer {
    authorize(&visitor)?;
    let typed = Typed::from(&posted);
    let key = posted.some("key").map(Secret::new);
    let added = async { engine.add_model(&visitor.cx, typed.facts()?, key).await };
    match added.await {
        Ok(kept) => {
            let sentence = format!("The model {} is set up: stacks may name it", kept.facts.name);
            go("/admin/models", Some(&Said::done(sentence)))
        }
        Err(error) => refused(&engine, &visitor, (None, &typed), error).await,
    }
}

/// `POST /admin/models/{id}`
pub async fn change(
    State(engine): State<Arc<Engine>>,
    visitor: Visitor,
    Path(id): Path<String>,
    posted: Posted,
) -> Answer {
    let before = engine.model_profile(&visitor.cx, named(&id)?).await?;
    let typed = Typed::from(&posted);
    let key = posted.some("key").map(Secret::new);
    let changed = async { engine.change_model(&visitor.cx, before.id, typed.facts()?, key).await };
    match changed.await {
        Ok(kept) if before.key_set_at.is_some() && kept.key_set_at.is_none() => {
            let sentence =
                "Changed. The server is another one now, so the key of the old one was thrown away: set the new one";
            go(&format!("/admin/models/{}", kept.id), Some(&Said::done(sentence)))
        }
        Ok(_) => go("/admin/models", Some(&Said::done("Changed, for runs that are asked for from now on"))),
        Err(error) => refused(&engine, &visitor, (Some(before), &typed), error).await,
    }
}

/// `POST /admin/models/{id}/key`
pub async fn key(
    State(engine): State<Arc<Engine>>,
    visitor: Visitor,
    Path(id): Path<String>,
    posted: Posted,
) -> Answer {
    let kept = engine.model_profile(&visitor.cx, named(&id)?).await?;
    let forget = posted.text("then") == "forget";
    let key = if forget { None } else { Some(Secret::new(posted.text("key"))) };
    match engine.set_model_key(&visitor.cx, kept.id, key).await {
        Ok(_) if forget => go("/admin/models", Some(&Said::done("The key is thrown away"))),
        Ok(_) => go("/admin/models", Some(&Said::done("The key is sealed. It is shown to nobody"))),
        Err(error) => {
            let typed = Typed::of(&Draft::of(&kept.facts), &kept.facts.name);
            refused(&engine, &visitor, (Some(kept), &typed), error).await
        }
    }
}

/// `GET /admin/models/{id}/remove`
pub async fn ask(State(engine): State<Arc<Engine>>, visitor: Visitor, Path(id): Path<String>) -> Answer {
    let kept = engine.model_profile(&visitor.cx, named(&id)?).await?;
    let frame = visitor.frame(&engine, format!("Remove {}", kept.facts.name)).await?;
    show(&Removing { frame, id: kept.id.to_string(), name: kept.facts.name })
}

/// `POST /admin/models/{id}/remove`
pub async fn remove(
    State(engine): State<Arc<Engine>>,
    visitor: Visitor,
    Path(id): Path<String>,
    _posted: Posted,
) -> Answer {
    engine.remove_model(&visitor.cx, named(&id)?).await?;
    go("/admin/models", Some(&Said::done("The model is removed: stacks that name it are refused from now on")))
}

fn authorize(visitor: &Visitor) -> Result<()> {
    visitor.cx.authorize(Action::AdministerSite, &Standing::of_site(&visitor.cx))
}

fn named(id: &str) -> Result<ProfileId> {
    id.parse().map_err(|_| Error::not_found("such model profile"))
}

/// What a person typed, which comes back when it cannot be used.
struct Typed {
    name: String,
    protocol: String,
    fields: Vec<(&'static str, String)>,
}

impl Typed {
    fn from(posted: &Posted) -> Self {
        let fields = FIELDS.map(|field| (field, posted.text(field).trim().to_owned())).to_vec();
        Self { name: posted.text("name").trim().to_owned(), protocol: posted.text("protocol"), fields }
    }

    fn of(draft: &Draft, name: &str) -> Self {
        let dollars = |price: Option<f64>| price.map(|price| price.to_string()).unwrap_or_default();
        let tokens = |most: Option<u64>| most.map(|most| most.to_string()).unwrap_or_default();
        let texts = [
            draft.url.clone(),
            draft.model.clone(),
            dollars(draft.input_usd_per_million),
            dollars(draft.output_usd_per_million),
            dollars(draft.cached_usd_per_million),
            dollars(draft.cache_write_usd_per_million),
            tokens(draft.window_tokens),
            tokens(draft.answer_tokens),
        ];
        Self {
            name: name.to_owned(),
            protocol: draft.protocol.clone(),
            fields: FIELDS.into_iter().zip(texts).collect(),
        }
    }

    fn facts(&self) -> Result<Facts> {
        let text =
            |field: &str| self.fields.iter().find(|(name, _)| *name == field).map_or("", |(_, text)| text.as_str());
        let draft = Draft {
            protocol: self.protocol.clone(),
            url: text("url").to_owned(),
            model: text("model").to_owned(),
            input_usd_per_million: number("input_usd_per_million", text("input_usd_per_million"))?,
            output_usd_per_million: number("output_usd_per_million", text("output_usd_per_million"))?,
            cached_usd_per_million: number("cached_usd_per_million", text("cached_usd_per_million"))?,
            cache_write_usd_per_million: number("cache_write_usd_per_million", text("cache_write_usd_per_million"))?,
            window_tokens: number("window", text("window"))?,
            answer_tokens: number("answer", text("answer"))?,
        };
        draft.facts(&self.name)
    }
}

/// A number, or nothing.
fn number<T: std::str::FromStr>(field: &str, text: &str) -> Result<Option<T>> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_| Error::invalid("This is not a number").field(field))
}

async fn refused(engine: &Engine, visitor: &Visitor, (kept, typed): (Option<Kept>, &Typed), error: Error) -> Answer {
    if !matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Conflict) {
        return Err(error.into());
    }
    again(&Model { wrong: Wrong::from(&error), ..form(engine, visitor, kept, typed).await? })
}

async fn form(engine: &Engine, visitor: &Visitor, kept: Option<Kept>, typed: &Typed) -> Result<Model> {
    let title = kept.as_ref().map_or_else(|| "New model".to_owned(), |kept| kept.facts.name.clone());
    let chosen = |protocol: Protocol| typed.protocol == protocol.as_str();
    let now = visitor.cx.now();
    Ok(Model {
        frame: visitor.frame(engine, title).await?,
        id: kept.as_ref().map(|kept| kept.id.to_string()).unwrap_or_default(),
        name: typed.name.clone(),
        typed: typed.fields.clone(),
        protocols: Protocol::ALL.map(|protocol| (protocol.as_str(), protocol.title(), chosen(protocol))).to_vec(),
        key_set: kept.as_ref().and_then(|kept| kept.key_set_at).map(|at| When::new(at, now)),
        set_by: kept.map(|kept| kept.set_by).unwrap_or_default(),
        wrong: Wrong::default(),
    })
}
