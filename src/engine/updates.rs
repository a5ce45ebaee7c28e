//! What people and agents propose to a company brain: its pull requests, with the run that stands behind each and what the check of
//! the brain says.

use std::str::FromStr;

use crate::engine::Engine;
use crate::engine::verbs::check_brain::CHECK;
use crate::forge::embedded::Issue;
use crate::forge::embedded::Place;
use crate::forge::embedded::Search;
use crate::forge::embedded::State;
use crate::forge::embedded::Status;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::page::Page;
use crate::kit::page::Paging;
use crate::kit::text::visible_line;
use crate::model::EffectKind;
use crate::proposals::Proposed;

/// The start of the names of branches that an import makes.
pub const IMPORTS: &str = "forgehand/import-";

/// A pull request to a brain.
#[derive(Clone, Debug)]
pub struct Update {
    /// The pull request.
    pub issue: Issue,
    /// What sort of proposal it is.
    pub sort: Sort,
    /// What an agent proposed; none for people's.
    pub proposed: Option<Proposed>,
    /// What the check of the brain says of its head; none before it looked.
    pub check: Option<Status>,
}

/// What sort of proposal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sort {
    /// A person imported it.
    Import,
    /// What a finished run left.
    Episode,
    /// An agent proposed it.
    Agent,
    /// A person wrote it.
    Person,
}

/// Which of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Standing {
    /// Those that wait.
    #[default]
    Open,
    /// Those that became part of the brain.
    Merged,
    /// Those that did not.
    Closed,
    /// All.
    All,
}

impl Sort {
    /// The word in the API and on pages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Import => "import",
            Self::Episode => "episode",
            Self::Agent => "agent",
            Self::Person => "person",
        }
    }

    fn of(issue: &Issue, proposed: Option<&Proposed>) -> Self {
        let of_import = issue.pull.as_ref().is_some_and(|pull| pull.head_branch.as_str().starts_with(IMPORTS));
        let code = proposed.and_then(|proposed| proposed.new.effect.code());
        let all_episodes = |files: &[crate::model::effect::FileChange]| {
            !files.is_empty() && files.iter().all(|file| file.path.starts_with("episodes/"))
        };
        match code {
            Some(code) if all_episodes(&code.files) => Self::Episode,
            Some(_) => Self::Agent,
            None if of_import => Self::Import,
            None => Self::Person,
        }
    }
}

impl Standing {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Open, Self::Merged, Self::Closed, Self::All];

    /// The word in addresses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Merged => "merged",
            Self::Closed => "closed",
            Self::All => "all",
        }
    }

    fn search(self) -> Search {
        let (state, merged) = match self {
            Self::Open => (Some(State::Open), None),
            Self::Merged => (None, Some(true)),
            Self::Closed => (Some(State::Closed), Some(false)),
            Self::All => (None, None),
        };
        Search { pulls: Some(true), state, merged, ..Search::default() }
    }
}

impl FromStr for Standing {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == text).ok_or_else(|| {
            Error::invalid(format!("`{}` is no state of an update", visible_line(text, 40)))
                .hint("write `open`, `merged`, `closed` or `all`")
                .field("state")
        })
    }
}

impl Engine {
    /// Pull requests to a brain that somebody entered, the newest first.
    pub async fn updates(&self, brain: &Place, standing: Standing, paging: Paging) -> Result<Page<Update>> {
        let found = self.forge.issues(brain, &standing.search(), paging).await?;
        let heads: Vec<_> = found.items.iter().filter_map(|issue| Some(&issue.pull.as_ref()?.head_sha)).collect();
        let statuses = self.forge.newest_statuses(brain, &heads).await?;
        let repo = brain.repository.id;
        let own = found.items.iter().filter_map(|issue| issue.pull.as_ref()).filter(|pull| pull.head_repo == repo);
        let branches: Vec<_> = own.map(|pull| &pull.head_branch).collect();
        let effects = self.proposals.on_branches(repo, &branches, EffectKind::Memory).await?;
        let mut updates = Vec::new();
        for issue in found.items {
            let Some(pull) = &issue.pull else { continue };
            let of_branch =
                |effect: &&Proposed| effect.new.effect.target.branch.as_ref() == Some(&pull.head_branch) && !pull.fork;
            let proposed = effects.iter().find(of_branch).cloned();
            let check = statuses.iter().find(|status| status.sha == pull.head_sha && status.context == CHECK).cloned();
            updates.push(Update { sort: Sort::of(&issue, proposed.as_ref()), issue, proposed, check });
        }
        Ok(Page { items: updates, total: found.total, paging: found.paging })
    }
}
