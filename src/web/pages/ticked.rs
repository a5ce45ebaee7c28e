//! What somebody does to the rows that they ticked in a list of issues or pull requests.

use std::sync::Arc;

use axum::extract::State;

use crate::access::Action;
use crate::engine::Engine;
use crate::forge::embedded;
use crate::forge::embedded::Changed;
use crate::forge::embedded::ToEach;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::text;
use crate::web::address;
use crate::web::entered::Entered;
use crate::web::errors::Answer;
use crate::web::flash::Said;
use crate::web::page::go;
use crate::web::parts::sidebar;
use crate::web::posted::Posted;

/// The form below a list that changes what is ticked in it.
#[derive(Clone, Debug, Default)]
pub struct Ticks {
    /// Where the form goes; empty when the person may change nothing.
    pub action: String,
    /// `pulls` or `issues`.
    pub kind: &'static str,
    /// What the list shows, to come back to.
    pub query: String,
    /// Labels to choose from.
    pub labels: Vec<String>,
    /// People to choose from.
    pub people: Vec<String>,
    /// Open milestones: id and title.
    pub milestones: Vec<(i64, String)>,
}

impl Ticks {
    /// For whoever looks at a list.
    pub async fn of(engine: &Engine, entered: &Entered, kind: &'static str, query: &str) -> Result<Self> {
        if !entered.may(Action::LabelIssue) {
            return Ok(Self::default());
        }
        let milestones = engine.forge.milestones(&entered.place).await?;
        let open = milestones.iter().filter(|one| one.state == embedded::State::Open);
        Ok(Self {
            action: format!("{}/ticked", entered.root()),
            kind,
            query: query.to_owned(),
            labels: engine.forge.labels(&entered.place).await?.into_iter().map(|label| label.name).collect(),
            people: sidebar::offered(engine, entered).await?,
            milestones: open.map(|one| (one.id, text::visible_line(&one.title, 80))).collect(),
        })
    }
}

/// `POST /{owner}/{repo}/ticked`
pub async fn change(State(engine): State<Arc<Engine>>, entered: Entered, posted: Posted) -> Answer {
    let kind = if posted.text("kind") == "pulls" { "pulls" } else { "issues" };
    let address = format!("{}/{kind}?q={}", entered.root(), address::escape(&posted.text("q")));
    let changed = async {
        let numbers: Vec<i64> = posted.all("number").iter().filter_map(|number| number.parse().ok()).collect();
        engine.forge.change_each(&entered.visitor.cx, &entered.place, &numbers, &wanted(&posted)?).await
    };
    match changed.await {
        Ok(changed) => go(&address, Some(&said(&changed))),
        Err(error) if error.kind() == ErrorKind::Invalid => go(&address, Some(&Said::not_done(error.message()))),
        Err(error) => Err(error.into()),
    }
}

/// What the button that was pressed is for.
fn wanted(posted: &Posted) -> Result<ToEach> {
    let chosen = |field: &'static str, what: &str| {
        let missing = || Error::invalid(format!("Nothing was done: {what} is missing")).field(field);
        posted.some(field).map(|value| value.trim().to_owned()).filter(|value| !value.is_empty()).ok_or_else(missing)
    };
    let person = || Ok::<_, Error>(chosen("person", "the person")?.trim_start_matches('@').to_owned());
    let (add, remove) = (Vec::new(), Vec::new());
    Ok(match posted.text("then").as_str() {
        "close" => ToEach::State(embedded::State::Closed),
        "reopen" => ToEach::State(embedded::State::Open),
        "label" => ToEach::Label { add: vec![chosen("label", "the label")?], remove },
        "unlabel" => ToEach::Label { add, remove: vec![chosen("label", "the label")?] },
        "assign" => ToEach::Assign(person()?),
        "unassign" => ToEach::Unassign(person()?),
        "milestone" => {
            let unknown = |_| Error::invalid("This is no milestone").field("milestone");
            ToEach::Milestone(chosen("milestone", "the milestone")?.parse().map_err(unknown)?)
        }
        _ => return Err(Error::invalid("Nothing was done: press one of the buttons")),
    })
}

fn said(changed: &Changed) -> Said {
    let done = match changed.done {
        1 => "Changed 1".to_owned(),
        done => format!("Changed {done}"),
    };
    let Some((number, error)) = changed.refused.first() else { return Said::done(done) };
    let more = match changed.refused.len() - 1 {
        0 => String::new(),
        more => format!("; and {more} more"),
    };
    Said::not_done(format!("{done}, but not #{number}: {}{more}", error.message()))
}
