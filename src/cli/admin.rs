//! `forgehand admin`: people, tokens, keys and repositories on this machine, for whoever may write in the data directory.

use std::io::Read as _;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use clap::Subcommand;
use serde_json::Value;
use serde_json::json;
use url::Url;

use crate::access::Cx;
use crate::app;
use crate::audit::Audit;
use crate::audit::Entry;
use crate::cli::Output;
use crate::config;
use crate::db::Db;
use crate::db::Tx;
use crate::forge::embedded;
use crate::forge::embedded::NewOrigin;
use crate::forge::embedded::NewRepository;
use crate::forge::embedded::origin;
use crate::identity::Identity;
use crate::identity::NewPerson;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Clock;
use crate::kit::error::Context as _;
use crate::kit::secret::Secret;
use crate::model::OwnerName;
use crate::vault::Rotated;
use crate::vault::Vault;

/// People, tokens, keys and repositories.
#[derive(Debug, Subcommand)]
pub(super) enum Admin {
    /// People.
    #[command(subcommand)]
    User(User),
    /// Access tokens.
    #[command(subcommand)]
    Token(Token),
    /// Repositories.
    #[command(subcommand)]
    Repo(Repo),
    /// The key that secrets are sealed with.
    #[command(subcommand)]
    Key(Key),
}

#[derive(Debug, Subcommand)]
pub(super) enum Key {
    /// Seal every secret anew with another master key. The server may go on running.
    Rotate,
}

#[derive(Debug, Subcommand)]
pub(super) enum User {
    /// Add a person.
    Add(AddUser),
}

#[derive(Debug, Args)]
pub(super) struct AddUser {
    /// The name.
    name: String,
    /// Read the password from standard input.
    #[arg(long)]
    password_stdin: bool,
    /// Let the person administer the whole server.
    #[arg(long)]
    admin: bool,
}

#[derive(Debug, Subcommand)]
pub(super) enum Token {
    /// Add a token for a person, and print it once.
    Add(AddToken),
}

#[derive(Debug, Args)]
pub(super) struct AddToken {
    /// The person's name.
    name: String,
    /// What the token may do; may be given several times.
    #[arg(long = "scope", value_name = "SCOPE", required = true)]
    scopes: Vec<String>,
    /// What the token is called.
    #[arg(long, default_value = "command line")]
    label: String,
}

#[derive(Debug, Subcommand)]
pub(super) enum Repo {
    /// Take over a repository in a directory of this machine. The server does it, as soon as it runs.
    Import(ImportRepo),
}

#[derive(Debug, Args)]
pub(super) struct ImportRepo {
    /// The new repository: `owner/name`.
    name: String,
    /// The directory, bare or with a work tree. The server's user must be able to read it.
    path: PathBuf,
    /// Keep it as a mirror that looks this often, such as `1h`; `0` for only when somebody asks.
    #[arg(long, value_name = "INTERVAL")]
    mirror: Option<String>,
    /// Let everybody see it.
    #[arg(long)]
    public: bool,
}

pub(super) async fn run(admin: Admin, flags: config::Flags, output: Output) -> Result<ExitCode> {
    let settings = config::gather(flags)?;
    let clock = Clock::system();
    let cx = Cx::system(&clock);
    let rooms = Rooms::open(&settings, &clock).await?;
    match admin {
        Admin::User(User::Add(add)) => {
            let login: OwnerName = add.name.parse()?;
            let password = password(add.password_stdin)?;
            let password = rooms.identity.hash_password(&password).await?;
            let mut tx = rooms.db.begin().await?;
            let person = NewPerson {
                login,
                display_name: String::new(),
                email: None,
                password: Some(password),
                site_admin: add.admin,
            };
            let account = rooms.identity.create_person(&mut tx, person).await?;
            let details = json!({ "site_admin": add.admin, "by": "command line" });
            rooms.finish(tx, &cx, ("person.add", format!("person {}", account.login)), details).await?;
            output.say(&format!("Added {}", account.login), &json!({ "login": account.login, "id": account.id }));
        }
        Admin::Token(Token::Add(add)) => {
            let login: OwnerName = add.name.parse()?;
            let unknown = || Error::not_found(format!("person `{login}`"));
            let account = rooms.identity.person_by_login(&login).await?.ok_or_else(unknown)?;
            let mut tx = rooms.db.begin().await?;
            let (id, token) = rooms.identity.issue_token(&mut tx, account.id, &add.label, &add.scopes).await?;
            let details = json!({ "token": id, "scopes": add.scopes, "by": "command line" });
            rooms.finish(tx, &cx, ("token.add", format!("person {login}")), details).await?;
            output.say(token.reveal(), &json!({ "token": token.reveal(), "id": id, "scopes": add.scopes }));
        }
        Admin::Key(Key::Rotate) => rotate(&rooms, &settings, &cx, output).await?,
        Admin::Repo(Repo::Import(add)) => import(&rooms, &cx, &add, output).await?,
    }
    rooms.db.close().await;
    Ok(ExitCode::SUCCESS)
}

