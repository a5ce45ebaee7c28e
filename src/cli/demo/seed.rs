//! What the demonstration starts from. Seeding twice changes nothing.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;

use rand::RngExt as _;
use rust_embed::RustEmbed;

use crate::access::Actor;
use crate::access::Cx;
use crate::engine::Engine;
use crate::forge::embedded::NewRepository;
use crate::forge::embedded::Place;
use crate::git;
use crate::identity::Account;
use crate::identity::MemberRole;
use crate::identity::NewOrganisation;
use crate::identity::NewPerson;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::error::Context as _;
use crate::kit::secret::Secret;
use crate::model::TreePath;

/// The sample programs with their stacks and rules.
#[derive(RustEmbed)]
#[folder = "samples"]
struct Samples;

/// Names of the sample repositories.
const REPOSITORIES: [&str; 2] = ["slug", "leap"];

/// Who and what the demonstration knows.
pub(super) struct Seeded {
    pub(super) bob: Cx,
    pub(super) password: String,
}

pub(super) async fn seed(engine: &Engine) -> Result<Seeded> {
    let password = password(engine)?;
    let alice = person(engine, "alice", true, &password).await?;
    let bob = person(engine, "bob", false, &password).await?;
    let acme = organisation(engine, &alice, &bob).await?;
    let owner = by_session(engine, &alice);
    for name in REPOSITORIES {
        repository(engine, &owner, &acme, name).await?;
    }
    Ok(Seeded { bob: by_session(engine, &bob), password })
}

/// One password for the people of this data directory, made once.
fn password(engine: &Engine) -> Result<String> {
    let file = engine.settings.data.join("demo-password");
    if let Ok(password) = std::fs::read_to_string(&file) {
        return Ok(password);
    }
    let bytes: [u8; 8] = rand::rng().random();
    let password = hex::encode(bytes);
    let mut opened =
        OpenOptions::new().write(true).create_new(true).mode(0o600).open(&file).context("Cannot write a password")?;
    opened.write_all(password.as_bytes()).context("Cannot write a password")?;
    Ok(password)
}

fn by_session(engine: &Engine, account: &Account) -> Cx {
    let actor =
        Actor::Person { id: account.id, login: account.login.clone(), site_admin: account.site_admin, scopes: None };
    Cx::new(actor, &engine.clock, format!("demo-{}", uuid::Uuid::now_v7().as_simple()))
}

async fn person(engine: &Engine, name: &str, site_admin: bool, password: &str) -> Result<Account> {
    let login = name.parse()?;
    if let Some(account) = engine.identity.account_by_name(&login).await? {
        return Ok(account);
    }
    let password = engine.identity.hash_password(&Secret::new(password.to_owned())).await?;
    let new = NewPerson { login, display_name: String::new(), email: None, password: Some(password), site_admin };
    let mut tx = engine.db.begin().await?;
    let account = engine.identity.create_person(&mut tx, new).await?;
    tx.commit().await?;
    Ok(account)
}

async fn organisation(engine: &Engine, owner: &Account, member: &Account) -> Result<Account> {
    let login = "acme".parse()?;
    if let Some(account) = engine.identity.account_by_name(&login).await? {
        return Ok(account);
    }
    let mut tx = engine.db.begin().await?;
    let new = NewOrganisation { login, display_name: "Acme".into(), owner: owner.id };
    let account = engine.identity.create_organisation(&mut tx, new).await?;
    engine.identity.add_member(&mut tx, account.id, member.id, MemberRole::Member).await?;
    tx.commit().await?;
    Ok(account)
}

async fn repository(engine: &Engine, owner: &Cx, acme: &Account, name: &str) -> Result<()> {
    let repo = name.parse()?;
    if engine.forge.enter(owner, &acme.login, &repo).await.is_err() {
        let new = NewRepository {
            owner: acme.id,
            owner_name: acme.login.clone(),
            name: repo.clone(),
            description: format!("A sample: see its README, and `.agents/` for what happens here ({name})"),
            private: false,
            default_branch: "main".parse()?,
            readme: false,
        };
        engine.forge.create(owner, new).await?;
    }
    let place = engine.forge.enter(owner, &acme.login, &repo).await?;
    // The last time may have been cut off anywhere.
    if engine.forge.git(&place.repository).branch(&place.repository.default_branch).await?.is_some() {
        return Ok(());
    }
    fill(engine, owner, &place, name).await
}

/// The first commit of a sample: its program, its tests, its stacks and rules.
async fn fill(engine: &Engine, owner: &Cx, place: &Place, name: &str) -> Result<()> {
    let model = engine.models.is_given("default");
    let (wanted, other) = if model { (".builtin.yaml", ".scripted.yaml") } else { (".scripted.yaml", ".builtin.yaml") };
    let mut changes = Vec::new();
    for file in Samples::iter() {
        let Some(path) = file.strip_prefix(&format!("{name}/")) else { continue };
        if path.ends_with(other) {
            continue;
        }
        let path: TreePath = path.replace(wanted, ".yaml").parse()?;
        let embedded = Samples::get(&file).ok_or_else(|| Error::internal("A sample is not there"))?;
        changes.push((path, git::Change::Write { bytes: embedded.data.into_owned(), executable: false }));
    }
    let who = engine.forge.signature(owner).await?;
    let commit = git::CommitFiles {
        branch: place.repository.default_branch.clone(),
        expected: git::Expected::Absent,
        base: None,
        changes,
        author: who.clone(),
        committer: who,
        message: format!("{name}: Start with a program and its tests\n"),
    };
    engine.forge.commit_files(owner, place, commit).await.map(drop)
}
