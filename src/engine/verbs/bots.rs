//! Bots and their tokens. A bot acts as far as the roles that it is given go; it never decides, and it administers nothing.

use serde_json::json;

use crate::access;
use crate::access::Action;
use crate::access::Cx;
use crate::access::Scope;
use crate::access::Standing;
use crate::engine::Engine;
use crate::identity::Account;
use crate::identity::NewBot;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::secret::Secret;
use crate::model::AccountId;
use crate::model::OwnerName;
use crate::model::TokenId;

impl Engine {
    /// Makes a bot that an organisation answers for, or the server.
    pub async fn create_bot(&self, cx: &Cx, owner: Option<AccountId>, login: OwnerName, name: &str) -> Result<Account> {
        self.may_keep_bots(cx, owner).await?;
        let maker = cx.person().ok_or_else(|| Error::denied("Only a person makes bots"))?;
        let mut step = self.step(cx).await?;
        let display_name = if name.trim().is_empty() { login.to_string() } else { name.trim().to_owned() };
        let new = NewBot { login, display_name, owner, maker };
        let bot = self.identity.create_owned_bot(&mut step, new).await?;
        step.finish("bot.create", format!("account {}", bot.login), json!({ "id": bot.id, "owner": owner })).await?;
        Ok(bot)
    }

    /// Makes a token for a bot; its secret is shown this once. No token lets a machine decide or administer.
    pub async fn issue_bot_token(
        &self,
        cx: &Cx,
        bot: &Account,
        name: &str,
        scopes: &[String],
    ) -> Result<(TokenId, Secret<String>)> {
        self.keeps(cx, bot).await?;
        access::scope::check(scopes)?;
        for scope in [Scope::Approve, Scope::Admin] {
            if scope.is_granted_by(scopes) {
                return Err(Error::invalid(format!("A bot cannot have the scope `{}`", scope.as_str()))
                    .hint("a machine decides nothing and administers nothing: `read`, `write:repository`, `write:issue` and `dispatch` are for bots")
                    .field("scopes"));
            }
        }
        let mut step = self.step(cx).await?;
        let (id, secret) = self.identity.issue_token(&mut step, bot.id, name, scopes).await?;
        let details = json!({ "scopes": scopes, "bot": bot.login });
        step.finish("token.issue", format!("token {id}"), details).await?;
        Ok((id, secret))
    }

    /// Takes a token of a bot back. It stops working with its next request.
    pub async fn revoke_bot_token(&self, cx: &Cx, bot: &Account, token: TokenId) -> Result<()> {
        self.keeps(cx, bot).await?;
        let mut step = self.step(cx).await?;
        self.identity.revoke_token(&mut step, bot.id, token).await?;
        step.finish("token.revoke", format!("token {token}"), json!({ "bot": bot.login })).await
    }

    /// Lets a bot do nothing any more: its tokens and its roles are gone. Its name stays, because history names it.
    pub async fn retire_bot(&self, cx: &Cx, bot: &Account) -> Result<()> {
        self.keeps(cx, bot).await?;
        let mut step = self.step(cx).await?;
        for token in self.identity.tokens_of(bot.id).await? {
            self.identity.revoke_token(&mut step, bot.id, token.id).await?;
        }
        self.access.forget_account(&mut step, bot.id).await?;
        step.finish("bot.retire", format!("account {}", bot.login), json!({})).await
    }

    /// The bot of this name, if whoever acts looks after it. To others there is none.
    pub async fn kept_bot(&self, cx: &Cx, owner: Option<AccountId>, name: &str) -> Result<Account> {
        self.may_keep_bots(cx, owner).await?;
        let bots = self.identity.bots_of(owner).await?;
        let found = bots.into_iter().find(|bot| bot.login.as_str().eq_ignore_ascii_case(name));
        found.ok_or_else(|| Error::not_found("such bot"))
    }

    async fn keeps(&self, cx: &Cx, bot: &Account) -> Result<()> {
        let owner = self.identity.answers_for(bot.id).await?.ok_or_else(|| Error::not_found("such bot"))?;
        self.may_keep_bots(cx, owner).await
    }

    /// Whether whoever acts looks after bots here.
    pub async fn may_keep_bots(&self, cx: &Cx, owner: Option<AccountId>) -> Result<()> {
        match owner {
            Some(owner) => {
                let standing = self.access.standing_at_owner(cx, owner).await?;
                cx.authorize(Action::AdministerOrganisation, &standing)
            }
            None => cx.authorize(Action::AdministerSite, &Standing::of_site(cx)),
        }
    }
}
