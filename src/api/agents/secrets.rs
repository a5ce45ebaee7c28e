//! Secrets of a repository or of an owner: names, grants, what stacks ask for. A value goes in and never comes out.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::Path;
use axum::extract::State;
use axum::response::Response;
use serde::Deserialize;
use serde_json::Value;
use serde_json::json;

use crate::access::Cx;
use crate::api::agents::answer::answer;
use crate::api::agents::answer::input;
use crate::api::agents::answer::place;
use crate::api::signed_in::SignedIn;
use crate::engine::Engine;
use crate::engine::verbs::Holder;
use crate::engine::verbs::Need;
use crate::forge::embedded::Place;
use crate::identity::Account;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::secret::Secret;
use crate::model::OwnerName;
use crate::vault::Grant;
use crate::vault::Named;
use crate::vault::SecretName;
use crate::vault::Standing;

/// An address that names an owner, perhaps a repository, perhaps a secret.
#[derive(Deserialize)]
pub(super) struct Address {
    owner: String,
    repo: Option<String>,
    name: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Valued {
    value: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Consuming {
    stack: String,
}

enum Held {
    Repository(Box<Place>),
    Owner(Account),
}

/// `GET repos/{o}/{r}/secrets`, `GET orgs/{o}/secrets`
pub(super) async fn list(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path(at): Path<Address>,
) -> Response {
    let listed = async {
        let held = held(&engine, &cx, &at).await?;
        let secrets = engine.secrets(&cx, held.holder()).await?;
        let needs = engine.secret_needs(held.holder()).await?;
        let secrets: Vec<Value> = secrets.iter().map(|(named, grants)| secret(named, grants)).collect();
        Ok(json!({ "secrets": secrets, "needs": needs.iter().map(need).collect::<Vec<_>>() }))
    };
    answer(&cx, listed.await)
}

/// `PUT …/secrets/{name}`
pub(super) async fn set(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path(at): Path<Address>,
    body: Bytes,
) -> Response {
    let set = async {
        let held = held(&engine, &cx, &at).await?;
        let Valued { value } = input(&body)?;
        let named = engine.set_secret(&cx, held.holder(), &at.name()?, Secret::new(value)).await?;
        Ok(secret(&named, &engine.vault.grants_of(named.id).await?))
    };
    answer(&cx, set.await)
}

/// `DELETE …/secrets/{name}`
pub(super) async fn remove(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path(at): Path<Address>,
) -> Response {
    let removed = async {
        let held = held(&engine, &cx, &at).await?;
        let (named, _) = found(&engine, &cx, &held, &at).await?;
        engine.remove_secret(&cx, held.holder(), named.id).await?;
        Ok(json!({ "removed": named.name }))
    };
    answer(&cx, removed.await)
}

/// `POST …/secrets/{name}/grant`
pub(super) async fn grant(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path(at): Path<Address>,
    body: Bytes,
) -> Response {
    let granted = async {
        let held = held(&engine, &cx, &at).await?;
        let Consuming { stack } = input(&body)?;
        let grant = engine.grant_secret(&cx, held.holder(), (&stack, at.name()?.as_str())).await?;
        Ok(granted(&grant))
    };
    answer(&cx, granted.await)
}

/// `POST …/secrets/{name}/revoke`
pub(super) async fn revoke(
    State(engine): State<Arc<Engine>>,
    SignedIn(cx): SignedIn,
    Path(at): Path<Address>,
    body: Bytes,
) -> Response {
    let revoked = async {
        let held = held(&engine, &cx, &at).await?;
        let Consuming { stack } = input(&body)?;
        let (named, grants) = found(&engine, &cx, &held, &at).await?;
        let grant =
            grants.iter().find(|grant| grant.to.stack == stack).ok_or_else(|| Error::not_found("such grant"))?;
        engine.revoke_grant(&cx, held.holder(), named.id, grant.id).await?;
        Ok(json!({ "revoked": grant.id }))
    };
    answer(&cx, revoked.await)
}

async fn held(engine: &Arc<Engine>, cx: &Cx, at: &Address) -> Result<Held> {
    if let Some(repo) = &at.repo {
        return Ok(Held::Repository(Box::new(place(engine, cx, &at.owner, repo).await?)));
    }
    let unknown = || Error::not_found("such organisation");
    let owner: OwnerName = at.owner.parse().map_err(|_| unknown())?;
    let account = engine.identity.account_by_name(&owner).await?.ok_or_else(unknown)?;
    let standing = engine.access.standing_at_owner(cx, account.id).await?;
    // Foreign and unknown look the same.
    if standing.effective_role().is_none() {
        return Err(unknown());
    }
    Ok(Held::Owner(account))
}

async fn found(engine: &Engine, cx: &Cx, held: &Held, at: &Address) -> Result<(Named, Vec<Grant>)> {
    let name = at.name()?;
    let listed = engine.secrets(cx, held.holder()).await?;
    listed.into_iter().find(|(named, _)| named.name == name).ok_or_else(|| Error::not_found("such secret"))
}

impl Held {
    fn holder(&self) -> Holder<'_> {
        match self {
            Self::Repository(place) => Holder::Repository(place),
            Self::Owner(account) => Holder::Owner(account),
        }
    }
}

impl Address {
    fn name(&self) -> Result<SecretName> {
        self.name.as_deref().unwrap_or_default().parse()
    }
}

fn secret(named: &Named, grants: &[Grant]) -> Value {
    let Named { id, keeper: _, name, set_by, set_at, used_at } = named;
    json!({
        "id": id,
        "name": name,
        "set_by": set_by,
        "set_at": set_at.rfc3339(),
        "used_at": used_at.map(|at| at.rfc3339()),
        "grants": grants.iter().map(granted).collect::<Vec<_>>(),
    })
}

fn granted(grant: &Grant) -> Value {
    let Grant { id, secret: _, to, by, at } = grant;
    json!({ "id": id, "stack": to.stack, "repo": to.repo, "uses": to.uses, "granted_by": by, "granted_at": at.rfc3339() })
}

fn need(need: &Need) -> Value {
    let Need { stack, of_organisation, name, uses, standing } = need;
    let state = match standing {
        Standing::Absent => "absent",
        Standing::Ungranted(_) => "ungranted",
        Standing::Granted { uses: granted, .. } if uses.iter().all(|one| granted.contains(one)) => "granted",
        Standing::Granted { .. } => "moved",
    };
    json!({ "stack": stack, "of_organisation": of_organisation, "name": name, "uses": uses, "state": state })
}
