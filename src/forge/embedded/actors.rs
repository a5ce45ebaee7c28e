//! Who an event and a commit name, from who acts.

use crate::access::Actor;
use crate::access::Cx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::issue::Author;
use crate::git;
use crate::identity::Account;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::model::ActorKind;
use crate::model::ActorRef;

impl Embedded {
    /// Who writes: the person, or our own hand when the server does. Agents write nothing here: they propose.
    pub(super) fn author(&self, cx: &Cx) -> Result<Author> {
        match &cx.actor {
            Actor::Person { id, login, .. } => Ok(Author { account: *id, login: login.clone(), behalf: None }),
            Actor::System => Ok(self.own_author(None)),
            Actor::Anonymous => Err(Error::new(ErrorKind::Unauthenticated, "Nobody is signed in")),
            Actor::Agent { .. } => Err(Error::denied("An agent writes nothing here").hint("propose an effect")),
        }
    }

    /// Our own hand, for somebody.
    pub(super) fn own_author(&self, behalf: Option<&str>) -> Author {
        let own = self.own();
        Author { account: own.id, login: own.login.clone(), behalf: behalf.map(str::to_owned) }
    }

    /// The same as events name it.
    pub(super) fn actor(&self, author: &Author) -> ActorRef {
        let kind = if author.account == self.own().id {
            ActorKind::Own
        } else if author.account == self.checking().id {
            ActorKind::System
        } else {
            ActorKind::Person
        };
        ActorRef { kind, login: author.login.to_string(), account: Some(author.account) }
    }

    /// Nobody in particular: a branch moved, and no push says by whom.
    pub(super) fn nobody() -> ActorRef {
        ActorRef { kind: ActorKind::System, login: "forgehand".into(), account: None }
    }

    /// How commits name whoever acts.
    pub async fn signature(&self, cx: &Cx) -> Result<git::Who> {
        let author = self.author(cx)?;
        let account = self.rooms().identity.account(author.account).await?;
        let account = account.ok_or_else(|| Error::not_found("account"))?;
        Ok(signature_of(&account, cx))
    }
}

fn signature_of(account: &Account, cx: &Cx) -> git::Who {
    git::Who { name: account.shown_name().to_owned(), email: account.git_email(), at: cx.now() }
}
