//! Saying how a check of a commit went.

use crate::access::Action;
use crate::access::Cx;
use crate::forge::Marker;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::hooks::announce::Happening;
use crate::forge::embedded::issue::Author;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::status::NewStatus;
use crate::forge::embedded::status::Status;
use crate::forge::embedded::store;
use crate::forge::embedded::text;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::model::CommitId;
use crate::model::What;

/// The most bytes of a description: the end of a log has room.
const MOST_DESCRIPTION: usize = 16 * 1024;

/// What a check of the forge itself says of a commit.
#[derive(Clone, Debug)]
pub struct OwnCheck {
    /// The status.
    pub status: NewStatus,
    /// What two failures for the same reason have in common; empty for none.
    pub signature: String,
    /// Said once: 8 to 80 letters, digits, `-` and `_`.
    pub marker: String,
}

impl Embedded {
    /// Posts the status of a commit that the repository holds.
    pub async fn post_status(&self, cx: &Cx, place: &Place, sha: &CommitId, new: NewStatus) -> Result<Status> {
        cx.authorize(Action::PostStatus, &place.standing)?;
        let author = self.author(cx)?;
        self.write_status(cx, place, sha, (author, new), None).await
    }

    /// Posts what a check of the forge itself says, once for each marker. Its events are the server's, not our hand's:
    /// rules answer them like those of any other CI.
    pub async fn post_check(&self, place: &Place, sha: &CommitId, said: OwnCheck) -> Result<()> {
        let OwnCheck { status, signature, marker } = said;
        let marker = marker.parse()?;
        if self.status_with(place.repository.id, &marker).await?.is_some() {
            return Ok(());
        }
        let bot = self.checking();
        let author = Author { account: bot.id, login: bot.login.clone(), behalf: None };
        let cx = Cx::system(&self.rooms().clock);
        self.write_signed(&cx, place, sha, (author, status), (Some(&marker), signature)).await.map(drop)
    }

    pub(super) async fn write_status(
        &self,
        cx: &Cx,
        place: &Place,
        sha: &CommitId,
        status: (Author, NewStatus),
        marker: Option<&Marker>,
    ) -> Result<Status> {
        self.write_signed(cx, place, sha, status, (marker, String::new())).await
    }

    async fn write_signed(
        &self,
        cx: &Cx,
        place: &Place,
        sha: &CommitId,
        status: (Author, NewStatus),
        (marker, signature): (Option<&Marker>, String),
    ) -> Result<Status> {
        let (creator, NewStatus { context, state, description, target_url }) = status;
        text::name("context", &context, 255)?;
        text::link("target_url", &target_url)?;
        text::body(&description)?;
        if description.len() > MOST_DESCRIPTION {
            return Err(Error::new(ErrorKind::TooLarge, "A description may have 16 KiB at most").field("description"));
        }
        let repository = &place.repository;
        let commit = self.git(repository).commit(sha).await?.ok_or_else(|| Error::not_found("such commit"))?;
        let mut tx = self.db().begin().await?;
        let status = Status {
            id: store::repositories::next_id(&mut tx, repository.id, cx.now()).await?,
            sha: sha.clone(),
            context,
            state,
            description,
            target_url,
            signature,
            creator,
            created: cx.now(),
        };
        store::statuses::insert(&mut tx, repository.id, &status, marker).await?;
        let branches = store::refs::at(&mut tx, repository.id, sha).await?;
        let pulls = store::pulls::open_by_sha(&mut tx, repository.id, sha).await?;
        let pull = pulls.first().and_then(|pull| pull.as_pull_event());
        let what = What::Check { check: status.as_event(), branches, pull };
        let actor = self.actor(&status.creator);
        self.tell(&mut tx, repository, actor.clone(), cx.now(), what).await?;
        let happening = Happening::Status { status: &status, commit: &commit };
        self.announce(&mut tx, (repository, cx.now()), &actor, happening).await?;
        tx.commit().await?;
        self.rooms().poke.poke();
        Ok(status)
    }
}
