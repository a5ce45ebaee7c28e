//! Asking for reviews of a pull request.

use axum::Json;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::api::v1::body::Body;
use crate::api::v1::entered::Entered;
use crate::api::v1::pulls;
use crate::api::v1::refusal::Answer;
use crate::forge::embedded::Asked;
use crate::forge::embedded::owners::Owner;
use crate::forge::embedded::wire::account::User;

#[derive(Deserialize)]
pub struct Names {
    #[serde(default)]
    reviewers: Vec<String>,
    #[serde(default)]
    team_reviewers: Vec<String>,
}

impl Names {
    fn owners(self, entered: &Entered) -> Vec<Owner> {
        let organisation = &entered.place.repository.owner_name;
        let people = self.reviewers.into_iter().map(Owner::Person);
        let teams = self.team_reviewers.into_iter().map(|team| Owner::Team(organisation.to_string(), team));
        people.chain(teams).collect()
    }
}

/// `POST …/pulls/{index}/requested_reviewers`: answers with a review of each who is asked and has not judged.
pub async fn ask(entered: Entered, Body(names): Body<Names>) -> Answer<(StatusCode, Json<Vec<Value>>)> {
    let pull = pulls::asked_for(&entered).await?;
    let Entered { cx, place, engine, .. } = &entered;
    let names = names.owners(&entered);
    let asked = engine.forge.ask_for_review(cx, place, pull.number, &names).await?;
    let base = &engine.settings.base_url;
    let url = format!("{base}/{}/pulls/{}", place.repository.reference(), pull.number);
    let mut reviews = Vec::new();
    for one in asked {
        let user = match (one.who, one.name.parse()) {
            (Asked::Person(id), Ok(login)) => Some(User::named(base, &id, &login)),
            _ => None,
        };
        reviews.push(json!({
            "id": 0, "user": user, "state": "REQUEST_REVIEW", "body": "", "commit_id": "", "stale": false,
            "official": false, "dismissed": false, "comments_count": 0, "submitted_at": one.created.rfc3339(),
            "updated_at": one.created.rfc3339(), "html_url": url, "pull_request_url": url,
        }));
    }
    Ok((StatusCode::CREATED, Json(reviews)))
}

/// `DELETE …/pulls/{index}/requested_reviewers`
pub async fn ask_no_more(entered: Entered, Body(names): Body<Names>) -> Answer<StatusCode> {
    let pull = pulls::asked_for(&entered).await?;
    let names = names.owners(&entered);
    entered.engine.forge.ask_no_more(&entered.cx, &entered.place, pull.number, &names).await?;
    Ok(StatusCode::NO_CONTENT)
}
