//! An organisation or a person: their repositories.

use crate::access::Action;
use crate::engine::Engine;
use crate::engine::verbs::Membership;
use crate::forge::embedded::NewRepository;
use crate::forge::embedded::Wanted;
use crate::identity::Account;
use crate::identity::AccountKind;
use crate::identity::MemberRole;
use crate::identity::TeamProfile;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::page::Paging;
use crate::model::OwnerName;
use crate::model::Role;
use crate::web::errors::Answer;
use crate::web::flash::Said;
use crate::web::frame::Frame;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::pages::dashboard::RepositoryRow;
use crate::web::parts::person::Who;
use crate::web::posted::Posted;
use crate::web::visitor::Visitor;
use askama::Template;
use axum::extract::Path;
use axum::extract::State;
use std::sync::Arc;

/// `/{owner}`
#[derive(Template)]
#[template(path = "pages/owner.html")]
pub struct Owner {
    /// What surrounds the page.
    pub frame: Frame,
    /// Who.
    pub who: Who,
    /// Whether it is an organisation.
    pub organisation: bool,
    /// Its repositories.
    pub repositories: Vec<RepositoryRow>,
    /// Its members, what they may do, and their teams.
    pub members: Vec<(Who, String, Vec<String>)>,
    /// Its teams: number, name, and what they give in words.
    pub teams: Vec<(i64, String, String)>,
    /// The word of what belonging to it gives; empty for nothing.
    pub member_role: &'static str,
    /// Whether the person may change members and teams.
    pub may_administer: bool,
    /// Whether the person may make a repository here.
    pub may_create: bool,
}

/// `GET /{owner}`
pub async fn page(State(engine): State<Arc<Engine>>, visitor: Visitor, Path(owner): Path<String>) -> Answer {
    let account = account(&engine, &owner).await?;
    let wanted = Wanted { owner: Some(account.id), ..Wanted::default() };
    let found = engine.forge.repositories(&visitor.cx, &wanted, Paging { page: 1, limit: 200 }).await?;
    let standing = engine.access.standing_at_owner(&visitor.cx, account.id).await?;
    let organisation = account.kind == AccountKind::Organisation;
    let sees_people = organisation && (standing.role.is_some() || standing.site_admin);
    // What has nothing to see is not known to strangers; people know each other.
    let known = !organisation && visitor.session.is_some();
    if !known && found.items.is_empty() && standing.role.is_none() && !standing.site_admin {
        return Err(Error::not_found("such person or organisation").into());
    }
    let members = if sees_people { engine.identity.members(account.id).await? } else { Vec::new() };
    let teams = if sees_people { engine.identity.teams_of_organisation(account.id).await? } else { Vec::new() };
    let profiles = if sees_people { engine.identity.team_profiles(account.id).await? } else { Vec::new() };
    let member_role = if sees_people { engine.identity.member_role(account.id).await? } else { None };
    let now = visitor.cx.now();
    show(&Owner {
        frame: visitor.frame(&engine, account.login.as_str()).await?,
        who: if organisation { Who::organisation(account.login.as_str()) } else { Who::person(account.login.as_str()) },
        organisation: sees_people,
        repositories: found.items.iter().map(|repository| RepositoryRow::of(repository, now)).collect(),
        members: members
            .iter()
            .map(|member| {
                let teams = teams.iter().filter(|(who, _)| *who == member.account.id);
                let teams = teams.map(|(_, team)| team.clone()).collect();
                (Who::person(member.account.login.as_str()), member.role.as_str().to_owned(), teams)
            })
            .collect(),
        teams: profiles.iter().map(|team| (team.number, team.name.clone(), gives(team))).collect(),
        member_role: member_role.map_or("", Role::as_str),
        may_administer: organisation && visitor.cx.may(Action::AdministerOrganisation, &standing),
        may_create: visitor.cx.may(Action::CreateRepository, &standing),
    })
}

/// What a team gives its people, in words.
fn gives(team: &TeamProfile) -> String {
    match team.role {
        None => "no role".to_owned(),
        Some(role) if team.everywhere => format!("{role} everywhere"),
        Some(role) => format!("{role} where it is listed"),
    }
}

/// `POST /new`: a repository for an owner.
pub async fn create(State(engine): State<Arc<Engine>>, visitor: Visitor, posted: Posted) -> Answer {
    let owner = account(&engine, &posted.text("owner")).await?;
    let new = NewRepository {
        owner: owner.id,
        owner_name: owner.login,
        name: posted.text("name").trim().parse()?,
        description: posted.text("description").trim().to_owned(),
        private: posted.ticked("private"),
        default_branch: "main".parse()?,
        readme: posted.ticked("readme"),
    };
    let made = engine.forge.create(&visitor.cx, new).await?;
    let address = format!("/{}/{}", made.owner_name, made.name);
    go(&address, Some(&Said::done("The repository is made")))
}

/// `POST /new/organisation`
pub async fn create_organisation(State(engine): State<Arc<Engine>>, visitor: Visitor, posted: Posted) -> Answer {
    let name = posted.text("name").trim().parse::<OwnerName>()?;
    let made = engine.create_organisation(&visitor.cx, name, String::new()).await?;
    go(&format!("/{}", made.login), Some(&Said::done("The organisation is made, and you own it")))
}

/// `POST /new/member`: how somebody belongs to an organisation and its teams.
pub async fn membership(State(engine): State<Arc<Engine>>, visitor: Visitor, posted: Posted) -> Answer {
    let organisation = account(&engine, &posted.text("organisation")).await?;
    let team = posted.text("team").trim().to_owned();
    let change = match posted.text("then").as_str() {
        "owner" => Membership::Belongs(MemberRole::Owner),
        "member" => Membership::Belongs(MemberRole::Member),
        "join" => Membership::JoinsTeam(team),
        "leave" => Membership::LeavesTeam(team),
        "remove" => Membership::Leaves,
        _ => return Err(Error::invalid("There is no such change of a membership").field("then").into()),
    };
    let done = async {
        let who = engine.named(&posted.text("name")).await?;
        engine.change_membership(&visitor.cx, &organisation, &who, change).await
    };
    let said = match done.await {
        Ok(()) => Said::done("The people of the organisation are changed"),
        Err(error) if matches!(error.kind(), ErrorKind::Invalid | ErrorKind::Conflict) => {
            Said::not_done(error.message())
        }
        Err(error) => return Err(error.into()),
    };
    go(&format!("/{}", organisation.login), Some(&said))
}

async fn account(engine: &Engine, name: &str) -> Result<Account> {
    let unknown = || Error::not_found("such person or organisation");
    let name: OwnerName = name.parse().map_err(|_| unknown())?;
    engine.identity.account_by_name(&name).await?.ok_or_else(unknown)
}
