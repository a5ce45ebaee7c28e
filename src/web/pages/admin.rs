//! What an administrator looks after: people, tokens, models, runners, health, audit.

use crate::access::Action;
use crate::access::Standing;
use crate::audit;
use crate::audit::Recorded;
use crate::audit::Verification;
use crate::engine::Engine;
use crate::engine::SandboxState;
use crate::identity::AccountKind;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::page::Paging;
use crate::kit::secret::Secret;
use crate::model::TokenId;
use crate::models::Listed;
use crate::models::Price;
use crate::sandbox::Finding;
use crate::sandbox::Health;
use crate::web::errors::Answer;
use crate::web::flash::Said;
use crate::web::frame::Frame;
use crate::web::page::again;
use crate::web::page::go;
use crate::web::page::show;
use crate::web::paged::Paged;
use crate::web::parts::badge::Mark;
use crate::web::parts::digest::Mono;
use crate::web::parts::field::Wrong;
use crate::web::parts::pager::Pager;
use crate::web::parts::person::Who;
use crate::web::parts::size;
use crate::web::parts::time::When;
use crate::web::posted::Posted;
use crate::web::visitor::Visitor;
use askama::Template;
use axum::extract::Path;
use axum::extract::Query;
use axum::extract::State;
use serde::Deserialize;
use std::sync::Arc;

/// `/admin` and its sections.
#[derive(Template)]
#[template(path = "pages/admin.html")]
pub struct Admin {
    /// What surrounds the page.
    pub frame: Frame,
    /// What the section shows.
    pub section: Section,
    /// What was wrong with a form.
    pub wrong: Wrong,
}

/// One section.
pub enum Section {
    /// How the server is.
    Health(Vec<HealthRow>),
    /// Who has an account.
    People(Vec<PersonRow>),
    /// Every token.
    Tokens(Vec<AdminToken>),
    /// Model profiles: name, provider, address.
    Models(Vec<ModelRow>),
    /// Runners, and what the sandbox found on this machine.
    Runners(Vec<HealthRow>),
    /// The audit log.
    Audit(Audit),
}

/// One finding about the server.
#[derive(Clone, Debug)]
pub struct HealthRow {
    /// Good, or not.
    pub mark: Mark,
    /// What was looked at.
    pub name: String,
    /// What was found.
    pub value: String,
    /// What to do.
    pub hint: String,
}

/// A person in the list.
#[derive(Clone, Debug)]
pub struct PersonRow {
    /// Who.
    pub who: Who,
    /// Whether they administer.
    pub admin: bool,
    /// When their account was made.
    pub when: When,
}

/// A token in the list of all tokens.
#[derive(Clone, Debug)]
pub struct AdminToken {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub name: String,
    /// Whose it is.
    pub who: Who,
    /// What it may do.
    pub scopes: String,
    /// When it was last used.
    pub used: Option<When>,
}

/// A model profile.
#[derive(Clone, Debug)]
pub struct ModelRow {
    /// Its name, as stacks say it.
    pub name: String,
    /// The model's own name.
    pub model: String,
    /// Where it answers.
    pub address: String,
    /// What its server speaks, and what it costs.
    pub under: String,
    /// Whether a key is set.
    pub key: Mark,
    /// Where it is changed; empty for one that the settings give.
    pub href: String,
    /// The settings give one of the same name, which counts instead.
    pub hidden: bool,
}

/// The audit log.
#[derive(Clone, Debug)]
pub struct Audit {
    /// The newest entries.
    pub entries: Vec<AuditRow>,
    /// Links to other pages.
    pub pager: Pager,
    /// What verifying the chain found; none when it was not asked.
    pub verified: Option<(Mark, String)>,
}

/// One entry of the audit log.
#[derive(Clone, Debug)]
pub struct AuditRow {
    /// Its place in the chain.
    pub sequence: i64,
    /// When.
    pub when: When,
    /// Who.
    pub actor: String,
    /// What was done.
    pub action: String,
    /// To what.
    pub subject: String,
    /// More about it, in one line.
    pub details: String,
    /// Its hash.
    pub hash: Mono,
}

impl Admin {
    /// The name of the section that is shown.
    pub fn shown(&self) -> &'static str {
        match self.section {
            Section::Health(_) => "health",
            Section::People(_) => "people",
            Section::Tokens(_) => "tokens",
            Section::Models(_) => "models",
            Section::Runners(_) => "runners",
            Section::Audit(_) => "audit",
        }
    }
}

/// `GET /admin`
pub async fn health(State(engine): State<Arc<Engine>>, visitor: Visitor) -> Answer {
    let look = authorize(&visitor)?;
    let section = Section::Health(findings(&engine, look).await?);
    show_section(&engine, &visitor, section).await
}

