//! A team: its role, in which repositories that counts, and its people.

use std::sync::Arc;

use askama::Template;
use axum::extract::Path;
use axum::extract::State;

use crate::access::Action;
use crate::engine::Engine;
use crate::engine::verbs::Membership;
use crate::identity::Account;
use crate::identity::AccountKind;
use crate::identity::TeamChange;
use crate::identity::TeamProfile;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::model::OwnerName;
use crate::model::Role;
use crate::web::errors::Answer;
use crate::web::flash::Said;
use crate::web::frame::Frame;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::parts::person::Who;
use crate::web::posted::Posted;
use crate::web::visitor::Visitor;

/// `/users/{owner}/teams/{number}`
#[derive(Template)]
#[template(path = "pages/team.html")]
pub struct TeamPage {
    /// What surrounds the page.
    pub frame: Frame,
    /// The organisation.
    pub organisation: Who,
    /// The address of the team.
    pub href: String,
    /// Its name.
    pub name: String,
    /// One line about it.
    pub description: String,
    /// The word of its role; empty for none.
    pub role: &'static str,
    /// Every role, with what it allows.
    pub roles: [(&'static str, &'static str); 6],
    /// Whether the role counts everywhere.
    pub everywhere: bool,
    /// Its people.
    pub people: Vec<Who>,
    /// Repositories where the role counts, when not everywhere.
    pub repositories: Vec<String>,
    /// Whether the person may change it.
    pub may: bool,
}

/// Each role of a team in words.
const ROLES: [(&str, &str); 6] = [
    ("", "nothing by itself: rules and policies ask for it by name"),
    ("read", "see and comment"),
    ("triage", "label, close and assign"),
    ("write", "push branches and merge where nothing is protected"),
    ("maintain", "merge into protected branches, edit stacks and rules"),
    ("admin", "change who may do what"),
];

/// `GET /users/{owner}/teams/{number}`
pub async fn page(
    State(engine): State<Arc<Engine>>,
    visitor: Visitor,
    Path((owner, number)): Path<(String, String)>,
) -> Answer {
    let (organisation, team) = find(&engine, &visitor, &owner, &number).await?;
    let standing = engine.access.standing_at_owner(&visitor.cx, organisation.id).await?;
    let mut repositories = Vec::new();
    for repo in engine.access.team_repositories(team.number).await? {
        if let Ok(place) = engine.forge.enter_by_id(&visitor.cx, repo).await {
            repositories.push(place.repository.name.to_string());
        }
    }
    let people = engine.identity.team_members(&team).await?;
    show(&TeamPage {
        frame: visitor.frame(&engine, format!("{} · {}", team.name, organisation.login)).await?,
        organisation: Who::organisation(organisation.login.as_str()),
        href: format!("/users/{}/teams/{}", organisation.login, team.number),
        role: team.role.map_or("", Role::as_str),
        name: team.name,
        description: team.description,
        roles: ROLES,
        everywhere: team.everywhere,
        people: people.iter().map(|account| Who::person(account.login.as_str())).collect(),
        repositories,
        may: visitor.cx.may(Action::AdministerOrganisation, &standing),
    })
}

/// `POST /users/{owner}/teams`: a new team, or what belonging to the organisation gives.
pub async fn create(
    State(engine): State<Arc<Engine>>,
    visitor: Visitor,
    Path(owner): Path<String>,
    posted: Posted,
) -> Answer {
    let organisation = account(&engine, &owner).await?;
    let home = format!("/{}", organisation.login);
    if posted.text("then") == "member_role" {
        let done = async {
            let role = role(&posted.text("role"))?;
            engine.set_member_role(&visitor.cx, &organisation, role).await
        };
        return back(done.await, &home, "What members may do is changed");
    }
    let new = TeamChange { name: Some(posted.text("team").trim().to_owned()), ..TeamChange::default() };
    match engine.create_team(&visitor.cx, &organisation, new).await {
        Ok(team) => {
            let said = Said::done("The team is made. Give it a role, repositories and people");
            go(&format!("/users/{}/teams/{}", organisation.login, team.number), Some(&said))
        }
        Err(error) => back(Err(error), &home, ""),
    }
}

