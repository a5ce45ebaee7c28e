//! People come in, belong, sign in, and are let go, on both engines.

use std::time::Duration;

use super::*;
use crate::db::scratch;
use crate::kit::ErrorKind;
use crate::kit::clock::Timestamp;
use crate::kit::secret::Secret;

fn start(db: &Db) -> (Identity, Clock) {
    let clock = Clock::fixed(Timestamp::from_seconds(1_700_000_000));
    (Identity::new(db.clone(), &clock), clock)
}

fn person(login: &str) -> NewPerson {
    let login = login.parse().unwrap();
    NewPerson { login, display_name: String::new(), email: None, password: None, site_admin: false }
}

async fn made(db: &Db, identity: &Identity, login: &str) -> Account {
    let mut tx = db.begin().await.unwrap();
    let account = identity.create_person(&mut tx, person(login)).await.unwrap();
    tx.commit().await.unwrap();
    account
}

#[tokio::test]
async fn a_name_is_taken_once_whatever_its_case() {
    scratch::on_each_engine(async |db| {
        let (identity, _) = start(&db);
        let ada = made(&db, &identity, "Ada").await;
        let mut tx = db.begin().await.unwrap();
        let error = identity.create_person(&mut tx, person("aDA")).await.unwrap_err();
        assert_eq!((error.kind(), error.message()), (ErrorKind::Conflict, "The name `aDA` is taken"));
        drop(tx);
        let found = identity.account_by_name(&"ADA".parse().unwrap()).await.unwrap();
        assert_eq!(found, Some(ada));
    })
    .await;
}

#[tokio::test]
async fn a_password_opens_and_a_wrong_one_does_not_until_too_many_were_wrong() {
    scratch::on_each_engine(async |db| {
        let (identity, clock) = start(&db);
        let hash = identity.hash_password(&Secret::new("correct horse".into())).await.unwrap();
        let mut tx = db.begin().await.unwrap();
        identity.create_person(&mut tx, NewPerson { password: Some(hash), ..person("ada") }).await.unwrap();
        tx.commit().await.unwrap();

        let right = Secret::new("correct horse".to_owned());
        assert_eq!(identity.log_in("Ada", &right, None).await.unwrap().login.as_str(), "ada");
        let wrong = Secret::new("battery staple".to_owned());
        for name in ["nobody", "../etc"] {
            assert_eq!(identity.log_in(name, &right, None).await.unwrap_err().kind(), ErrorKind::Unauthenticated);
        }
        for _ in 0..10 {
            assert_eq!(identity.log_in("ada", &wrong, None).await.unwrap_err().kind(), ErrorKind::Unauthenticated);
        }
        assert_eq!(identity.log_in("ada", &right, None).await.unwrap_err().kind(), ErrorKind::RateLimited);
        clock.advance(Duration::from_secs(301));
        assert!(identity.log_in("ada", &right, None).await.is_ok());
    })
    .await;
}