/// `GET /admin/people`
pub async fn people(State(engine): State<Arc<Engine>>, visitor: Visitor) -> Answer {
    let look = authorize(&visitor)?;
    let section = listed_people(&engine, look).await?;
    show_section(&engine, &visitor, section).await
}

/// `POST /admin/people`
pub async fn add_person(State(engine): State<Arc<Engine>>, visitor: Visitor, posted: Posted) -> Answer {
    let look = authorize(&visitor)?;
    let password = Secret::new(posted.text("password"));
    let made = match posted.text("name").trim().parse() {
        Ok(login) => engine.create_person(&visitor.cx, login, &password, posted.ticked("admin")).await,
        Err(error) => Err(error.field("name")),
    };
    match made {
        Ok(account) => go("/admin/people", Some(&Said::done(format!("Made the account {}", account.login)))),
        Err(error) => {
            let frame = visitor.frame(&engine, "Administration").await?;
            let section = listed_people(&engine, look).await?;
            again(&Admin { frame, section, wrong: Wrong::from(&error) })
        }
    }
}

/// `GET /admin/tokens`
pub async fn tokens(State(engine): State<Arc<Engine>>, visitor: Visitor) -> Answer {
    let look = authorize(&visitor)?;
    let tokens = engine.identity.all_tokens(Paging { page: 1, limit: 200 }).await?;
    let row = |(owner, token): &(crate::identity::Account, crate::identity::token::Token)| AdminToken {
        id: token.id.to_string(),
        name: token.name.clone(),
        who: Who::person(owner.login.as_str()),
        scopes: token.scopes.join(", "),
        used: token.last_used.map(|used| When::new(used, look.now)),
    };
    show_section(&engine, &visitor, Section::Tokens(tokens.iter().map(row).collect())).await
}

/// `POST /admin/tokens/{id}/revoke`
pub async fn revoke_token(
    State(engine): State<Arc<Engine>>,
    visitor: Visitor,
    Path(id): Path<String>,
    _posted: Posted,
) -> Answer {
    let id: TokenId = id.parse().map_err(|_| Error::not_found("such token"))?;
    engine.revoke_any_token(&visitor.cx, id).await?;
    go("/admin/tokens", Some(&Said::done("The token is revoked: its next request is refused")))
}

/// `GET /admin/models`
pub async fn models(State(engine): State<Arc<Engine>>, visitor: Visitor) -> Answer {
    authorize(&visitor)?;
    let models = engine.model_profiles(&visitor.cx).await?.into_iter().map(ModelRow::of).collect();
    show_section(&engine, &visitor, Section::Models(models)).await
}

/// `GET /admin/runners`
pub async fn runners(State(engine): State<Arc<Engine>>, visitor: Visitor) -> Answer {
    authorize(&visitor)?;
    let mut rows = vec![HealthRow {
        mark: Mark::new("ok", "check", "Good"),
        name: "Runner".to_owned(),
        value: format!(
            "{}, {}",
            engine.settings.runner_name,
            size::plural(engine.settings.runners, "attempt at one time", "attempts at one time")
        ),
        hint: String::new(),
    }];
    match &engine.sandbox {
        SandboxState::Ready(sandbox) => rows.extend(sandbox.doctor().await.findings.iter().map(HealthRow::of)),
        SandboxState::Missing { why } => rows.push(HealthRow::missing("Sandbox", why)),
    }
    show_section(&engine, &visitor, Section::Runners(rows)).await
}

/// What else the audit page is asked for.
#[derive(Debug, Default, Deserialize)]
pub struct Verify {
    verify: Option<String>,
}

/// `GET /admin/audit`
pub async fn audit(
    State(engine): State<Arc<Engine>>,
    visitor: Visitor,
    Query(paged): Query<Paged>,
    Query(verify): Query<Verify>,
) -> Answer {
    let look = authorize(&visitor)?;
    let found = engine.audit.list(&audit::Filter::default(), paged.paging()).await?;
    let verified = match verify.verify {
        Some(_) => Some(told(&engine.audit.verify(None).await?)),
        None => None,
    };
    let section = Section::Audit(Audit {
        entries: found.items.iter().map(|entry| AuditRow::of(entry, look.now)).collect(),
        pager: Pager::new(&found, "/admin/audit"),
        verified,
    });
    show_section(&engine, &visitor, section).await
}

/// The proof that an administrator looks.
#[derive(Clone, Copy)]
struct Look {
    now: Timestamp,
}

