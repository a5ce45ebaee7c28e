//! Repositories: making, finding, changing.

use std::sync::Arc;

use axum::Json;
use axum::extract::Path;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::access::Cx;
use crate::api::v1::body::Body;
use crate::api::v1::caller::Caller;
use crate::api::v1::entered::Entered;
use crate::api::v1::listed::Asked;
use crate::api::v1::people;
use crate::api::v1::refusal::Answer;
use crate::engine::Engine;
use crate::engine::verbs::MirrorChange;
use crate::forge::embedded::NewRepository;
use crate::forge::embedded::Place;
use crate::forge::embedded::RepositoryChange;
use crate::forge::embedded::Wanted;
use crate::forge::embedded::wire::repository::Repository;
use crate::identity::Account;
use crate::kit::Error;
use crate::kit::Result;

/// `GET /repos/{owner}/{repo}`.
pub async fn get(entered: Entered) -> Answer<Json<Repository>> {
    Ok(Json(seen(&entered.engine, &entered.place).await?))
}

/// A repository with all that is known.
pub(super) async fn seen(engine: &Engine, place: &Place) -> Result<Repository> {
    let empty = engine.forge.git(&place.repository).is_empty().await?;
    let seen = Repository::new(&engine.settings.base_url, &place.repository, Some(&place.standing));
    let origin = match place.repository.mirror {
        true => engine.forge.origin(place.repository.id).await?,
        false => None,
    };
    Ok(seen.with_emptiness(empty).with_origin(origin.as_ref()))
}

#[derive(Deserialize)]
pub struct Change {
    name: Option<String>,
    description: Option<String>,
    private: Option<bool>,
    default_branch: Option<String>,
    mirror_interval: Option<String>,
}

/// `PATCH /repos/{owner}/{repo}`.
pub async fn change(
    entered: Entered,
    Body(Change { name, description, private, default_branch, mirror_interval }): Body<Change>,
) -> Answer<Json<Repository>> {
    let Entered { cx, place, engine, .. } = &entered;
    let name = name.filter(|name| !name.is_empty()).map(|name| name.parse()).transpose();
    let branch = default_branch.filter(|branch| !branch.is_empty()).map(|branch| branch.parse()).transpose();
    let change = RepositoryChange {
        description,
        private,
        default_branch: branch.map_err(|error: Error| error.field("default_branch"))?,
        name: name.map_err(|error: Error| error.field("name"))?,
    };
    if let Some(interval) = mirror_interval.filter(|interval| !interval.is_empty()) {
        let period = Some(crate::forge::embedded::origin::period_of(&interval)?);
        engine.change_mirror(cx, place, MirrorChange { period, ..MirrorChange::default() }).await?;
    }
    let changed = engine.change_repository(cx, place, change).await?;
    Ok(Json(seen(engine, &Place { repository: changed, standing: place.standing }).await?))
}

#[derive(Deserialize)]
pub struct Create {
    name: String,
    description: Option<String>,
    private: Option<bool>,
    auto_init: Option<bool>,
    default_branch: Option<String>,
}

/// `POST /user/repos`.
pub async fn create(
    State(engine): State<Arc<Engine>>,
    caller: Caller,
    Body(new): Body<Create>,
) -> Answer<(StatusCode, Json<Repository>)> {
    let owner = engine.identity.account(caller.account()?).await?;
    let owner = owner.ok_or_else(|| Error::not_found("such user"))?;
    create_for(&engine, &caller.0, owner, new).await
}

/// `POST /orgs/{org}/repos`.
pub async fn create_in_organisation(
    State(engine): State<Arc<Engine>>,
    Caller(cx): Caller,
    Path(org): Path<String>,
    Body(new): Body<Create>,
) -> Answer<(StatusCode, Json<Repository>)> {
    let owner = people::organisation_named(&engine, &org).await?;
    create_for(&engine, &cx, owner, new).await
}

