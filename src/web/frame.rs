//! What surrounds a page: who looks, what waits for them, where they are.

use crate::web::parts::person::Who;

/// Everything that the layout shows around a page.
#[derive(Clone, Debug, Default)]
pub struct Frame {
    /// The title of the page, without the product's name.
    pub title: String,
    /// Who looks; none when nobody is signed in.
    pub person: Option<Me>,
    /// The token that every form sends back.
    pub csrf: String,
    /// `light`, `dark`, or empty for what the system says.
    pub theme: &'static str,
    /// The address of this page, to come back to after signing in.
    pub path: String,
    /// What the search field holds.
    pub search: String,
    /// What the last request did, said once.
    pub flashes: Vec<Flash>,
}

/// The person who looks.
#[derive(Clone, Debug)]
pub struct Me {
    /// How a page shows them.
    pub who: Who,
    /// Whether they see the pages of administrators.
    pub admin: bool,
    /// How many approvals wait for them, and how much is news.
    pub inbox: u64,
    /// How many approvals wait for them.
    pub waiting: u64,
}

/// One sentence about what the last request did.
#[derive(Clone, Debug)]
pub struct Flash {
    /// `ok`, `bad`, `asks` or `busy`.
    pub tone: &'static str,
    /// The sentence.
    pub text: String,
    /// Next steps.
    pub hints: Vec<String>,
}

/// The head of every page of a repository.
#[derive(Clone, Debug)]
pub struct RepoHead {
    /// Who owns it.
    pub owner: String,
    /// Its name.
    pub name: String,
    /// Whether only members see it.
    pub private: bool,
    /// Whether it was imported.
    pub imported: bool,
    /// Whether it takes only what is pushed elsewhere.
    pub mirror: bool,
    /// Which tab the page belongs to.
    pub tab: Tab,
    /// Open issues.
    pub issues: u64,
    /// Open pull requests.
    pub pulls: u64,
    /// Whether the person may push branches and dispatch runs.
    pub write: bool,
    /// Whether the person may see settings.
    pub maintain: bool,
    /// Whether the person may change hooks.
    pub admin: bool,
}

/// The tabs of a repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tab {
    /// Files, commits.
    Code,
    /// Issues.
    Issues,
    /// Pull requests.
    Pulls,
    /// Agent runs.
    Runs,
    /// Deliveries and what rules decided.
    Hooks,
    /// Stacks, rules, policy.
    Settings,
}

impl RepoHead {
    /// The address of the repository.
    pub fn root(&self) -> String {
        format!("/{}/{}", self.owner, self.name)
    }

    /// `owner/name`.
    pub fn full_name(&self) -> String {
        format!("{}/{}", self.owner, self.name)
    }

    /// Whether the page belongs to this tab.
    pub fn on(&self, tab: Tab) -> bool {
        self.tab == tab
    }
}
