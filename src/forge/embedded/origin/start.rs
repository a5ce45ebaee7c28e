//! A repository begins as the copy of another one.

use std::time::Duration;

use url::Url;

use crate::access::Action;
use crate::access::Cx;
use crate::db::Tx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::origin::Credentials;
use crate::forge::embedded::repository::NewRepository;
use crate::forge::embedded::store;
use crate::forge::embedded::text;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::model::RepoId;

/// A repository to take over.
#[derive(Clone, Debug)]
pub struct NewOrigin {
    /// What is made here.
    pub repository: NewRepository,
    /// Where from, without a name or a password.
    pub url: Url,
    /// Who we are there.
    pub credentials: Option<Credentials>,
    /// For a mirror, how often it looks.
    pub mirror: Option<Duration>,
}

impl Embedded {
    /// Makes a repository that nobody enters until what it is to hold has come. It is due at once.
    pub async fn start_import(&self, tx: &mut Tx, cx: &Cx, new: &NewOrigin) -> Result<RepoId> {
        let standing = self.rooms().access.standing_at_owner(cx, new.repository.owner).await?;
        cx.authorize(Action::CreateRepository, &standing)?;
        text::line("description", &new.repository.description, 2048)?;
        if !matches!(new.url.scheme(), "http" | "https") {
            return Err(Error::invalid("Only `http://` and `https://` addresses can be imported").field("clone_addr"));
        }
        let taken = self.rooms().git.repository(&new.repository.owner_name, &new.repository.name);
        if taken.exists().await {
            let named = format!("{}/{}", new.repository.owner_name, new.repository.name);
            return Err(Error::conflict(format!("There is a Git directory for `{named}` already")).field("repo_name"));
        }
        let repo = enqueue(tx, new, cx.now()).await?;
        if new.credentials.is_some() {
            self.keep_credentials(tx, repo, new.credentials.as_ref(), cx.now()).await?;
        }
        Ok(repo)
    }
}

/// Writes the rows of a repository that is to be taken over: whoever fetches finds them. Whoever calls has authorised, and
/// seals the password, if there is one.
pub async fn enqueue(tx: &mut Tx, new: &NewOrigin, now: Timestamp) -> Result<RepoId> {
    let repo = RepoId::make();
    store::repositories::insert(tx, repo, &new.repository, None, now).await?;
    store::repositories::come_from(tx, repo, &shown(&new.url), new.mirror.is_some()).await?;
    store::origins::insert(tx, repo, new, now).await?;
    Ok(repo)
}

/// What readers see of where it is from: of a directory on the server not even its name.
fn shown(url: &Url) -> String {
    if url.scheme() == "file" { "a directory on the server".to_owned() } else { url.to_string() }
}
