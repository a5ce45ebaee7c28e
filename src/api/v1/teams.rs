//! Teams of organisations: who is in one, and in which repositories its role counts.

use std::sync::Arc;

use axum::Json;
use axum::extract::Path;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse as _;
use axum::response::Response;
use serde::Deserialize;
use serde_json::json;

use crate::access::Action;
use crate::access::Cx;
use crate::access::Standing;
use crate::api::v1::body::Body;
use crate::api::v1::caller::Caller;
use crate::api::v1::entered::Entered;
use crate::api::v1::listed::Asked;
use crate::api::v1::people;
use crate::api::v1::refusal::Answer;
use crate::engine::Engine;
use crate::engine::verbs::Membership;
use crate::forge::embedded::Place;
use crate::forge::embedded::wire::account::User;
use crate::forge::embedded::wire::repository::Repository;
use crate::forge::embedded::wire::team::Team;
use crate::identity::Account;
use crate::identity::TeamChange;
use crate::identity::TeamProfile;
use crate::kit::Error;
use crate::kit::Result;
use crate::model::Role;

type Engines = State<Arc<Engine>>;

#[derive(Deserialize)]
pub struct Fields {
    name: Option<String>,
    description: Option<String>,
    permission: Option<String>,
    includes_all_repositories: Option<bool>,
}

impl Fields {
    fn change(self) -> Result<TeamChange> {
        let Self { name, description, permission, includes_all_repositories } = self;
        let role = match permission.as_deref() {
            None => None,
            Some("none") => Some(None),
            Some(word) => Some(Some(word.parse::<Role>().map_err(|error| error.field("permission"))?)),
        };
        Ok(TeamChange { name, description, role, everywhere: includes_all_repositories })
    }
}

/// `GET /orgs/{org}/teams`: for those who belong to it.
pub async fn list(
    State(engine): Engines,
    Caller(cx): Caller,
    Path(org): Path<String>,
    asked: Asked,
) -> Answer<Response> {
    let organisation = belonging(&engine, &cx, people::organisation_named(&engine, &org).await?).await?;
    let teams = engine.identity.team_profiles(organisation.id).await?;
    let teams = teams.iter().map(|team| Team::new(team, &organisation)).collect();
    Ok(asked.slice(&engine.settings.base_url, teams))
}

/// `GET /orgs/{org}/teams/search`
pub async fn search(
    State(engine): Engines,
    Caller(cx): Caller,
    Path(org): Path<String>,
    asked: Asked,
) -> Answer<Response> {
    let organisation = belonging(&engine, &cx, people::organisation_named(&engine, &org).await?).await?;
    let text = asked.one("q").unwrap_or_default().to_lowercase();
    let teams = engine.identity.team_profiles(organisation.id).await?;
    let found = teams.iter().filter(|team| team.name.to_lowercase().contains(&text));
    let found: Vec<Team> = found.map(|team| Team::new(team, &organisation)).collect();
    Ok(Json(json!({"ok": true, "data": found})).into_response())
}

/// `POST /orgs/{org}/teams`
pub async fn create(
    State(engine): Engines,
    Caller(cx): Caller,
    Path(org): Path<String>,
    Body(fields): Body<Fields>,
) -> Answer<(StatusCode, Json<Team>)> {
    let organisation = people::organisation_named(&engine, &org).await?;
    let team = engine.create_team(&cx, &organisation, fields.change()?).await?;
    Ok((StatusCode::CREATED, Json(Team::new(&team, &organisation))))
}

/// `GET /user/teams`
pub async fn mine(State(engine): Engines, caller: Caller, asked: Asked) -> Answer<Response> {
    let account = caller.account()?;
    let mut all = Vec::new();
    for (organisation, _) in engine.identity.organisations_of(account).await? {
        let names = engine.identity.teams_in(organisation.id, account).await?;
        for team in engine.identity.team_profiles(organisation.id).await? {
            if names.contains(&team.name) {
                all.push(Team::new(&team, &organisation));
            }
        }
    }
    Ok(asked.slice(&engine.settings.base_url, all))
}

/// `GET /teams/{id}`
pub async fn get(State(engine): Engines, Caller(cx): Caller, Path(id): Path<String>) -> Answer<Json<Team>> {
    let (team, organisation) = named(&engine, &cx, &id).await?;
    Ok(Json(Team::new(&team, &organisation)))
}

/// `PATCH /teams/{id}`
pub async fn change(
    State(engine): Engines,
    Caller(cx): Caller,
    Path(id): Path<String>,
    Body(fields): Body<Fields>,
) -> Answer<Json<Team>> {
    let (team, organisation) = named(&engine, &cx, &id).await?;
    let team = engine.change_team(&cx, team, fields.change()?).await?;
    Ok(Json(Team::new(&team, &organisation)))
}

