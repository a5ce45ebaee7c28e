//! Whose hooks they are, and who may change them.

use crate::access::Action;
use crate::access::Cx;
use crate::access::Standing;
use crate::db::Tx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::repository::Repository;
use crate::forge::embedded::store;
use crate::identity::Account;
use crate::kit::Result;
use crate::vault::Keeper;

/// Whose hooks they are: those of one repository, of all of an organisation's, or of all there are.
#[derive(Clone, Copy)]
pub enum HooksOf<'a> {
    /// Told of one repository.
    Repository(&'a Place),
    /// Told of every repository of an organisation.
    Organisation(&'a Account),
    /// Told of every repository of the server.
    Server,
}

/// Whose hooks are told of what happens in a repository.
pub(super) fn keepers_of(repository: &Repository) -> [Keeper; 3] {
    [Keeper::Repository(repository.id), Keeper::Owner(repository.owner), Keeper::Server]
}

impl HooksOf<'_> {
    pub(super) fn keeper(self) -> Keeper {
        match self {
            Self::Repository(place) => Keeper::Repository(place.repository.id),
            Self::Organisation(account) => Keeper::Owner(account.id),
            Self::Server => Keeper::Server,
        }
    }

    /// Whose they are, in messages and in the audit log.
    pub fn words(self) -> String {
        match self {
            Self::Repository(place) => place.repository.reference().to_string(),
            Self::Organisation(account) => account.login.to_string(),
            Self::Server => "the server".into(),
        }
    }
}

impl Embedded {
    /// Refuses whoever may not change hooks there.
    pub async fn may_edit_hooks(&self, cx: &Cx, of: HooksOf<'_>) -> Result<()> {
        match of {
            HooksOf::Repository(place) => cx.authorize(Action::EditHooks, &place.standing),
            HooksOf::Organisation(account) => {
                let standing = self.rooms().access.standing_at_owner(cx, account.id).await?;
                cx.authorize(Action::EditHooks, &standing)
            }
            HooksOf::Server => cx.authorize(Action::AdministerSite, &Standing::of_site(cx)),
        }
    }

    /// The next id of a hook there. Writers of the same hooks take turns until the transaction ends.
    pub(super) async fn next_hook(&self, tx: &mut Tx, cx: &Cx, of: HooksOf<'_>) -> Result<i64> {
        match of {
            HooksOf::Repository(place) => store::repositories::next_id(tx, place.repository.id, cx.now()).await,
            HooksOf::Organisation(_) | HooksOf::Server => store::hooks::next_id(tx, of.keeper()).await,
        }
    }
}