async fn create_for(engine: &Engine, cx: &Cx, owner: Account, new: Create) -> Answer<(StatusCode, Json<Repository>)> {
    let Create { name, description, private, auto_init, default_branch } = new;
    let branch = default_branch.filter(|branch| !branch.is_empty()).unwrap_or_else(|| "main".into());
    let new = NewRepository {
        owner: owner.id,
        owner_name: owner.login,
        name: name.parse().map_err(|error: Error| error.field("name"))?,
        description: description.unwrap_or_default(),
        private: private.unwrap_or(false),
        default_branch: branch.parse().map_err(|error: Error| error.field("default_branch"))?,
        readme: auto_init.unwrap_or(false),
    };
    let made = engine.forge.create(cx, new).await?;
    let place = engine.forge.enter_by_id(cx, made.id).await?;
    Ok((StatusCode::CREATED, Json(seen(engine, &place).await?)))
}

/// `POST /repos/{owner}/{repo}/forks`: a fork that whoever asks owns.
pub async fn fork(entered: Entered) -> Answer<(StatusCode, Json<Repository>)> {
    let Entered { cx, place, engine, .. } = &entered;
    let made = engine.forge.fork(cx, place).await?;
    let place = engine.forge.enter_by_id(cx, made.id).await?;
    Ok((StatusCode::ACCEPTED, Json(seen(engine, &place).await?)))
}

/// `GET /repos/{owner}/{repo}/forks`.
pub async fn forks(entered: Entered, asked: Asked) -> Answer<Response> {
    let base = &entered.engine.settings.base_url;
    let page = entered.engine.forge.forks(&entered.cx, &entered.place, asked.paging).await?;
    Ok(asked.answer(base, page.map(|repository| Repository::new(base, &repository, None))))
}

/// `GET /orgs/{org}/repos`.
pub async fn of_organisation(
    State(engine): State<Arc<Engine>>,
    Caller(cx): Caller,
    Path(org): Path<String>,
    asked: Asked,
) -> Answer<Response> {
    let owner = people::organisation_named(&engine, &org).await?;
    list(&engine, &cx, &asked, Wanted { owner: Some(owner.id), ..Wanted::default() }).await
}

/// `GET /users/{user}/repos`.
pub async fn of_user(
    State(engine): State<Arc<Engine>>,
    Caller(cx): Caller,
    Path(user): Path<String>,
    asked: Asked,
) -> Answer<Response> {
    let owner = people::named(&engine, &user).await?;
    list(&engine, &cx, &asked, Wanted { owner: Some(owner.id), ..Wanted::default() }).await
}

/// `GET /user/repos`: those that whoever asks has a part in.
pub async fn mine(State(engine): State<Arc<Engine>>, caller: Caller, asked: Asked) -> Answer<Response> {
    caller.account()?;
    list(&engine, &caller.0, &asked, Wanted { own_only: true, ..Wanted::default() }).await
}

async fn list(engine: &Engine, cx: &Cx, asked: &Asked, wanted: Wanted) -> Answer<Response> {
    let base = &engine.settings.base_url;
    let page = engine.forge.repositories(cx, &wanted, asked.paging).await?;
    Ok(asked.answer(base, page.map(|repository| Repository::new(base, &repository, None))))
}

/// `GET /repos/search`.
pub async fn search(State(engine): State<Arc<Engine>>, Caller(cx): Caller, asked: Asked) -> Answer<Response> {
    let base = &engine.settings.base_url;
    let wanted = Wanted { text: asked.one("q").unwrap_or_default(), ..Wanted::default() };
    let page = engine.forge.repositories(&cx, &wanted, asked.paging).await?;
    let page = page.map(|repository| Repository::new(base, &repository, None));
    let found: Value = json!({"ok": true, "data": page.items});
    let empty = crate::kit::page::Page { items: Vec::<()>::new(), total: page.total, paging: page.paging };
    let mut response = Json(found).into_response();
    let paged = asked.answer(base, empty);
    for name in ["link", "x-total-count"] {
        if let Some(value) = paged.headers().get(name) {
            response.headers_mut().insert(name, value.clone());
        }
    }
    Ok(response)
}