#[tokio::test]
async fn a_session_ends_when_it_is_closed_or_over() {
    scratch::on_each_engine(async |db| {
        let (identity, clock) = start(&db);
        let ada = made(&db, &identity, "ada").await;
        let opened = identity.open_session(ada.id).await.unwrap();
        let session = identity.session(opened.secret.reveal()).await.unwrap().unwrap();
        assert_eq!((session.account.id, session.csrf), (ada.id, opened.csrf));
        identity.close_session(opened.secret.reveal()).await.unwrap();
        assert!(identity.session(opened.secret.reveal()).await.unwrap().is_none());

        let opened = identity.open_session(ada.id).await.unwrap();
        clock.advance(Duration::from_secs(31 * 24 * 3600));
        assert!(identity.session(opened.secret.reveal()).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn a_token_is_gone_on_the_next_request_when_it_is_revoked() {
    scratch::on_each_engine(async |db| {
        let (identity, clock) = start(&db);
        let ada = made(&db, &identity, "ada").await;
        let bob = made(&db, &identity, "bob").await;
        let mut tx = db.begin().await.unwrap();
        let scopes = vec!["read".to_owned()];
        let (id, secret) = identity.issue_token(&mut tx, ada.id, "laptop", &scopes).await.unwrap();
        tx.commit().await.unwrap();

        let (whose, may) = identity.token(secret.reveal()).await.unwrap().unwrap();
        assert_eq!((whose.id, may), (ada.id, scopes));
        assert_eq!(identity.tokens_of(ada.id).await.unwrap()[0].last_used, Some(clock.now()));
        assert!(identity.token(&format!("{}0", secret.reveal())).await.unwrap().is_none());

        let mut tx = db.begin().await.unwrap();
        let error = identity.revoke_token(&mut tx, bob.id, id).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NotFound);
        identity.revoke_token(&mut tx, ada.id, id).await.unwrap();
        tx.commit().await.unwrap();
        assert!(identity.token(secret.reveal()).await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn an_organisation_keeps_an_owner() {
    scratch::on_each_engine(async |db| {
        let (identity, _) = start(&db);
        let ada = made(&db, &identity, "ada").await;
        let bob = made(&db, &identity, "bob").await;
        let mut tx = db.begin().await.unwrap();
        let new = NewOrganisation { login: "acme".parse().unwrap(), display_name: "Acme".into(), owner: ada.id };
        let acme = identity.create_organisation(&mut tx, new).await.unwrap();
        identity.add_member(&mut tx, acme.id, bob.id, MemberRole::Member).await.unwrap();
        identity.add_to_team(&mut tx, acme.id, "platform", bob.id).await.unwrap();
        assert_eq!(identity.remove_member(&mut tx, acme.id, ada.id).await.unwrap_err().kind(), ErrorKind::Conflict);
        let demotion = identity.add_member(&mut tx, acme.id, ada.id, MemberRole::Member).await;
        assert_eq!(demotion.unwrap_err().kind(), ErrorKind::Conflict);
        tx.commit().await.unwrap();

        assert_eq!(identity.teams_in(acme.id, bob.id).await.unwrap(), ["platform"]);
        assert_eq!(identity.teams_of(bob.id).await.unwrap()[0].organisation.as_str(), "acme");
        let members = identity.members(acme.id).await.unwrap();
        let seen: Vec<_> = members.iter().map(|member| (member.account.login.as_str(), member.role)).collect();
        assert_eq!(seen, [("ada", MemberRole::Owner), ("bob", MemberRole::Member)]);

        let mut tx = db.begin().await.unwrap();
        identity.remove_member(&mut tx, acme.id, bob.id).await.unwrap();
        tx.commit().await.unwrap();
        assert!(identity.teams_of(bob.id).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test]
async fn the_setup_link_works_once_and_only_the_newest() {
    scratch::on_each_engine(async |db| {
        let (identity, _) = start(&db);
        let first = identity.setup_link().await.unwrap().unwrap();
        let second = identity.setup_link().await.unwrap().unwrap();
        let mut tx = db.begin().await.unwrap();
        let error = identity.redeem_setup(&mut tx, first.reveal(), person("eve")).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Conflict);
        let ada = identity.redeem_setup(&mut tx, second.reveal(), person("ada")).await.unwrap();
        assert!(ada.site_admin);
        tx.commit().await.unwrap();
        let mut tx = db.begin().await.unwrap();
        assert!(identity.redeem_setup(&mut tx, second.reveal(), person("eve")).await.is_err());
        drop(tx);
        assert!(identity.setup_link().await.unwrap().is_none());
    })
    .await;
}

#[tokio::test]
async fn names_and_addresses_that_would_break_a_commit_are_refused() {
    scratch::on_each_engine(async |db| {
        let (identity, _) = start(&db);
        for name in ["a\nb", "Ada <x>", "a\u{202e}b", "a\0b"] {
            let mut tx = db.begin().await.unwrap();
            let new = NewPerson { display_name: name.into(), ..person("ada") };
            assert_eq!(identity.create_person(&mut tx, new).await.unwrap_err().field_name(), Some("display_name"));
        }
        for email in ["ada", "@x", "a@b\nc", "a <b@c>"] {
            let mut tx = db.begin().await.unwrap();
            let new = NewPerson { email: Some(email.into()), ..person("ada") };
            assert_eq!(identity.create_person(&mut tx, new).await.unwrap_err().field_name(), Some("email"));
        }
    })
    .await;
}
