//! The product's own forge: repositories, issues, pull requests, reviews and commit statuses, kept in our own database.
//!
//! Who is who: [`Embedded`] is the handle. [`Embedded::enter`] answers with a [`Place`]: the proof that somebody may read a
//! repository, which every other verb takes. Verbs stand one a file and all go the same way: authorise, check the input,
//! write the change and what happened ([`outbox`]) in one transaction, poke. Nouns stand beside them: [`repository`],
//! [`issue`], [`pull`], [`entry`] (comments, reviews and what is only said), [`label`], [`milestone`], [`status`].
//!
//! Git moves first and the database follows: [`refs`] notes that a push began, and compares afterwards what Git holds with
//! what was last seen. What a crash left in between is found at the next start, and told once.
//!
//! [`upkeep`] says when a Git directory is packed again.
//!
//! Our own hand writes as an account of its own, a bot; its events say [`crate::model::ActorKind::Own`], and rules drop
//! them first.
//!
//! [`owners`] reads `CODEOWNERS`, [`reviewers`] knows whose review is asked for.
//!
//! [`origin`] knows repositories that come from elsewhere: imports and mirrors.
//!
//! [`hooks`] tells others: webhooks that go out, written with the change as well. Their secrets lie in the vault. [`wire`] is how Gitea's clients see the nouns: the JSON of API answers.
//!
//! Does not know HTTP, pages, rules or runs. A new verb is a new file; a new table is SQL in `store/` and a migration.

mod actors;

mod suggest;
mod text;

pub mod view;

pub mod entry;

pub mod hooks;

pub mod issue;

pub mod label;

pub mod line_comment;

pub mod mention;

pub mod known;

pub mod milestone;

pub mod notice;

pub mod origin;

pub mod outbox;

pub mod owners;

pub mod pull;

pub mod refs;

pub mod repository;

pub mod search;

pub mod status;

mod comment;

mod create;

pub mod enter;

mod change;

mod closing;

mod carried;

pub mod drafts;

mod edit_issue;

mod forks;

pub mod label_issue;

mod list;

mod merge;

mod open_issue;

mod open_pull;

mod plan;

mod post_status;

mod protect;

mod push;

mod read;
mod ready;

pub mod reviewers;

mod reviews;

mod said_line;

mod ticked;

pub mod upkeep;

mod watch;

mod write;

pub mod wire;

mod store;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use drafts::Draft;
pub use enter::UNFINISHED;
pub use enter::Wanted;
pub use entry::Dismissal;
pub use entry::Edit;
pub use entry::Entry;
pub use entry::EntryKind;
pub use entry::Review;
pub use entry::ReviewState;
pub use hooks::Hook;
pub use issue::Author;
pub use issue::Issue;
pub use issue::IssueChange;
pub use issue::NewIssue;
pub use issue::State;
pub use known::Known;
pub use known::KnownIssue;
pub use label::Label;
pub use label::LabelChange;
pub use label_issue::Labelling;
pub use line_comment::About;
pub use line_comment::LineComment;
pub use line_comment::LineSide;
pub use line_comment::Lines;
pub use line_comment::NewLineComment;
pub use line_comment::Resolution;
pub use mention::Mention;
pub use mention::Source;
pub use milestone::Milestone;
pub use milestone::MilestoneChange;
pub use notice::Notice;
pub use notice::Shelf;
pub use notice::Why;
pub use origin::Credentials;
pub use origin::NewOrigin;
pub use origin::Origin;
pub use origin::OriginState;
pub use outbox::Outgoing;
pub use post_status::OwnCheck;
pub use pull::Merge;
pub use pull::Merged;
pub use pull::Pull;
pub use pull::PullRequest;
pub use refs::PushId;
use refs::UnderWay;
pub use repository::NewRepository;
pub use repository::Place;
pub use repository::Protection;
pub use repository::Repository;
pub use repository::RepositoryChange;
pub use reviewers::Asked;
pub use reviewers::Reviewer;
pub use reviews::NewReview;
pub use search::Order;
pub use search::Search;
pub use search::with_state;
pub use status::NewStatus;
pub use status::Status;
pub use status::StatusState;
pub use store::entries::Which;
pub use store::issues::Found;
pub use ticked::Changed;
pub use ticked::MOST_TICKED;
pub use ticked::ToEach;
pub use view::View;