/// `DELETE /teams/{id}`
pub async fn delete(State(engine): Engines, Caller(cx): Caller, Path(id): Path<String>) -> Answer<StatusCode> {
    let (team, _) = named(&engine, &cx, &id).await?;
    engine.delete_team(&cx, &team).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /teams/{id}/members`
pub async fn members(
    State(engine): Engines,
    Caller(cx): Caller,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer<Response> {
    let (team, _) = named(&engine, &cx, &id).await?;
    let base = &engine.settings.base_url;
    let members = engine.identity.team_members(&team).await?;
    Ok(asked.slice(base, members.iter().map(|account| User::new(base, account)).collect()))
}

/// `GET /teams/{id}/members/{username}`
pub async fn member(
    State(engine): Engines,
    Caller(cx): Caller,
    Path((id, name)): Path<(String, String)>,
) -> Answer<Json<User>> {
    let (team, _) = named(&engine, &cx, &id).await?;
    let members = engine.identity.team_members(&team).await?;
    let found = members.iter().find(|account| account.login.as_str().eq_ignore_ascii_case(&name));
    let found = found.ok_or_else(|| Error::not_found("such member"))?;
    Ok(Json(User::new(&engine.settings.base_url, found)))
}

/// `PUT /teams/{id}/members/{username}`
pub async fn add_member(
    State(engine): Engines,
    Caller(cx): Caller,
    Path((id, name)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let (team, organisation) = named(&engine, &cx, &id).await?;
    let who = people::named(&engine, &name).await?;
    engine.change_membership(&cx, &organisation, &who, Membership::JoinsTeam(team.name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /teams/{id}/members/{username}`
pub async fn remove_member(
    State(engine): Engines,
    Caller(cx): Caller,
    Path((id, name)): Path<(String, String)>,
) -> Answer<StatusCode> {
    let (team, organisation) = named(&engine, &cx, &id).await?;
    let who = people::named(&engine, &name).await?;
    engine.change_membership(&cx, &organisation, &who, Membership::LeavesTeam(team.name)).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /teams/{id}/repos`: those that are listed, as far as whoever asks sees them.
pub async fn repos(
    State(engine): Engines,
    Caller(cx): Caller,
    Path(id): Path<String>,
    asked: Asked,
) -> Answer<Response> {
    let (team, _) = named(&engine, &cx, &id).await?;
    let base = &engine.settings.base_url;
    let mut all = Vec::new();
    for repo in engine.access.team_repositories(team.number).await? {
        if let Ok(place) = engine.forge.enter_by_id(&cx, repo).await {
            all.push(Repository::new(base, &place.repository, None));
        }
    }
    Ok(asked.slice(base, all))
}

/// `GET /teams/{id}/repos/{org}/{repo}`
pub async fn repo(
    State(engine): Engines,
    Caller(cx): Caller,
    Path(at): Path<(String, String, String)>,
) -> Answer<Json<Repository>> {
    let (team, place) = team_and_place(&engine, &cx, &at).await?;
    if !engine.access.team_repositories(team.number).await?.contains(&place.repository.id) {
        return Err(Error::not_found("such repository of the team").into());
    }
    Ok(Json(Repository::new(&engine.settings.base_url, &place.repository, Some(&place.standing))))
}

/// `PUT /teams/{id}/repos/{org}/{repo}`
pub async fn add_repo(
    State(engine): Engines,
    Caller(cx): Caller,
    Path(at): Path<(String, String, String)>,
) -> Answer<StatusCode> {
    let (team, place) = team_and_place(&engine, &cx, &at).await?;
    engine.let_team_in(&cx, &team, &place, true).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /teams/{id}/repos/{org}/{repo}`
pub async fn remove_repo(
    State(engine): Engines,
    Caller(cx): Caller,
    Path(at): Path<(String, String, String)>,
) -> Answer<StatusCode> {
    let (team, place) = team_and_place(&engine, &cx, &at).await?;
    engine.let_team_in(&cx, &team, &place, false).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /repos/{owner}/{repo}/teams`: those whose role counts there.
pub async fn of_repo(entered: Entered) -> Answer<Json<Vec<Team>>> {
    let Entered { cx, place, engine, .. } = &entered;
    cx.authorize(Action::PushBranch, &place.standing)?;
    let owner = engine.identity.account(place.repository.owner).await?;
    let owner = owner.ok_or_else(|| Error::not_found("such organisation"))?;
    let listed = engine.access.teams_of_repository(place.repository.id).await?;
    let teams = engine.identity.team_profiles(owner.id).await?;
    let there = teams.iter().filter(|team| team.everywhere || listed.contains(&team.number));
    Ok(Json(there.map(|team| Team::new(team, &owner)).collect()))
}

async fn team_and_place(
    engine: &Engine,
    cx: &Cx,
    (id, owner, repo): &(String, String, String),
) -> Result<(TeamProfile, Place)> {
    let (team, _) = named(engine, cx, id).await?;
    let unknown = || Error::not_found("such repository");
    let owner = owner.parse().map_err(|_| unknown())?;
    let name = repo.parse().map_err(|_| unknown())?;
    Ok((team, engine.forge.enter(cx, &owner, &name).await?))
}

/// A team of an organisation that whoever asks belongs to. To others there is no such team.
async fn named(engine: &Engine, cx: &Cx, id: &str) -> Result<(TeamProfile, Account)> {
    let unknown = || Error::not_found("such team");
    let number = id.parse().map_err(|_| unknown())?;
    let team = engine.identity.team(number).await?.ok_or_else(unknown)?;
    let organisation = engine.identity.account(team.organisation).await?.ok_or_else(unknown)?;
    let organisation = belonging(engine, cx, organisation).await.map_err(|_| unknown())?;
    Ok((team, organisation))
}

async fn belonging(engine: &Engine, cx: &Cx, organisation: Account) -> Result<Account> {
    let standing = engine.access.standing_at_owner(cx, organisation.id).await?;
    let inside = Standing { public: false, ..standing };
    cx.authorize(Action::ReadRepository, &inside).map_err(|_| Error::not_found("such organisation"))?;
    Ok(organisation)
}
