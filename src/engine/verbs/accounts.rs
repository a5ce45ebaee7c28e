//! Accounts, organisations and tokens: made and taken back, each with its audit entry.

use serde_json::json;

use crate::access;
use crate::access::Action;
use crate::access::Actor;
use crate::access::Cx;
use crate::access::Standing;
use crate::engine::Engine;
use crate::identity::Account;
use crate::identity::NewOrganisation;
use crate::identity::NewPerson;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::secret::Secret;
use crate::model::AccountId;
use crate::model::OwnerName;
use crate::model::TokenId;

/// What the token of feeds is called.
const FEEDS: &str = "Feeds";

/// The first visitor, as the set-up page takes them.
#[derive(Clone, Debug)]
pub struct FirstVisitor {
    /// The secret of the link.
    pub key: String,
    /// Their name.
    pub name: OwnerName,
    /// Their password.
    pub password: Secret<String>,
    /// An organisation to begin with.
    pub organisation: Option<OwnerName>,
}

impl Engine {
    /// The first visitor becomes administrator, with an organisation of their own if they name one.
    pub async fn set_up(&self, cx: &Cx, visitor: FirstVisitor) -> Result<Account> {
        let password = self.identity.hash_password(&visitor.password).await?;
        let mut step = self.step(cx).await?;
        let person = new_person(visitor.name, Some(password), true);
        let account = self.identity.redeem_setup(&mut step, &visitor.key, person).await?;
        if let Some(login) = visitor.organisation {
            let display_name = login.to_string();
            let new = NewOrganisation { login, display_name, owner: account.id };
            self.identity.create_organisation(&mut step, new).await?;
        }
        step.finish("account.setup", format!("account {}", account.login), json!({ "id": account.id })).await?;
        Ok(account)
    }

    /// An administrator makes an account for a person.
    pub async fn create_person(
        &self,
        cx: &Cx,
        login: OwnerName,
        password: &Secret<String>,
        site_admin: bool,
    ) -> Result<Account> {
        cx.authorize(Action::AdministerSite, &Standing::of_site(cx))?;
        let password = self.identity.hash_password(password).await?;
        let mut step = self.step(cx).await?;
        let account = self.identity.create_person(&mut step, new_person(login, Some(password), site_admin)).await?;
        let details = json!({ "id": account.id, "site_admin": site_admin });
        step.finish("account.create", format!("account {}", account.login), details).await?;
        Ok(account)
    }

    /// Somebody makes an organisation, which they then own. Without a name for people it has the one of its address.
    pub async fn create_organisation(&self, cx: &Cx, login: OwnerName, display_name: String) -> Result<Account> {
        cx.authorize(Action::CreateOrganisation, &Standing::of_site(cx))?;
        let owner = signed_in(cx)?;
        let mut step = self.step(cx).await?;
        let display_name = if display_name.is_empty() { login.to_string() } else { display_name };
        let new = NewOrganisation { login, display_name, owner };
        let account = self.identity.create_organisation(&mut step, new).await?;
        step.finish("organisation.create", format!("account {}", account.login), json!({ "id": account.id })).await?;
        Ok(account)
    }

    /// A person makes a token for themselves; its secret is shown this once.
    pub async fn issue_token(&self, cx: &Cx, name: &str, scopes: &[String]) -> Result<Secret<String>> {
        cx.authorize(Action::EditOwnAccount, &Standing::of_site(cx))?;
        access::scope::check(scopes)?;
        let owner = signed_in(cx)?;
        let mut step = self.step(cx).await?;
        let (id, secret) = self.identity.issue_token(&mut step, owner, name, scopes).await?;
        step.finish("token.issue", format!("token {id}"), json!({ "scopes": scopes })).await?;
        Ok(secret)
    }

    /// A person gets a token for programs that read feeds; an earlier one stops working. Its secret is shown this once.
    pub async fn issue_feed_token(&self, cx: &Cx) -> Result<Secret<String>> {
        cx.authorize(Action::EditOwnAccount, &Standing::of_site(cx))?;
        let owner = signed_in(cx)?;
        let mut step = self.step(cx).await?;
        let scopes = [access::scope::FEED_SCOPE.to_owned()];
        for old in self.identity.tokens_of(owner).await?.iter().filter(|token| token.scopes == scopes) {
            self.identity.revoke_token(&mut step, owner, old.id).await?;
        }
        let (id, secret) = self.identity.issue_token(&mut step, owner, FEEDS, &scopes).await?;
        step.finish("token.issue", format!("token {id}"), json!({ "scopes": scopes })).await?;
        Ok(secret)
    }

    /// A person takes a token of theirs back. It stops working with its next request.
    pub async fn revoke_token(&self, cx: &Cx, token: TokenId) -> Result<()> {
        cx.authorize(Action::EditOwnAccount, &Standing::of_site(cx))?;
        let owner = signed_in(cx)?;
        let mut step = self.step(cx).await?;
        self.identity.revoke_token(&mut step, owner, token).await?;
        step.finish("token.revoke", format!("token {token}"), json!({})).await
    }

    /// An administrator takes anybody's token back.
    pub async fn revoke_any_token(&self, cx: &Cx, token: TokenId) -> Result<()> {
        cx.authorize(Action::AdministerSite, &Standing::of_site(cx))?;
        let mut step = self.step(cx).await?;
        self.identity.revoke_any_token(&mut step, token).await?;
        step.finish("token.revoke", format!("token {token}"), json!({})).await
    }
}

fn new_person(login: OwnerName, password: Option<crate::identity::PasswordHash>, site_admin: bool) -> NewPerson {
    NewPerson { display_name: login.to_string(), login, email: None, password, site_admin }
}

fn signed_in(cx: &Cx) -> Result<AccountId> {
    match &cx.actor {
        Actor::Person { id, .. } => Ok(*id),
        Actor::Anonymous | Actor::Agent { .. } | Actor::System => Err(Error::denied("Only a person has an account")),
    }
}