use crate::access::Access;
use crate::db::Db;
use crate::git::Git;
use crate::identity::Account;
use crate::identity::Identity;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Clock;
use crate::kit::clock::Timestamp;
use crate::kit::poke::Poke;
use crate::vault::Vault;

/// The name of the account that our own hand writes as.
pub const OWN_LOGIN: &str = "forgehand-bot";

/// The name of the account that the forge's own checks speak as. Its events are the server's: rules answer them.
pub const CHECKS_LOGIN: &str = "forgehand-checks";

/// The rooms that the embedded forge stands on.
#[derive(Clone)]
pub struct Rooms {
    /// Where everything but Git is kept.
    pub db: Db,
    /// The time.
    pub clock: Clock,
    /// Who owns repositories and writes.
    pub identity: Identity,
    /// Who may do what.
    pub access: Access,
    /// Where commits are kept.
    pub git: Git,
    /// Where secrets of hooks and passwords of mirrors are kept.
    pub vault: Vault,
    /// Wakes whoever takes events.
    pub poke: Poke,
    /// How people reach the server, without a slash at the end: payloads of hooks say it.
    pub base_url: String,
}

/// The handle of the embedded forge. Cloning is cheap.
#[derive(Clone)]
pub struct Embedded(Arc<Inner>);

struct Inner {
    rooms: Rooms,
    own: Account,
    checks: Account,
    under_way: Arc<UnderWay>,
}

impl Embedded {
    /// Opens the forge; makes the account of our own hand when it is missing.
    pub async fn open(rooms: Rooms) -> Result<Self> {
        seal_old(&rooms.db, &rooms.vault, rooms.clock.now()).await?;
        let own = bot(&rooms, OWN_LOGIN, "Forgehand").await?;
        let checks = bot(&rooms, CHECKS_LOGIN, "Forgehand checks").await?;
        Ok(Self(Arc::new(Inner { rooms, own, checks, under_way: Arc::default() })))
    }

    /// The account of our own hand.
    pub fn own(&self) -> &Account {
        &self.0.own
    }

    /// The account that the forge's own checks speak as.
    pub fn checking(&self) -> &Account {
        &self.0.checks
    }

    /// The Git directory of a repository.
    pub fn git(&self, repository: &Repository) -> crate::git::Repository {
        self.0.rooms.git.repository(&repository.owner_name, &repository.name)
    }

    fn rooms(&self) -> &Rooms {
        &self.0.rooms
    }

    fn db(&self) -> &Db {
        &self.0.rooms.db
    }

    fn base_url(&self) -> &str {
        &self.0.rooms.base_url
    }
}

/// Seals what earlier versions kept in the database as it was typed: secrets of hooks, and passwords of mirrors.
pub async fn seal_old(db: &Db, vault: &Vault, now: Timestamp) -> Result<()> {
    let sealed = hooks::sealed::seal_old(db, vault, now).await? + origin::seal_old(db, vault, now).await?;
    if sealed > 0 {
        tracing::info!(
            vault.sealed = sealed,
            "secrets of hooks and passwords of mirrors that lay in the database are sealed"
        );
    }
    Ok(())
}

/// One of our own accounts; made when it is missing.
async fn bot(rooms: &Rooms, login: &str, name: &str) -> Result<Account> {
    let login = login.parse().map_err(|error| Error::internal("Our own name is no name").source(error))?;
    if let Some(account) = rooms.identity.account_by_name(&login).await? {
        return Ok(account);
    }
    let mut tx = rooms.db.begin().await?;
    let account = rooms.identity.create_bot(&mut tx, login, name).await?;
    tx.commit().await?;
    Ok(account)
}
