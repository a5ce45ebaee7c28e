//! Branches and their protection.

use axum::Json;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Deserialize;

use crate::api::v1::body::Body;
use crate::api::v1::entered::Entered;
use crate::api::v1::listed::Asked;
use crate::api::v1::refusal::Answer;
use crate::forge::embedded::Protection;
use crate::forge::embedded::wire::repository::Branch;
use crate::forge::embedded::wire::repository::BranchProtection;
use crate::git;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::page::Page;
use crate::model::BranchName;
use crate::model::CommitId;

/// `GET …/branches`.
pub async fn list(entered: Entered, asked: Asked) -> Answer<Response> {
    let Entered { place, engine, .. } = &entered;
    let all = entered.git().branches().await?;
    let protections = engine.forge.protections(place).await?;
    let total = all.len() as u64;
    let skip = usize::try_from(asked.paging.offset()).unwrap_or(usize::MAX);
    let mut items = Vec::new();
    for branch in all.into_iter().skip(skip).take(asked.paging.limit as usize) {
        let protection = protections.iter().find(|protection| protection.branch == branch.name);
        items.push(shown(&entered, &branch.name, &branch.commit, protection).await?);
    }
    Ok(asked.answer(&engine.settings.base_url, Page { items, total, paging: asked.paging }))
}

/// `GET …/branches/{branch}`.
pub async fn get(entered: Entered) -> Answer<Json<Branch>> {
    let name = named(&entered)?;
    let tip = entered.git().branch(&name).await?.ok_or_else(unknown)?;
    let protection = entered.engine.forge.protection(&entered.place, &name).await?;
    Ok(Json(shown(&entered, &name, &tip, protection.as_ref()).await?))
}

#[derive(Deserialize)]
pub struct Create {
    new_branch_name: String,
    old_branch_name: Option<String>,
    old_ref_name: Option<String>,
}

/// `POST …/branches`.
pub async fn create(
    entered: Entered,
    Body(Create { new_branch_name, old_branch_name, old_ref_name }): Body<Create>,
) -> Answer<(StatusCode, Json<Branch>)> {
    let name: BranchName = new_branch_name.parse().map_err(|error: Error| error.field("new_branch_name"))?;
    let from = entered.commit(&old_ref_name.or(old_branch_name).unwrap_or_default()).await?;
    let Entered { cx, place, engine, .. } = &entered;
    engine.forge.move_branch(cx, place, &name, &git::Expected::Absent, Some(&from)).await?;
    Ok((StatusCode::CREATED, Json(shown(&entered, &name, &from, None).await?)))
}

/// `DELETE …/branches/{branch}`.
pub async fn delete(entered: Entered) -> Answer<StatusCode> {
    let name = named(&entered)?;
    let tip = entered.git().branch(&name).await?.ok_or_else(unknown)?;
    let Entered { cx, place, engine, .. } = &entered;
    engine.forge.move_branch(cx, place, &name, &git::Expected::At(tip), None).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET …/branch_protections`.
pub async fn protections(entered: Entered) -> Answer<Json<Vec<BranchProtection>>> {
    let all = entered.engine.forge.protections(&entered.place).await?;
    Ok(Json(all.iter().map(BranchProtection::new).collect()))
}

/// `GET …/branch_protections/{branch}`.
pub async fn protection(entered: Entered) -> Answer<Json<BranchProtection>> {
    let found = entered.engine.forge.protection(&entered.place, &named(&entered)?).await?;
    Ok(Json(BranchProtection::new(&found.ok_or_else(unknown)?)))
}

#[derive(Deserialize)]
pub struct Protect {
    branch_name: Option<String>,
    rule_name: Option<String>,
    required_approvals: Option<i64>,
    status_check_contexts: Option<Vec<String>>,
    require_code_owner_reviews: Option<bool>,
}

/// `POST …/branch_protections`. A rule is one branch here, never a pattern.
pub async fn protect(entered: Entered, Body(protect): Body<Protect>) -> Answer<(StatusCode, Json<BranchProtection>)> {
    let Protect { branch_name, rule_name, required_approvals, status_check_contexts, require_code_owner_reviews } =
        protect;
    let name = branch_name.filter(|name| !name.is_empty()).or(rule_name).unwrap_or_default();
    let protection = Protection {
        branch: name.parse().map_err(|error: Error| error.field("branch_name"))?,
        approvals: required_approvals.unwrap_or(0),
        checks: status_check_contexts.unwrap_or_default(),
        owners: require_code_owner_reviews.unwrap_or(false),
    };
    entered.engine.protect(&entered.cx, &entered.place, protection.clone()).await?;
    Ok((StatusCode::CREATED, Json(BranchProtection::new(&protection))))
}

/// `DELETE …/branch_protections/{branch}`.
pub async fn unprotect(entered: Entered) -> Answer<StatusCode> {
    let name = named(&entered)?;
    entered.engine.forge.protection(&entered.place, &name).await?.ok_or_else(unknown)?;
    entered.engine.unprotect(&entered.cx, &entered.place, &name).await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn shown(
    entered: &Entered,
    name: &BranchName,
    tip: &CommitId,
    protection: Option<&Protection>,
) -> Result<Branch> {
    let commit = entered.git().commit(tip).await?.ok_or_else(unknown)?;
    Ok(Branch::new(&entered.engine.settings.base_url, &entered.place, name, &commit, protection))
}

fn named(entered: &Entered) -> Result<BranchName> {
    entered.text("branch").parse().map_err(|_| unknown())
}

fn unknown() -> Error {
    Error::not_found("such branch")
}
