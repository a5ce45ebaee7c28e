//! Who looks after an issue or pull request, and the milestone that it belongs to.

use crate::access::Action;
use crate::engine::Engine;
use crate::forge::embedded;
use crate::kit::Result;
use crate::kit::text;
use crate::web::address;
use crate::web::entered::Entered;
use crate::web::parts::person::Who;

/// More names than these are not offered; any name can be typed.
const MOST_OFFERED: usize = 100;

/// The boxes beside a conversation.
#[derive(Clone, Debug, Default)]
pub struct Sidebar {
    /// Who looks after it.
    pub assignees: Vec<Who>,
    /// Names that could be added.
    pub people: Vec<String>,
    /// The milestone: title, and the address of the list of what is in it.
    pub milestone: Option<(String, String)>,
    /// Open milestones to choose from: id, title, whether it is the one.
    pub milestones: Vec<(i64, String, bool)>,
    /// Whether whoever looks may change them.
    pub may: bool,
}

impl Sidebar {
    /// The boxes of an issue or pull request.
    pub async fn of(engine: &Engine, entered: &Entered, issue: &embedded::Issue) -> Result<Self> {
        let may = entered.may(Action::LabelIssue);
        let folder = if issue.pull.is_some() { "pulls" } else { "issues" };
        let one = issue.milestone.as_ref();
        let query = |title: &str| address::escape(&format!("milestone:\"{title}\""));
        let mut sidebar = Self {
            assignees: issue.assignees.iter().map(|who| Who::person(who.login.as_str())).collect(),
            milestone: one.map(|milestone| {
                let href = format!("{}/{folder}?q={}", entered.root(), query(&milestone.title));
                (text::visible_line(&milestone.title, 80), href)
            }),
            may,
            ..Self::default()
        };
        if may {
            let is_one = |name: &String| issue.assignees.iter().any(|who| who.login.as_str() == name);
            sidebar.people = offered(engine, entered).await?;
            sidebar.people.retain(|name| !is_one(name));
            let known = engine.forge.milestones(&entered.place).await?;
            let is_one = |milestone: &embedded::Milestone| one.is_some_and(|one| one.id == milestone.id);
            let offered = known.iter().filter(|known| known.state == embedded::State::Open || is_one(known));
            sidebar.milestones =
                offered.map(|known| (known.id, text::visible_line(&known.title, 80), is_one(known))).collect();
        }
        Ok(sidebar)
    }
}

/// Names of those who have a part in the repository.
pub async fn offered(engine: &Engine, entered: &Entered) -> Result<Vec<String>> {
    let repository = &entered.place.repository;
    let members = engine.identity.members(repository.owner).await?;
    let ids: Vec<_> = engine.access.collaborators(repository.id).await?.iter().map(|one| one.account).collect();
    let others = engine.identity.accounts(&ids).await?;
    let owner = members.is_empty().then(|| repository.owner_name.clone());
    let names = members.into_iter().map(|member| member.account.login);
    let mut names: Vec<String> = names
        .chain(others.into_iter().map(|account| account.login))
        .chain(owner)
        .map(|name| name.to_string())
        .collect();
    names.sort();
    names.dedup();
    names.truncate(MOST_OFFERED);
    Ok(names)
}
