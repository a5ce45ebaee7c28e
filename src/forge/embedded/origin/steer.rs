//! What people do with a repository that comes from elsewhere: look now, look more often, try again, give it up, make it
//! their own.

use std::time::Duration;

use crate::access::Action;
use crate::access::Cx;
use crate::db::Tx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::origin::Credentials;
use crate::forge::embedded::origin::Origin;
use crate::forge::embedded::origin::OriginState;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::store;
use crate::kit::Error;
use crate::kit::Result;

impl Embedded {
    /// The origin of a repository that somebody may steer.
    pub async fn steered(&self, cx: &Cx, place: &Place) -> Result<Origin> {
        // Whoever may make repositories there looks after one that is only being made.
        let action = match place.repository.unfinished {
            true => Action::CreateRepository,
            false => Action::AdministerRepository,
        };
        cx.authorize(action, &place.standing)?;
        let origin = self.origin(place.repository.id).await?;
        origin.ok_or_else(|| Error::invalid("This repository does not come from elsewhere"))
    }

    /// Lets a mirror look now, or an import that failed begin again.
    pub async fn look_now(&self, tx: &mut Tx, cx: &Cx, place: &Place) -> Result<()> {
        let origin = self.steered(cx, place).await?;
        if !place.repository.mirror && !place.repository.unfinished {
            return Err(Error::invalid("This repository is no mirror").code("NOT_A_MIRROR"));
        }
        if origin.state != OriginState::Running {
            store::origins::wake(tx, origin.repo, cx.now()).await?;
        }
        Ok(())
    }

    /// Says how often a mirror looks.
    pub async fn change_period(&self, tx: &mut Tx, cx: &Cx, place: &Place, period: Duration) -> Result<()> {
        let origin = self.steered(cx, place).await?;
        if !place.repository.mirror {
            return Err(Error::invalid("This repository is no mirror").field("mirror_interval").code("NOT_A_MIRROR"));
        }
        let from = origin.tried.unwrap_or_else(|| cx.now());
        let due = Some(period).filter(|period| !period.is_zero()).map(|period| from.plus(period));
        store::origins::set_period(tx, origin.repo, period, due).await
    }

    /// Says who we are at the origin from now on; none for nobody.
    pub async fn change_credentials(
        &self,
        tx: &mut Tx,
        cx: &Cx,
        place: &Place,
        credentials: Option<&Credentials>,
    ) -> Result<()> {
        let origin = self.steered(cx, place).await?;
        self.keep_credentials(tx, origin.repo, credentials, cx.now()).await
    }

    /// Turns a mirror into a repository of its own: it takes pushes, and its origin is looked at no more.
    pub async fn convert(&self, tx: &mut Tx, cx: &Cx, place: &Place) -> Result<()> {
        let origin = self.steered(cx, place).await?;
        if !place.repository.mirror || place.repository.unfinished {
            return Err(Error::invalid("This repository is no mirror").code("NOT_A_MIRROR"));
        }
        if origin.state == OriginState::Running {
            return Err(
                Error::conflict("The mirror is just being fetched").hint("try again when that is done, or stop it")
            );
        }
        store::repositories::convert(tx, origin.repo).await?;
        store::origins::retire(tx, origin.repo).await?;
        self.keep_credentials(tx, origin.repo, None, cx.now()).await
    }

    /// Gives up an import that never came to its end, with the repository that was to hold it.
    pub async fn discard(&self, tx: &mut Tx, cx: &Cx, place: &Place) -> Result<()> {
        let origin = self.steered(cx, place).await?;
        if !place.repository.unfinished {
            return Err(Error::invalid("This repository is whole: it is not given up"));
        }
        if origin.state == OriginState::Running {
            return Err(Error::conflict("The import is under way").hint("stop it first"));
        }
        self.keep_credentials(tx, origin.repo, None, cx.now()).await?;
        store::origins::delete(tx, origin.repo).await?;
        self.rooms().access.forget_repository(tx, origin.repo).await?;
        store::repositories::delete_unfinished(tx, origin.repo).await?;
        self.rooms().git.delete(&place.repository.owner_name, &place.repository.name).await
    }
}