fn authorize(visitor: &Visitor) -> Result<Look> {
    visitor.cx.authorize(Action::AdministerSite, &Standing::of_site(&visitor.cx))?;
    Ok(Look { now: visitor.cx.now() })
}

async fn show_section(engine: &Engine, visitor: &Visitor, section: Section) -> Answer {
    show(&Admin { frame: visitor.frame(engine, "Administration").await?, section, wrong: Wrong::default() })
}

async fn listed_people(engine: &Engine, look: Look) -> Result<Section> {
    let found = engine.identity.list(AccountKind::Person, Paging { page: 1, limit: 200 }).await?;
    let row = |account: &crate::identity::Account| PersonRow {
        who: Who::person(account.login.as_str()),
        admin: account.site_admin,
        when: When::new(account.created, look.now),
    };
    Ok(Section::People(found.items.iter().map(row).collect()))
}

async fn findings(engine: &Engine, look: Look) -> Result<Vec<HealthRow>> {
    let good = |name: &str, value: String| HealthRow {
        mark: Mark::new("ok", "check", "Good"),
        name: name.to_owned(),
        value,
        hint: String::new(),
    };
    let head = engine.audit.head().await?;
    let mut rows = vec![
        good("Address", engine.settings.base_url.clone()),
        good("Database", format!("{:?} answers", engine.db.engine())),
        good(
            "Audit log",
            match head {
                Some(head) => {
                    format!("{} entries, the last {}", size::count(head.sequence), When::new(head.at, look.now).words)
                }
                None => "empty".to_owned(),
            },
        ),
    ];
    rows.push(match engine.sandbox_missing() {
        None => good("Sandbox", "agents can run".to_owned()),
        Some(why) => HealthRow::missing("Sandbox", why),
    });
    rows.push(match engine.models.names().await?.len() {
        0 => HealthRow {
            mark: Mark::new("calm", "skip", "None"),
            name: "Models".to_owned(),
            value: "none is set up: only scripted agents can run".to_owned(),
            hint: "Set one up under Models".to_owned(),
        },
        count => good("Models", format!("{count} set up")),
    });
    Ok(rows)
}

fn told(verification: &Verification) -> (Mark, String) {
    match verification {
        Verification::Good { entries, head, checkpoints } => (
            Mark::new("ok", "check", "Intact"),
            format!(
                "{} entries, head {}, {}",
                size::count(*entries),
                head.short(),
                size::plural(*checkpoints, "checkpoint agrees", "checkpoints agree")
            ),
        ),
        Verification::Bad { sequence, why } => (Mark::new("bad", "warn", "Broken"), format!("entry {sequence}: {why}")),
    }
}

impl HealthRow {
    fn missing(name: &str, why: &str) -> Self {
        Self {
            mark: Mark::new("bad", "warn", "Missing"),
            name: name.to_owned(),
            value: why.to_owned(),
            hint: "Agents are refused until it is mended; nothing ever runs without a sandbox".to_owned(),
        }
    }

    fn of(finding: &Finding) -> Self {
        let mark = match finding.health {
            Health::Good => Mark::new("ok", "check", "Good"),
            Health::Weaker => Mark::new("calm", "info", "Weaker"),
            Health::Missing => Mark::new("bad", "warn", "Missing"),
        };
        Self {
            mark,
            name: finding.name.to_owned(),
            value: finding.says.clone(),
            hint: finding.hint.clone().unwrap_or_default(),
        }
    }
}

impl ModelRow {
    fn of(listed: Listed) -> Self {
        let (facts, has_key, href, hidden) = match listed {
            Listed::Given { facts, has_key } => (facts, has_key, String::new(), false),
            Listed::Kept { kept, hidden } => {
                let has_key = kept.key_set_at.is_some();
                (kept.facts, has_key, format!("/admin/models/{}", kept.id), hidden)
            }
        };
        let price = match facts.price {
            None => "no prices".to_owned(),
            Some(price) => format!("${} read, ${} written", Price::dollars(price.input), Price::dollars(price.output)),
        };
        let key = if has_key { Mark::new("ok", "key", "Key is set") } else { Mark::new("calm", "key", "No key") };
        let under = format!("{} · {price}", facts.protocol.title());
        Self { name: facts.name, model: facts.model, address: facts.url, under, key, href, hidden }
    }
}

impl AuditRow {
    fn of(entry: &Recorded, now: Timestamp) -> Self {
        Self {
            sequence: entry.sequence,
            when: When::new(entry.at, now),
            actor: entry.actor.clone(),
            action: entry.action.clone(),
            subject: entry.subject.clone(),
            details: crate::kit::text::visible_line(&entry.details, 160),
            hash: Mono::from(&entry.hash),
        }
    }
}
