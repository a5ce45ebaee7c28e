//! Making, changing, deleting and trying hooks. Whoever may is told by `access`; what changes is told by the caller to the
//! audit log, in its transaction.

use serde_json::Value;

use crate::access::Cx;
use crate::db::Tx;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::hooks::ContentType;
use crate::forge::embedded::hooks::Flavour;
use crate::forge::embedded::hooks::Hook;
use crate::forge::embedded::hooks::HookAttempt;
use crate::forge::embedded::hooks::HookChange;
use crate::forge::embedded::hooks::HookDelivery;
use crate::forge::embedded::hooks::HookDeliveryId;
use crate::forge::embedded::hooks::HookDeliveryState;
use crate::forge::embedded::hooks::HookEvent;
use crate::forge::embedded::hooks::HookSecrets;
use crate::forge::embedded::hooks::HooksOf;
use crate::forge::embedded::hooks::hook::matcher;
use crate::forge::embedded::hooks::pushed::changed_by;
use crate::forge::embedded::repository::Place;
use crate::forge::embedded::store;
use crate::forge::embedded::text;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::page::Page;
use crate::kit::page::Paging;
use crate::model::RepoId;
use crate::vault::Keeper;

/// The most hooks of one repository, organisation or server.
const MOST_HOOKS: usize = 50;

/// The most bytes of a secret.
const MOST_SECRET: usize = 1024;

impl Embedded {
    /// All hooks there, oldest first.
    pub async fn hooks(&self, cx: &Cx, of: HooksOf<'_>) -> Result<Vec<Hook>> {
        self.may_edit_hooks(cx, of).await?;
        store::hooks::list(&mut *self.db().read().await?, of.keeper()).await
    }

    /// One hook.
    pub async fn hook(&self, cx: &Cx, of: HooksOf<'_>, id: i64) -> Result<Hook> {
        self.may_edit_hooks(cx, of).await?;
        let found = store::hooks::by_id(&mut *self.db().read().await?, of.keeper(), id).await?;
        found.ok_or_else(unknown)
    }

    /// Makes a hook, in the transaction of the caller. Without events it is told of pushes.
    pub async fn create_hook(&self, tx: &mut Tx, cx: &Cx, of: HooksOf<'_>, new: HookChange) -> Result<Hook> {
        self.may_edit_hooks(cx, of).await?;
        let keeper = of.keeper();
        let id = self.next_hook(tx, cx, of).await?;
        if store::hooks::list(tx, keeper).await?.len() >= MOST_HOOKS {
            let most = format!("There are {MOST_HOOKS} hooks of {}, which is the most", of.words());
            return Err(Error::conflict(most).hint("delete one first"));
        }
        let url = new.url.as_deref().unwrap_or_default();
        let blank = Hook {
            keeper,
            id,
            flavour: Flavour::default(),
            url: address(url)?,
            content_type: ContentType::default(),
            signed: false,
            authorized: false,
            events: vec![HookEvent::Push],
            branches: String::new(),
            active: true,
            created: cx.now(),
            updated: cx.now(),
        };
        let (hook, secrets) = changed(cx, blank, new)?;
        store::hooks::insert(tx, &hook).await?;
        self.keep_hook_secrets(tx, (keeper, id), &secrets, cx.now()).await?;
        Ok(hook)
    }

    /// Changes a hook, in the transaction of the caller.
    pub async fn change_hook(&self, tx: &mut Tx, cx: &Cx, of: HooksOf<'_>, at: (i64, HookChange)) -> Result<Hook> {
        self.may_edit_hooks(cx, of).await?;
        let ((id, change), keeper) = (at, of.keeper());
        self.next_hook(tx, cx, of).await?;
        let hook = store::hooks::by_id(tx, keeper, id).await?.ok_or_else(unknown)?;
        let (hook, secrets) = changed(cx, hook, change)?;
        store::hooks::update(tx, &hook).await?;
        self.keep_hook_secrets(tx, (keeper, id), &secrets, cx.now()).await?;
        Ok(hook)
    }

    /// Deletes a hook with the log of its deliveries, in the transaction of the caller.
    pub async fn delete_hook(&self, tx: &mut Tx, cx: &Cx, of: HooksOf<'_>, id: i64) -> Result<Hook> {
        self.may_edit_hooks(cx, of).await?;
        let keeper = of.keeper();
        self.next_hook(tx, cx, of).await?;
        let hook = store::hooks::by_id(tx, keeper, id).await?.ok_or_else(unknown)?;
        store::hooks::delete(tx, keeper, id).await?;
        self.forget_hook_secrets(tx, (keeper, id)).await?;
        Ok(hook)
    }

    /// Tells a hook of a push that brings nothing: the tip of the default branch again. It is told whatever it wants to know,
    /// also when it is switched off.
    pub async fn test_hook(&self, tx: &mut Tx, cx: &Cx, place: &Place, id: i64) -> Result<HookDeliveryId> {
        let of = HooksOf::Repository(place);
        self.may_edit_hooks(cx, of).await?;
        let hook = store::hooks::by_id(tx, of.keeper(), id).await?.ok_or_else(unknown)?;
        let payload = self.test_payload(cx, place).await?;
        let told = (HookEvent::Push, payload.to_string());
        let delivery = pending(cx, (hook.keeper, id), place.repository.id, told, None);
        store::hook_deliveries::insert(tx, &delivery).await?;
        Ok(delivery.id)
    }

