//! Secrets that people keep for stacks: who sets them, which stack may use which, and what a stack still lacks. Each change
//! leaves an audit entry; no value leaves the vault by any of these verbs.

use serde_json::json;

use crate::access::Action;
use crate::access::Cx;
use crate::access::Standing as Stands;
use crate::catalog::Scope;
use crate::catalog::Sourced;
use crate::catalog::Stack;
use crate::engine::Engine;
use crate::engine::trusted::config_name;
use crate::forge::embedded::Place;
use crate::identity::Account;
use crate::kit::Error;
use crate::kit::ErrorKind;
use crate::kit::Result;
use crate::kit::secret::Secret;
use crate::model::GrantId;
use crate::model::RepoRef;
use crate::model::SecretId;
use crate::policy;
use crate::vault::Consumer;
use crate::vault::Grant;
use crate::vault::Granted;
use crate::vault::Keeper;
use crate::vault::Named;
use crate::vault::SecretName;
use crate::vault::Standing;

/// Where secrets are kept, and so who administers them.
#[derive(Clone, Copy)]
pub enum Holder<'a> {
    /// A repository.
    Repository(&'a Place),
    /// An organisation, or a person with repositories.
    Owner(&'a Account),
    /// The whole server.
    Server,
}

/// A secret that a stack names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Need {
    /// The stack.
    pub stack: String,
    /// Whether the organisation's files describe it.
    pub of_organisation: bool,
    /// The secret's name.
    pub name: String,
    /// Where the stack sends it.
    pub uses: Vec<String>,
    /// How the secret stands for the stack.
    pub standing: Standing,
}

impl Engine {
    /// The secrets that are kept there, each with its grants. Never a value.
    pub async fn secrets(&self, cx: &Cx, holder: Holder<'_>) -> Result<Vec<(Named, Vec<Grant>)>> {
        self.may_keep(cx, holder).await?;
        let mut listed = Vec::new();
        for named in self.vault.secrets_of(holder.keeper()).await? {
            let grants = self.vault.grants_of(named.id).await?;
            listed.push((named, grants));
        }
        Ok(listed)
    }

    /// Sets a secret: a new one, or another value for one that is there.
    pub async fn set_secret(
        &self,
        cx: &Cx,
        holder: Holder<'_>,
        name: &SecretName,
        value: Secret<String>,
    ) -> Result<Named> {
        self.may_keep(cx, holder).await?;
        let by = cx.actor.name();
        let mut step = self.step(cx).await?;
        let now = step.now();
        let named = self.vault.set_secret(&mut step, (holder.keeper(), name), &value, (&by, now)).await?;
        step.finish("secret.set", format!("secret {name} of {}", holder.words()), json!({ "secret": named.id }))
            .await?;
        Ok(named)
    }

    /// Removes a secret and its grants. Stacks that name it are refused from now on, also those that wait in the queue.
    pub async fn remove_secret(&self, cx: &Cx, holder: Holder<'_>, id: SecretId) -> Result<()> {
        let named = self.kept(cx, holder, id).await?;
        let mut step = self.step(cx).await?;
        self.vault.remove_secret(&mut step, id).await?;
        let subject = format!("secret {} of {}", named.name, holder.words());
        step.finish("secret.remove", subject, json!({ "secret": id })).await
    }

    /// Takes a grant back.
    pub async fn revoke_grant(&self, cx: &Cx, holder: Holder<'_>, id: SecretId, grant: GrantId) -> Result<()> {
        let named = self.kept(cx, holder, id).await?;
        let known = self.vault.grants_of(id).await?;
        let known = known.iter().find(|known| known.id == grant).ok_or_else(|| Error::not_found("grant"))?;
        let mut step = self.step(cx).await?;
        self.vault.revoke(&mut step, grant).await?;
        let subject = format!("secret {} of {}", named.name, holder.words());
        step.finish("secret.revoke", subject, json!({ "secret": id, "stack": known.to.stack, "repo": known.to.repo }))
            .await
    }

    /// Lets a stack use a secret that it names, for what it uses it for now. Whoever administers the secret may.
    ///
    /// In a repository the grant is for runs of that repository; for an owner, for the stack that `<owner>/agents` describes,
    /// in every repository of the owner.
    pub async fn grant_secret(&self, cx: &Cx, holder: Holder<'_>, (stack, name): (&str, &str)) -> Result<Grant> {
        let needs = self.secret_needs(holder).await?;
        let need = needs.into_iter().find(|need| need.stack == stack && need.name == name).ok_or_else(|| {
            Error::invalid(format!("The stack `{stack}` does not name the secret `{name}`"))
                .hint("a grant is for what the stack on the default branch says")
                .field("stack")
        })?;
        let (keeper, known) = match need.standing {
            Standing::Absent => {
                return Err(Error::invalid(format!("There is no secret `{name}`")).hint("set it first").field("name"));
            }
            Standing::Ungranted(keeper) | Standing::Granted { keeper, .. } => {
                (keeper, self.vault.secrets_of(keeper).await?)
            }
        };
        self.may_grant(cx, holder, keeper).await?;
        let named = known.into_iter().find(|known| known.name.as_str() == name);
        let named = named.ok_or_else(|| Error::not_found("secret"))?;
        let repo = match holder {
            Holder::Repository(place) => Some(place.repository.id),
            Holder::Owner(_) | Holder::Server => None,
        };
        let to = Granted { repo, stack: need.stack, uses: need.uses };
        let details = json!({ "secret": named.id, "stack": to.stack, "repo": to.repo, "uses": to.uses });
        let by = cx.actor.name();
        let mut step = self.step(cx).await?;
        let now = step.now();
        let grant = self.vault.grant(&mut step, named.id, to, (&by, now)).await?;
        step.finish("secret.grant", format!("secret {name} for the stack {stack} of {}", holder.words()), details)
            .await?;
        Ok(grant)
    }

