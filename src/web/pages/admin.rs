//! What an administrator looks after: people, tokens, models, runners, health, audit.

use askama::Template;

use crate::web::frame::Frame;
use crate::web::parts::badge::Mark;
use crate::web::parts::digest::Mono;
use crate::web::parts::field::Wrong;
use crate::web::parts::person::Who;
use crate::web::parts::time::When;

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
    /// Whether a key is set.
    pub key: Mark,
}

/// The audit log.
#[derive(Clone, Debug)]
pub struct Audit {
    /// The newest entries.
    pub entries: Vec<AuditRow>,
    /// Links to other pages.
    pub pager: crate::web::parts::pager::Pager,
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
    /// How it went.
    pub outcome: String,
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