    /// Tells a hook the same again, under an id of its own.
    pub async fn redeliver(&self, tx: &mut Tx, cx: &Cx, of: HooksOf<'_>, id: HookDeliveryId) -> Result<HookDeliveryId> {
        self.may_edit_hooks(cx, of).await?;
        let known = store::hook_deliveries::by_id(tx, id).await?.filter(|one| one.keeper == of.keeper());
        let known = known.ok_or_else(|| Error::not_found("such delivery"))?;
        let told = (known.event, known.payload);
        let original = Some(known.original.unwrap_or(id));
        let delivery = pending(cx, (known.keeper, known.hook), known.repo, told, original);
        store::hook_deliveries::insert(tx, &delivery).await?;
        Ok(delivery.id)
    }

    /// Deliveries of a hook, newest first.
    pub async fn hook_deliveries(
        &self,
        cx: &Cx,
        of: HooksOf<'_>,
        hook: i64,
        paging: Paging,
    ) -> Result<Page<HookDelivery>> {
        self.may_edit_hooks(cx, of).await?;
        store::hook_deliveries::list(&mut *self.db().read().await?, of.keeper(), hook, paging).await
    }

    /// The newest delivery of each hook.
    pub async fn newest_hook_deliveries(&self, cx: &Cx, of: HooksOf<'_>) -> Result<Vec<HookDelivery>> {
        self.may_edit_hooks(cx, of).await?;
        store::hook_deliveries::newest(&mut *self.db().read().await?, of.keeper()).await
    }

    /// One delivery, and each time that it was tried.
    pub async fn hook_delivery(
        &self,
        cx: &Cx,
        of: HooksOf<'_>,
        id: HookDeliveryId,
    ) -> Result<(HookDelivery, Vec<HookAttempt>)> {
        self.may_edit_hooks(cx, of).await?;
        let mut connection = self.db().read().await?;
        let found = store::hook_deliveries::by_id(&mut connection, id).await?;
        let found = found.filter(|one| one.keeper == of.keeper());
        let found = found.ok_or_else(|| Error::not_found("such delivery"))?;
        let attempts = store::hook_deliveries::attempts(&mut connection, id).await?;
        Ok((found, attempts))
    }

    async fn test_payload(&self, cx: &Cx, place: &Place) -> Result<Value> {
        let repository = &place.repository;
        let actor = self.actor(&self.author(cx)?);
        let git = self.git(repository);
        let tip = git.branch(&repository.default_branch).await?;
        let mut commits = Vec::new();
        if let Some(tip) = &tip
            && let Some(commit) = git.commit(tip).await?
        {
            commits.push(changed_by(&git, commit).await?);
        }
        Ok(self.push_payload(repository, &actor, (&repository.default_branch, tip.as_ref(), tip.as_ref()), &commits))
    }
}

fn pending(
    cx: &Cx,
    (keeper, hook): (Keeper, i64),
    repo: RepoId,
    told: (HookEvent, String),
    original: Option<HookDeliveryId>,
) -> HookDelivery {
    HookDelivery {
        id: HookDeliveryId::make(),
        keeper,
        hook,
        repo,
        event: told.0,
        payload: told.1,
        state: HookDeliveryState::Pending,
        tries: 0,
        due: cx.now(),
        original,
        created: cx.now(),
    }
}

/// The hook as it is from now on, and what changes of its secrets.
fn changed(cx: &Cx, mut hook: Hook, change: HookChange) -> Result<(Hook, HookSecrets)> {
    let HookChange { flavour, url, content_type, secret, authorization, events, branches, active } = change;
    hook.flavour = flavour.unwrap_or(hook.flavour);
    hook.content_type = content_type.unwrap_or(hook.content_type);
    hook.active = active.unwrap_or(hook.active);
    hook.events = events.unwrap_or(hook.events);
    hook.updated = cx.now();
    if let Some(url) = url {
        hook.url = address(&url)?;
    }
    if let Some(secret) = &secret {
        if secret.reveal().len() > MOST_SECRET || secret.reveal().contains('\0') {
            return Err(Error::invalid("A secret is at most 1,024 bytes without NUL").field("secret"));
        }
        hook.signed = !secret.reveal().is_empty();
    }
    if let Some(header) = &authorization {
        sendable(header.reveal())?;
        hook.authorized = !header.reveal().is_empty();
    }
    if let Some(branches) = branches {
        text::line("branch_filter", &branches, 255)?;
        if !branches.is_empty() {
            matcher(&branches)?;
        }
        hook.branches = branches;
    }
    Ok((hook, HookSecrets { secret, authorization }))
}

/// Whether it can stand behind `Authorization: `.
fn sendable(header: &str) -> Result<()> {
    let visible = header.chars().all(|c| c == ' ' || c.is_ascii_graphic());
    if header.len() <= MOST_SECRET && visible && header.trim() == header {
        return Ok(());
    }
    Err(Error::invalid("The header is one line of at most 1,024 visible ASCII characters")
        .hint("write it as it is sent, such as `Bearer …` or `token …`")
        .field("authorization_header"))
}

fn address(text: &str) -> Result<url::Url> {
    if text.is_empty() {
        return Err(Error::invalid("A hook needs an address").field("url"));
    }
    text::link("url", text)?;
    text.parse().map_err(|_| Error::invalid("`url` is an `http` or `https` address").field("url"))
}

fn unknown() -> Error {
    Error::not_found("such hook")
}