    /// What the stacks there ask for: all that are in force in a repository, or those of an owner's own files.
    pub async fn secret_needs(&self, holder: Holder<'_>) -> Result<Vec<Need>> {
        let (repo, all_of_owner) = match holder {
            Holder::Repository(place) => (place.repository.reference(), false),
            Holder::Owner(account) => {
                let system = Cx::system(&self.clock);
                match self.forge.enter(&system, &account.login, &config_name()).await {
                    Ok(place) => (place.repository.reference(), true),
                    Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
                    Err(error) => return Err(error),
                }
            }
            Holder::Server => return Ok(Vec::new()),
        };
        let Some(trusted) = self.trusted(&repo).await? else { return Ok(Vec::new()) };
        let mut needs = Vec::new();
        for (name, stack) in &trusted.catalog.stacks {
            let of_organisation = all_of_owner || stack.scope == Scope::Organisation;
            let consumer = Consumer { of_organisation, ..self.consumer(&repo, name, stack).await? };
            for (secret, standing) in self.vault.standing(&consumer, stack.secrets.iter().map(String::as_str)).await? {
                let uses = policy::secret_uses(stack, &secret);
                needs.push(Need { stack: name.clone(), of_organisation, name: secret, uses, standing });
            }
        }
        Ok(needs)
    }

    /// A stack of a repository, as the vault knows whom a grant is for.
    pub(in crate::engine) async fn consumer(
        &self,
        repo: &RepoRef,
        name: &str,
        stack: &Sourced<Stack>,
    ) -> Result<Consumer> {
        let owner = self.identity.account_by_name(&repo.owner).await?;
        let owner = owner.ok_or_else(|| Error::not_found("owner of the repository"))?.id;
        let of_organisation = stack.scope == Scope::Organisation;
        Ok(Consumer { repo: repo.id, owner, stack: name.to_owned(), of_organisation })
    }

    /// A secret that is kept there, for somebody who administers it.
    pub async fn kept(&self, cx: &Cx, holder: Holder<'_>, id: SecretId) -> Result<Named> {
        self.may_keep(cx, holder).await?;
        let named = self.vault.secret(id).await?;
        if named.keeper == holder.keeper() { Ok(named) } else { Err(Error::not_found("secret")) }
    }

    async fn may_keep(&self, cx: &Cx, holder: Holder<'_>) -> Result<()> {
        match holder {
            Holder::Repository(place) => cx.authorize(Action::AdministerRepository, &place.standing),
            Holder::Owner(account) => {
                let standing = self.access.standing_at_owner(cx, account.id).await?;
                cx.authorize(Action::AdministerOrganisation, &standing)
            }
            Holder::Server => cx.authorize(Action::AdministerSite, &Stands::of_site(cx)),
        }
    }

    /// Whoever grants administers the secret, wherever the stack stands.
    async fn may_grant(&self, cx: &Cx, holder: Holder<'_>, keeper: Keeper) -> Result<()> {
        match (holder, keeper) {
            (Holder::Repository(_), Keeper::Repository(_)) | (Holder::Owner(_), Keeper::Owner(_)) => {
                self.may_keep(cx, holder).await
            }
            (_, Keeper::Owner(owner)) => {
                let standing = self.access.standing_at_owner(cx, owner).await?;
                cx.authorize(Action::AdministerOrganisation, &standing)
            }
            (_, Keeper::Server) => cx.authorize(Action::AdministerSite, &Stands::of_site(cx)),
            (_, Keeper::Repository(_)) => Err(Error::not_found("secret")),
        }
    }
}

impl Holder<'_> {
    fn keeper(&self) -> Keeper {
        match self {
            Self::Repository(place) => Keeper::Repository(place.repository.id),
            Self::Owner(account) => Keeper::Owner(account.id),
            Self::Server => Keeper::Server,
        }
    }

    fn words(&self) -> String {
        match self {
            Self::Repository(place) => place.repository.reference().to_string(),
            Self::Owner(account) => account.login.to_string(),
            Self::Server => "the server".into(),
        }
    }
}
