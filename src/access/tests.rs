//! Roles add up: what the owner gives, what one was given alone, and what everybody has.

use super::*;
use crate::db::Db;
use crate::db::scratch;
use crate::identity::Account;
use crate::identity::Identity;
use crate::identity::MemberRole;
use crate::identity::NewOrganisation;
use crate::identity::NewPerson;
use crate::kit::clock::Clock;
use crate::model::RepoId;
use crate::model::Role;

async fn person(db: &Db, identity: &Identity, login: &str) -> Account {
    let mut tx = db.begin().await.unwrap();
    let new = NewPerson {
        login: login.parse().unwrap(),
        display_name: String::new(),
        email: None,
        password: None,
        site_admin: false,
    };
    let account = identity.create_person(&mut tx, new).await.unwrap();
    tx.commit().await.unwrap();
    account
}

fn cx(account: &Account, clock: &Clock) -> Cx {
    let actor =
        Actor::Person { id: account.id, login: account.login.clone(), site_admin: account.site_admin, scopes: None };
    Cx::new(actor, clock, "test".into())
}

#[tokio::test]
async fn the_greatest_role_counts() {
    scratch::on_each_engine(async |db| {
        let clock = Clock::system();
        let identity = Identity::new(db.clone(), &clock);
        let access = Access::new(db.clone(), &identity, &clock);
        let [ada, bob, cleo] = [
            person(&db, &identity, "ada").await,
            person(&db, &identity, "bob").await,
            person(&db, &identity, "cleo").await,
        ];
        let mut tx = db.begin().await.unwrap();
        let new = NewOrganisation { login: "acme".parse().unwrap(), display_name: String::new(), owner: ada.id };
        let acme = identity.create_organisation(&mut tx, new).await.unwrap();
        identity.add_member(&mut tx, acme.id, bob.id, MemberRole::Member).await.unwrap();
        let repo = RepoFacts { id: RepoId::make(), owner: acme.id, private: true };
        access.set_collaborator(&mut tx, repo.id, bob.id, Role::Read).await.unwrap();
        access.set_collaborator(&mut tx, repo.id, cleo.id, Role::Triage).await.unwrap();
        tx.commit().await.unwrap();

        let role = async |account: &Account| access.role_of(account.id, &repo).await.unwrap();
        assert_eq!(role(&ada).await, Some(Role::Admin));
        assert_eq!(role(&bob).await, Some(Role::Write), "a member keeps what membership gives");
        assert_eq!(role(&cleo).await, Some(Role::Triage));
        let own = RepoFacts { owner: cleo.id, ..repo };
        assert_eq!(access.role_of(cleo.id, &own).await.unwrap(), Some(Role::Admin));

        let standing = access.standing(&cx(&cleo, &clock), &repo).await.unwrap();
        assert_eq!(standing, Standing { public: false, role: Some(Role::Triage), site_admin: false });
        let all = access.readable(&cx(&cleo, &clock)).await.unwrap();
        assert_eq!(all, Readable::Only { owners: vec![cleo.id], repos: vec![repo.id] });

        let mut tx = db.begin().await.unwrap();
        access.remove_collaborator(&mut tx, repo.id, cleo.id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(role(&cleo).await, None);
    })
    .await;
}

#[test]
fn a_new_token_needs_scopes_that_mean_something() {
    let words = |all: &[&str]| all.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
    assert!(scope::check(&words(&["write:issue", "approve", "read:user"])).is_ok());
    for wrong in [vec![], words(&["everything"]), words(&["read", "write"])] {
        assert_eq!(scope::check(&wrong).unwrap_err().field_name(), Some("scopes"));
    }
}
