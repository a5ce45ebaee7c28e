//! A small world to test in: an owner, a writer, a stranger, and one public repository with a first commit.

use tempfile::TempDir;

use crate::access::Access;
use crate::access::Actor;
use crate::access::Cx;
use crate::db::Db;
use crate::forge::embedded::Embedded;
use crate::forge::embedded::NewIssue;
use crate::forge::embedded::NewRepository;
use crate::forge::embedded::Place;
use crate::forge::embedded::Rooms;
use crate::git;
use crate::git::Git;
use crate::identity::Account;
use crate::identity::Identity;
use crate::identity::NewPerson;
use crate::kit::clock::Clock;
use crate::kit::clock::Timestamp;
use crate::kit::poke::Poke;
use crate::model::BranchName;
use crate::model::CommitId;
use crate::model::Event;
use crate::model::Role;
use crate::vault::Vault;

pub struct World {
    pub forge: Embedded,
    pub clock: Clock,
    pub owner: Cx,
    pub writer: Cx,
    pub stranger: Cx,
    pub access: Access,
    _directory: TempDir,
}

impl World {
    pub async fn new(db: Db) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let clock = Clock::fixed(Timestamp::from_seconds(1_700_000_000));
        let identity = Identity::new(db.clone(), &clock);
        let access = Access::new(db.clone(), &identity, &clock);
        let git = Git::open(directory.path(), &git::Settings::default()).await.unwrap();
        let vault = Vault::open(db.clone(), directory.path()).await.unwrap();
        let mut people = Vec::new();
        for login in ["olga", "wim", "sam"] {
            people.push(person(&db, &identity, login, &clock).await);
        }
        let rooms = Rooms {
            db,
            clock: clock.clone(),
            identity,
            access: access.clone(),
            git,
            vault,
            poke: Poke::default(),
            base_url: "http://forge.test".into(),
        };
        let forge = Embedded::open(rooms).await.unwrap();
        let [owner, writer, stranger] = people.try_into().unwrap();
        let world = Self { forge, clock, owner, writer, stranger, access, _directory: directory };
        world.create("tools", false).await;
        let mut tx = world.forge.db().begin().await.unwrap();
        let repo = world.place(&world.owner).await.repository.id;
        world.access.set_collaborator(&mut tx, repo, world.writer.person().unwrap(), Role::Write).await.unwrap();
        tx.commit().await.unwrap();
        world.events().await;
        world
    }

    pub async fn create(&self, name: &str, private: bool) -> crate::forge::embedded::Repository {
        let new = NewRepository {
            owner: self.owner.person().unwrap(),
            owner_name: "olga".parse().unwrap(),
            name: name.parse().unwrap(),
            description: String::new(),
            private,
            default_branch: branch("main"),
            readme: true,
        };
        self.forge.create(&self.owner, new).await.unwrap()
    }

    pub async fn place(&self, cx: &Cx) -> Place {
        self.forge.enter(cx, &"olga".parse().unwrap(), &"tools".parse().unwrap()).await.unwrap()
    }

    /// Commits one file to a branch, which is made from `main` when it is new.
    pub async fn commit(&self, cx: &Cx, to: &str, path: &str, text: &str) -> CommitId {
        let place = self.place(cx).await;
        let who = self.forge.signature(cx).await.unwrap();
        let main = self.forge.git(&place.repository).branch(&branch("main")).await.unwrap();
        let change = git::Change::Write { bytes: text.as_bytes().to_vec(), executable: false };
        let commit = git::CommitFiles {
            branch: branch(to),
            expected: git::Expected::Any,
            base: main,
            changes: vec![(path.parse().unwrap(), change)],
            author: who.clone(),
            committer: who,
            message: format!("Write {path}\n"),
        };
        self.forge.commit_files(cx, &place, commit).await.unwrap()
    }

    /// Takes everything out of the outbox.
    pub async fn events(&self) -> Vec<Event> {
        let mut events = Vec::new();
        for outgoing in self.forge.outbox(1000).await.unwrap() {
            let mut tx = self.forge.db().begin().await.unwrap();
            assert!(self.forge.take(&mut tx, outgoing.id).await.unwrap());
            tx.commit().await.unwrap();
            events.push(outgoing.event);
        }
        events
    }

    /// The same, each as `who: what`.
    pub async fn told(&self) -> Vec<String> {
        self.events().await.iter().map(told).collect()
    }
}

fn told(event: &Event) -> String {
    let what = serde_json::to_value(&event.what).unwrap();
    let word = |key: &str| what[key].as_str().unwrap_or_default().to_owned();
    let detail = match event.what.name() {
        "label" => word("label"),
        "push" => word("branch"),
        "check" => {
            format!("{} {}", what["check"]["name"].as_str().unwrap(), what["check"]["conclusion"].as_str().unwrap())
        }
        _ => word("action"),
    };
    let number = event.what.number().map(|number| format!("#{number}")).unwrap_or_default();
    format!("{:?} {}: {} {detail}{number}", event.actor.kind, event.actor.login, event.what.name())
}

pub fn branch(name: &str) -> BranchName {
    name.parse().unwrap()
}

pub fn titled(title: &str) -> NewIssue {
    NewIssue { title: title.into(), ..NewIssue::default() }
}

async fn person(db: &Db, identity: &Identity, login: &str, clock: &Clock) -> Cx {
    let new = NewPerson {
        login: login.parse().unwrap(),
        display_name: String::new(),
        email: None,
        password: None,
        site_admin: false,
    };
    let mut tx = db.begin().await.unwrap();
    let Account { id, login, .. } = identity.create_person(&mut tx, new).await.unwrap();
    tx.commit().await.unwrap();
    Cx::new(Actor::Person { id, login, site_admin: false, scopes: None }, clock, "test".into())
}
