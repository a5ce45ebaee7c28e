//! Labels of a repository, and labels on issues and pull requests.

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::api::v1::body::Body;
use crate::api::v1::entered::Entered;
use crate::api::v1::listed::Asked;
use crate::api::v1::refusal::Answer;
use crate::forge::embedded;
use crate::forge::embedded::Issue;
use crate::forge::embedded::LabelChange;
use crate::forge::embedded::Labelling;
use crate::forge::embedded::wire::label::Label;
use crate::kit::Error;
use crate::kit::Result;

/// `GET …/labels`.
pub async fn list(entered: Entered, asked: Asked) -> Answer<Response> {
    let all = entered.engine.forge.labels(&entered.place).await?;
    let all: Vec<Label> = all.iter().map(|label| shown(&entered, label)).collect();
    Ok(asked.slice(&entered.engine.settings.base_url, all))
}

/// `GET …/labels/{id}`.
pub async fn get(entered: Entered) -> Answer<Json<Label>> {
    let label = entered.engine.forge.label(&entered.place, entered.number("id")?).await?;
    Ok(Json(shown(&entered, &label)))
}

#[derive(Deserialize)]
pub struct Change {
    name: Option<String>,
    color: Option<String>,
    description: Option<String>,
}

impl Change {
    fn for_forge(self) -> LabelChange {
        let Self { name, color, description } = self;
        LabelChange { name, color, description }
    }
}

/// `POST …/labels`.
pub async fn create(entered: Entered, Body(new): Body<Change>) -> Answer<(StatusCode, Json<Label>)> {
    for (field, value) in [("name", &new.name), ("color", &new.color)] {
        if value.is_none() {
            return Err(Error::invalid(format!("`{field}` is missing")).field(field).into());
        }
    }
    let label = entered.engine.forge.create_label(&entered.cx, &entered.place, new.for_forge()).await?;
    Ok((StatusCode::CREATED, Json(shown(&entered, &label))))
}

/// `PATCH …/labels/{id}`.
pub async fn change(entered: Entered, Body(change): Body<Change>) -> Answer<Json<Label>> {
    let id = entered.number("id")?;
    let label = entered.engine.forge.change_label(&entered.cx, &entered.place, id, change.for_forge()).await?;
    Ok(Json(shown(&entered, &label)))
}

/// `DELETE …/labels/{id}`.
pub async fn delete(entered: Entered) -> Answer<StatusCode> {
    let id = entered.number("id")?;
    entered.engine.forge.delete_label(&entered.cx, &entered.place, id).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET …/issues/{index}/labels`.
pub async fn on(entered: Entered) -> Answer<Json<Vec<Label>>> {
    let issue = entered.engine.forge.issue(&entered.place, entered.number("index")?).await?;
    Ok(Json(worn(&entered, &issue)))
}

/// Labels by id or by name.
#[derive(Deserialize)]
pub struct Wanted {
    labels: Option<Vec<IdOrName>>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum IdOrName {
    Id(i64),
    Name(String),
}

/// `POST …/issues/{index}/labels`.
pub async fn put_on(entered: Entered, Body(Wanted { labels }): Body<Wanted>) -> Answer<Json<Vec<Label>>> {
    let add = wanted(&entered, labels).await?;
    label(&entered, Labelling::Change { add, remove: Vec::new() }).await.map(Json)
}

/// `PUT …/issues/{index}/labels`.
pub async fn replace(entered: Entered, Body(Wanted { labels }): Body<Wanted>) -> Answer<Json<Vec<Label>>> {
    let names = wanted(&entered, labels).await?;
    label(&entered, Labelling::Replace(names)).await.map(Json)
}

/// `DELETE …/issues/{index}/labels`.
pub async fn clear(entered: Entered) -> Answer<StatusCode> {
    label(&entered, Labelling::Replace(Vec::new())).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE …/issues/{index}/labels/{id}`, by id or by name.
pub async fn take_off(entered: Entered) -> Answer<StatusCode> {
    let word = entered.text("id");
    let all = entered.engine.forge.labels(&entered.place).await?;
    let found = all.iter().find(|label| label.id.to_string() == word || label.name == word);
    let name = found.ok_or_else(|| Error::not_found("such label"))?.name.clone();
    label(&entered, Labelling::Change { add: Vec::new(), remove: vec![name] }).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn label(entered: &Entered, labelling: Labelling) -> Answer<Vec<Label>> {
    let number = entered.number("index")?;
    let issue = entered.engine.forge.label_issue(&entered.cx, &entered.place, number, labelling).await?;
    Ok(worn(entered, &issue))
}

async fn wanted(entered: &Entered, labels: Option<Vec<IdOrName>>) -> Result<Vec<String>> {
    let mut names_wanted = Vec::new();
    let mut ids = Vec::new();
    for label in labels.unwrap_or_default() {
        match label {
            IdOrName::Id(id) => ids.push(id),
            IdOrName::Name(name) => names_wanted.push(name),
        }
    }
    names_wanted.extend(names(entered, &ids).await?);
    Ok(names_wanted)
}

/// Names of labels by id. One that the repository does not know is an error.
pub async fn names(entered: &Entered, ids: &[i64]) -> Result<Vec<String>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let all = entered.engine.forge.labels(&entered.place).await?;
    let name = |id: &i64| {
        let found = all.iter().find(|label| label.id == *id).map(|label| label.name.clone());
        found.ok_or_else(|| Error::invalid(format!("The repository has no label {id}")).field("labels"))
    };
    ids.iter().map(name).collect()
}

fn worn(entered: &Entered, issue: &Issue) -> Vec<Label> {
    issue.labels.iter().map(|label| shown(entered, label)).collect()
}

fn shown(entered: &Entered, label: &embedded::Label) -> Label {
    Label::new(&entered.engine.settings.base_url, &entered.place.repository, label)
}
