//! A request to people, the effects it asks about, and what people said.

use std::str::FromStr;

use crate::approvals::Approvals;
use crate::approvals::store;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::digest::Digest;
use crate::memory;
use crate::model::AccountId;
use crate::model::ApprovalId;
use crate::model::EffectId;
use crate::model::EffectKind;
use crate::model::RepoId;
use crate::model::RepoRef;
use crate::model::RunId;
use crate::proposals::Terms;

/// A request to people to decide on what one run proposed.
#[derive(Clone, Debug)]
pub struct Approval {
    /// Its id.
    pub id: ApprovalId,
    /// The run that proposed.
    pub run: RunId,
    /// The repository of the run.
    pub repo: RepoRef,
    /// The issue or pull request of the run.
    pub number: Option<i64>,
    /// Who asked for the run, when it is an account of ours.
    pub requester: Option<AccountId>,
    /// The name of who asked for the run.
    pub requester_login: String,
    /// Whether an effect is still open.
    pub open: bool,
    /// When the first effect was asked about.
    pub created: Timestamp,
    /// When the last open effect was closed.
    pub closed: Option<Timestamp>,
    /// The effects.
    pub effects: Vec<Asked>,
}

/// One effect of a request.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The effect; its bytes are in `proposals`.
    pub effect: EffectId,
    /// What a decision must name.
    pub digest: Digest,
    /// What kind it is.
    pub kind: EffectKind,
    /// The repository at which it is asked, when that is another one than the run's: what an agent wants remembered is asked
    /// at the company brain.
    pub asked_at: Option<RepoId>,
    /// Who may decide.
    pub terms: Terms,
    /// Where it stands.
    pub state: AskedState,
    /// Until when people may decide.
    pub expires: Timestamp,
    /// Who closed it.
    pub closed_by: Option<String>,
    /// When it was closed.
    pub closed: Option<Timestamp>,
    /// Why it was closed: the decider's reason, or ours.
    pub why: Option<String>,
    /// What people said so far.
    pub decisions: Vec<Decision>,
}

/// What one person said about one effect.
#[derive(Clone, Debug)]
pub struct Decision {
    /// Who.
    pub person: AccountId,
    /// Their name.
    pub login: String,
    /// What they said.
    pub given: Given,
    /// Why.
    pub reason: String,
    /// When.
    pub at: Timestamp,
}

/// What a person can say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Given {
    /// Write it.
    Approve,
    /// Do not.
    Deny,
}

/// Where an asked effect stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AskedState {
    /// People may decide.
    Open,
    /// Enough people approved.
    Approved,
    /// A person denied.
    Denied,
    /// Its target moved.
    Stale,
    /// Nobody decided in time.
    Expired,
    /// The run was cancelled.
    Withdrawn,
}

/// Which approvals a list shows. All fields narrow.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only open ones, or only closed ones.
    pub open: Option<bool>,
    /// Only these repositories; none for all.
    pub repos: Option<Vec<RepoId>>,
    /// Also what is asked at these repositories for runs of others.
    pub elsewhere: bool,
    /// Only this issue or pull request.
    pub number: Option<i64>,
    /// Only older ones than this: the cursor.
    pub before: Option<ApprovalId>,
    /// At most this many rows; 0 means 30.
    pub limit: i64,
}

impl Approval {
    /// What of it somebody is shown who sees only these repositories: all when the run's is among them, else what is asked at
    /// the company brain, and nothing of where the run is.
    pub fn seen_from(mut self, repos: &[RepoId]) -> Self {
        if repos.contains(&self.repo.id) {
            return self;
        }
        self.effects.retain(|asked| asked.asked_at.is_some_and(|at| repos.contains(&at)));
        self.open = self.effects.iter().any(|asked| asked.state == AskedState::Open);
        self.number = None;
        if let Some(id) = self.effects.iter().find_map(|asked| asked.asked_at) {
            let name = memory::REPOSITORY.parse().expect("the name of the brain is a name");
            self.repo = RepoRef { id, owner: self.repo.owner.clone(), name };
        }
        self
    }
}

impl Given {
    /// The word in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Deny => "deny",
        }
    }
}

impl FromStr for Given {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        match text {
            "approve" => Ok(Self::Approve),
            "deny" => Ok(Self::Deny),
            _ => Err(Error::invalid("A decision is `approve` or `deny`").field("decision")),
        }
    }
}

impl AskedState {
    /// The word in the API, pages and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Approved => "approved",
            Self::Denied => "denied",
            Self::Stale => "stale",
            Self::Expired => "expired",
            Self::Withdrawn => "withdrawn",
        }
    }
}

impl FromStr for AskedState {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let all = [Self::Open, Self::Approved, Self::Denied, Self::Stale, Self::Expired, Self::Withdrawn];
        let found = all.into_iter().find(|state| state.as_str() == text);
        found.ok_or_else(|| Error::internal(format!("`{text}` is not a state of an asked effect")))
    }
}

impl Approvals {
    /// One approval with its effects and decisions.
    pub async fn approval(&self, id: ApprovalId) -> Result<Approval> {
        let found = store::approval(&mut *self.db.read().await?, id).await?;
        found.ok_or_else(|| Error::not_found(format!("approval {}", id.short())))
    }

    /// Approvals, newest first.
    pub async fn list(&self, filter: &Filter) -> Result<Vec<Approval>> {
        let found = store::list(&mut *self.db.read().await?, filter).await?;
        Ok(match &filter.repos {
            Some(repos) => found.into_iter().map(|approval| approval.seen_from(repos)).collect(),
            None => found,
        })
    }

    /// How many approvals wait in these repositories.
    pub async fn count_open(&self, repos: &[RepoId]) -> Result<u64> {
        if repos.is_empty() {
            return Ok(0);
        }
        Ok(store::count_open(&mut *self.db.read().await?, repos).await?.unsigned_abs())
    }

    /// What a run asked people about.
    pub async fn of_run(&self, run: RunId) -> Result<Vec<Approval>> {
        store::of_run(&mut *self.db.read().await?, run).await
    }

    /// Open effects, oldest first, with the run that proposed them: for looking whether their targets moved.
    pub async fn open_effects(&self, repo: Option<RepoId>) -> Result<Vec<EffectId>> {
        store::open_effects(&mut *self.db.read().await?, repo).await
    }

    /// The approval whose open effect's digest starts like this, in one repository. Several or none is an error for
    /// the reader.
    pub async fn by_short_digest(&self, repo: RepoId, start: &str) -> Result<(ApprovalId, Digest)> {
        let wrong = start.len() < 8 || start.len() > 64 || !start.bytes().all(|b| b.is_ascii_hexdigit());
        if wrong {
            return Err(Error::invalid("A digest is named by 8 to 64 of its hexadecimal digits").field("digest"));
        }
        let found = store::by_short_digest(&mut *self.db.read().await?, repo, &start.to_ascii_lowercase()).await?;
        match found.as_slice() {
            [] => Err(Error::not_found(format!("proposed effect with the digest `{start}`"))),
            // The same bytes may have been proposed by several runs; the open one comes first.
            [first, rest @ ..] if rest.iter().all(|(_, digest)| *digest == first.1) => Ok(*first),
            _ => Err(Error::conflict(format!("More than one effect has a digest that starts with `{start}`"))
                .hint("name more digits")),
        }
    }
}
