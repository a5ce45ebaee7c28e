//! What stands above a list of issues or pull requests: the search, its tabs, the views that a person keeps.

use crate::engine::Engine;
use crate::forge::embedded;
use crate::forge::embedded::Search;
use crate::forge::embedded::State;
use crate::forge::embedded::View;
use crate::forge::embedded::with_state;
use crate::kit::Result;
use crate::kit::text;
use crate::web::address;
use crate::web::entered::Entered;
use crate::web::paged::Paged;

/// The search above a list. Everything in it is a link or a form that asks by address.
#[derive(Clone, Debug, Default)]
pub struct Searched {
    /// What was typed.
    pub query: String,
    /// The address of the list without a query.
    pub action: String,
    /// The address of what is open, with the rest of the search.
    pub open_href: String,
    /// The address of what is closed, with the rest of the search.
    pub closed_href: String,
    /// `open`, `closed` or `all`.
    pub state: &'static str,
    /// How many are open.
    pub open: u64,
    /// How many are closed.
    pub closed: u64,
    /// What was not understood: the word and a hint.
    pub unknown: Vec<(String, String)>,
    /// Views that everybody has, and those that the person keeps.
    pub views: Vec<ViewLink>,
    /// Whether the person may keep this one.
    pub may_keep: bool,
    /// `pulls` or `issues`: which views these are.
    pub kind: &'static str,
}

/// A view as a link.
#[derive(Clone, Debug)]
pub struct ViewLink {
    /// Its name.
    pub name: String,
    /// Its address.
    pub href: String,
    /// Whether it is the one that is shown.
    pub current: bool,
    /// Whether the person keeps it, and so may forget it.
    pub kept: bool,
}

/// What an address asks for: its query, or what is open.
pub fn query(paged: &Paged) -> String {
    match (paged.words(), paged.state()) {
        ("", "closed") => "is:closed".to_owned(),
        ("", _) => "is:open".to_owned(),
        (words, "closed") => with_state(words, State::Closed),
        (words, "open") => with_state(words, State::Open),
        (words, _) => words.to_owned(),
    }
}

/// The search of a query, as whoever looks asks it; `pulls` is what the list shows when the query does not say.
pub fn search(entered: &Entered, query: &str, pulls: bool) -> Search {
    let login = entered.visitor.session.as_ref().map(|session| session.account.login.as_str());
    let search = Search::parse(query).asked_by(login);
    Search { pulls: search.pulls.or(Some(pulls)), ..search }
}

impl Searched {
    /// What stands above a list.
    pub async fn of(
        engine: &Engine,
        entered: &Entered,
        query: &str,
        pulls: bool,
        found: &embedded::Found,
    ) -> Result<Self> {
        let search = Search::parse(query);
        let kind = if pulls { "pulls" } else { "issues" };
        let action = format!("{}/{kind}", entered.root());
        let href = |query: &str| format!("{action}?q={}", address::escape(query));
        let link = |name: &str, wanted: &str, kept: bool| ViewLink {
            name: text::visible_line(name, 60),
            href: href(wanted),
            current: wanted == query,
            kept,
        };
        let mut views = Vec::new();
        if entered.visitor.session.is_some() {
            views.extend(USUAL.iter().map(|(name, wanted)| link(name, wanted, false)));
        }
        let kept: Vec<View> = engine.forge.views(&entered.visitor.cx, &entered.place).await?;
        views.extend(kept.iter().filter(|view| view.pulls == pulls).map(|view| link(&view.name, &view.query, true)));
        let unusual = views.iter().all(|view| !view.current) && query != "is:open" && query != "is:closed";
        Ok(Self {
            query: query.to_owned(),
            open_href: href(&with_state(query, State::Open)),
            closed_href: href(&with_state(query, State::Closed)),
            state: match search.state {
                Some(State::Open) => "open",
                Some(State::Closed) => "closed",
                None => "all",
            },
            open: found.open,
            closed: found.closed,
            unknown: search.unknown,
            may_keep: unusual && entered.visitor.session.is_some(),
            views,
            action,
            kind,
        })
    }

    /// The address of this list.
    pub fn here(&self) -> String {
        format!("{}?q={}", self.action, address::escape(&self.query))
    }
}

/// What everybody who is signed in asks for now and then.
const USUAL: [(&str, &str); 3] = [
    ("Yours to do", "is:open assignee:@me"),
    ("Opened by you", "is:open author:@me"),
    ("Mention you", "is:open mentions:@me"),
];