/// `POST /users/{owner}/teams/{number}`
pub async fn change(
    State(engine): State<Arc<Engine>>,
    visitor: Visitor,
    Path((owner, number)): Path<(String, String)>,
    posted: Posted,
) -> Answer {
    let (organisation, team) = find(&engine, &visitor, &owner, &number).await?;
    let here = format!("/users/{}/teams/{}", organisation.login, team.number);
    let then = posted.text("then");
    if then == "delete" {
        let done = engine.delete_team(&visitor.cx, &team).await;
        let to = if done.is_ok() { format!("/{}", organisation.login) } else { here };
        return back(done, &to, "The team is deleted");
    }
    let done = match then.as_str() {
        "join" | "leave" => {
            let change = match then.as_str() {
                "join" => Membership::JoinsTeam(team.name.clone()),
                _ => Membership::LeavesTeam(team.name.clone()),
            };
            match engine.named(&posted.text("name")).await {
                Ok(who) => engine.change_membership(&visitor.cx, &organisation, &who, change).await,
                Err(error) => Err(error),
            }
        }
        "let_in" | "let_out" => let_in(&engine, &visitor, (&organisation, &team), &posted, then == "let_in").await,
        _ => save(&engine, &visitor, team, &posted).await,
    };
    back(done, &here, "The team is changed")
}

async fn save(engine: &Engine, visitor: &Visitor, team: TeamProfile, posted: &Posted) -> Result<()> {
    let change = TeamChange {
        name: Some(posted.text("team").trim().to_owned()),
        description: Some(posted.text("description").trim().to_owned()),
        role: Some(role(&posted.text("role"))?),
        everywhere: Some(posted.ticked("everywhere")),
    };
    engine.change_team(&visitor.cx, team, change).await.map(drop)
}

async fn let_in(
    engine: &Engine,
    visitor: &Visitor,
    (organisation, team): (&Account, &TeamProfile),
    posted: &Posted,
    is_in: bool,
) -> Result<()> {
    let unknown = || Error::invalid("The organisation has no such repository").field("repo");
    let name = posted.text("repo").trim().parse().map_err(|_| unknown())?;
    let place = engine.forge.enter(&visitor.cx, &organisation.login, &name).await.map_err(|_| unknown())?;
    engine.let_team_in(&visitor.cx, team, &place, is_in).await
}

fn role(word: &str) -> Result<Option<Role>> {
    if word.is_empty() { Ok(None) } else { word.parse().map(Some) }
}

async fn account(engine: &Engine, name: &str) -> Result<Account> {
    let unknown = || Error::not_found("such organisation");
    let name: OwnerName = name.parse().map_err(|_| unknown())?;
    let found = engine.identity.account_by_name(&name).await?;
    found.filter(|account| account.kind == AccountKind::Organisation).ok_or_else(unknown)
}

/// A team of an organisation that whoever looks belongs to.
async fn find(engine: &Engine, visitor: &Visitor, owner: &str, number: &str) -> Result<(Account, TeamProfile)> {
    let unknown = || Error::not_found("such team");
    let organisation = account(engine, owner).await.map_err(|_| unknown())?;
    let standing = engine.access.standing_at_owner(&visitor.cx, organisation.id).await?;
    standing.effective_role().ok_or_else(unknown)?;
    let team = engine.identity.team(number.parse().map_err(|_| unknown())?).await?;
    let team = team.filter(|team| team.organisation == organisation.id).ok_or_else(unknown)?;
    Ok((organisation, team))
}

fn back(done: Result<()>, to: &str, sentence: &str) -> Answer {
    match done {
        Ok(()) => go(to, Some(&Said::done(sentence))),
        Err(error) if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Conflict) => {
            go(to, Some(&Said::not_done(error.message())))
        }
        Err(error) => Err(error.into()),
    }
}
