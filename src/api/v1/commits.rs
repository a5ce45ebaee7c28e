//! Commits of a repository.

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;

use crate::api::v1::entered::Entered;
use crate::api::v1::listed::Asked;
use crate::api::v1::refusal::Answer;
use crate::api::v1::refusal::Refusal;
use crate::forge::embedded::wire::commit::Commit;
use crate::kit::Error;

/// `GET …/commits`: newest first, from `sha` on, those that changed `path`. 409 while there is no commit, as Gitea says.
pub async fn list(entered: Entered, asked: Asked) -> Answer<Response> {
    let base = &entered.engine.settings.base_url;
    if entered.git().is_empty().await? {
        return Err(Refusal::with(Error::conflict("The repository is empty"), StatusCode::CONFLICT));
    }
    let from = entered.commit(&asked.one("sha").unwrap_or_default()).await?;
    let path = asked.one("path").map(|path| path.trim_matches('/').parse()).transpose();
    let path = path.map_err(|_| Error::not_found("such path"))?;
    let page = entered.git().log(&from, path.as_ref(), asked.paging).await?;
    Ok(asked.answer(base, page.map(|commit| Commit::new(base, &entered.place.repository, &commit))))
}

/// `GET …/git/commits/{sha}`.
pub async fn get(entered: Entered) -> Answer<Json<Commit>> {
    let id = entered.commit(entered.text("sha")).await?;
    let commit = entered.git().commit(&id).await?.ok_or_else(|| Error::not_found("such commit"))?;
    Ok(Json(Commit::new(&entered.engine.settings.base_url, &entered.place.repository, &commit)))
}