/// Only the rows are written: whoever serves the data directory reads the other one, and nobody else does.
async fn import(rooms: &Rooms, cx: &Cx, add: &ImportRepo, output: Output) -> Result<()> {
    let hint = "name it like `acme/tools`";
    let (owner, name) =
        add.name.split_once('/').ok_or_else(|| Error::invalid("This names no repository").hint(hint))?;
    let owner: OwnerName = owner.parse()?;
    let unknown = || Error::not_found(format!("person or organisation `{owner}`"));
    let account = rooms.identity.account_by_name(&owner).await?.ok_or_else(unknown)?;
    let path = add
        .path
        .canonicalize()
        .map_err(|error| Error::invalid(format!("Cannot read `{}`: {error}", add.path.display())).field("path"))?;
    let url = Url::from_file_path(&path).map_err(|()| Error::invalid("This is no path of a directory"))?;
    let new = NewOrigin {
        repository: NewRepository {
            owner: account.id,
            owner_name: account.login,
            name: name.parse()?,
            description: String::new(),
            private: !add.public,
            default_branch: "main".parse()?,
            readme: false,
        },
        url,
        credentials: None,
        mirror: add.mirror.as_deref().map(origin::period_of).transpose()?,
    };
    let mut tx = rooms.db.begin().await?;
    let repo = origin::enqueue(&mut tx, &new, cx.now()).await?;
    let details = json!({ "id": repo, "path": path, "by": "command line" });
    rooms.finish(tx, cx, ("repository.import", add.name.clone()), details).await?;
    let told = format!("{} is taken over as soon as the server runs", add.name);
    output.say(&told, &json!({ "id": repo, "repository": add.name }));
    Ok(())
}

/// The rooms that these commands need. The server may be running beside them, so nothing else is opened.
struct Rooms {
    db: Db,
    identity: Identity,
    audit: Audit,
}

impl Rooms {
    async fn open(settings: &config::Settings, clock: &Clock) -> Result<Self> {
        let data = app::data_directory(&settings.data)?;
        let db = app::database(settings, &data).await?;
        Ok(Self { identity: Identity::new(db.clone(), clock), audit: Audit::open(db.clone(), &data)?, db })
    }

    async fn finish(
        &self,
        mut tx: Tx,
        cx: &Cx,
        (action, subject): (&'static str, String),
        details: Value,
    ) -> Result<()> {
        self.audit.append(&mut tx, cx, Entry { action, subject, details }).await?;
        tx.commit().await
    }
}

/// Another master key, with an entry in the log as soon as it seals.
async fn rotate(rooms: &Rooms, settings: &config::Settings, cx: &Cx, output: Output) -> Result<()> {
    let vault = Vault::open(rooms.db.clone(), &settings.data).await?;
    // What no server has sealed yet is sealed first, so that nothing is left out.
    embedded::seal_old(&rooms.db, &vault, cx.now()).await?;
    let settle = async |tx: &mut Tx, rotated: &Rotated| {
        let details = json!({ "before": rotated.before, "after": rotated.after, "by": "command line" });
        let entry = Entry { action: "vault.rotate", subject: "the master key".into(), details };
        rooms.audit.append(tx, cx, entry).await.map(drop)
    };
    let rotated = vault.rotate(cx.now(), settle).await?;
    let Rotated { before, after, values, went_on } = rotated;
    let broke_off = if went_on { "; an earlier rotation that broke off is at its end" } else { "" };
    let text = format!("Sealed {values} secrets anew with the key {after}{broke_off}");
    output.say(&text, &json!({ "before": before, "after": after, "values": values, "went_on": went_on }));
    Ok(())
}

fn password(stdin: bool) -> Result<Secret<String>> {
    if !stdin {
        return Err(Error::invalid("A person needs a password")
            .hint("pipe it in and add `--password-stdin`; it is never an argument, which others on this machine could read")
            .field("password-stdin"));
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("Cannot read the password")?;
    Ok(Secret::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}
