//! The vault against both databases, and against whoever breaks off, copies rows or loses keys.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::db::Db;
use crate::db::scratch::on_each_engine;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::secret::Secret;
use crate::model::AccountId;
use crate::model::RepoId;
use crate::vault::Consumer;
use crate::vault::Granted;
use crate::vault::Keeper;
use crate::vault::Rotated;
use crate::vault::SecretName;
use crate::vault::Slot;
use crate::vault::Standing;
use crate::vault::Vault;
use crate::vault::masters::Masters;
use crate::vault::store::sealed as store;

const NOW: Timestamp = Timestamp(1_000_000);

async fn seal(db: &Db, vault: &Vault, slot: &Slot, value: &str) {
    let mut tx = db.begin().await.unwrap();
    vault.seal(&mut tx, slot, &Secret::new(value.into()), NOW).await.unwrap();
    tx.commit().await.unwrap();
}

async fn said(vault: &Vault, slot: &Slot) -> Result<Option<String>> {
    Ok(vault.unseal(slot).await?.map(|value| value.reveal().clone()))
}

async fn rotate(vault: &Vault) -> Result<Rotated> {
    vault.rotate(NOW, async |_, _| Ok(())).await
}

fn keys(data: &Path) -> usize {
    std::fs::read_to_string(data.join("keys/vault.keys")).unwrap().lines().count()
}

#[tokio::test]
async fn a_value_is_said_again_replaced_and_forgotten() {
    on_each_engine(async |db| {
        let data = tempfile::tempdir().unwrap();
        let vault = Vault::open(db.clone(), data.path()).await.unwrap();
        let slot = Slot::of("webhook", 7);
        assert_eq!(said(&vault, &slot).await.unwrap(), None);
        seal(&db, &vault, &slot, "first").await;
        seal(&db, &vault, &slot, "grüße, \u{0}").await;
        assert_eq!(said(&vault, &slot).await.unwrap().as_deref(), Some("grüße, \u{0}"));

        let again = Vault::open(db.clone(), data.path()).await.unwrap();
        assert_eq!(said(&again, &slot).await.unwrap().as_deref(), Some("grüße, \u{0}"), "after a restart");
        let mode = std::fs::metadata(data.path().join("keys/vault.keys")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);

        let mut tx = db.begin().await.unwrap();
        vault.forget(&mut tx, &slot).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(said(&vault, &slot).await.unwrap(), None);
    })
    .await;
}

#[tokio::test]
async fn a_row_that_was_changed_or_moved_opens_nothing() {
    on_each_engine(async |db| {
        let data = tempfile::tempdir().unwrap();
        let vault = Vault::open(db.clone(), data.path()).await.unwrap();
        let (mine, other) = (Slot::of("webhook", 1), Slot::of("webhook", 2));
        seal(&db, &vault, &mine, "the value of mine").await;
        let mut tx = db.begin().await.unwrap();
        let mut row = store::find(&mut tx, &mine).await.unwrap().unwrap();
        row.slot = other.clone();
        store::put(&mut tx, &row, NOW).await.unwrap();
        row.slot = mine.clone();
        *row.bytes.last_mut().unwrap() ^= 1;
        store::put(&mut tx, &row, NOW).await.unwrap();
        tx.commit().await.unwrap();
        for slot in [mine, other] {
            let told = said(&vault, &slot).await.unwrap_err();
            assert!(told.message().contains("does not open"), "{}", told.message());
        }
    })
    .await;
}

#[tokio::test]
async fn a_database_without_its_keys_is_told_apart_from_a_new_one() {
    on_each_engine(async |db| {
        let (data, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        drop(Vault::open(db.clone(), data.path()).await.unwrap());
        let vault = Vault::open(db.clone(), elsewhere.path()).await.unwrap();
        seal(&db, &vault, &Slot::of("model", "m"), "value").await;
        let told = Vault::open(db.clone(), data.path()).await.err().unwrap();
        assert_eq!(told.code_name(), "VAULT_KEY_LOST");
        std::fs::write(data.path().join("keys/vault.keys"), "abc def\n").unwrap();
        let told = Vault::open(db.clone(), data.path()).await.err().unwrap();
        assert!(told.message().contains("64 hexadecimal digits"), "{}", told.message());
    })
    .await;
}

#[tokio::test]
async fn a_rotation_seals_everything_anew_beside_a_server_that_runs() {
    on_each_engine(async |db| {
        let data = tempfile::tempdir().unwrap();
        let server = Vault::open(db.clone(), data.path()).await.unwrap();
        let slots: Vec<Slot> = (0..250).map(|number| Slot::of("webhook", number)).collect();
        for slot in &slots {
            seal(&db, &server, slot, &format!("value of {slot}")).await;
        }
        let old = std::fs::read_to_string(data.path().join("keys/vault.keys")).unwrap();
        let command = Vault::open(db.clone(), data.path()).await.unwrap();
        let rotated = rotate(&command).await.unwrap();
        assert_eq!((rotated.values, rotated.went_on, keys(data.path())), (250, false, 1));
        assert_ne!(std::fs::read_to_string(data.path().join("keys/vault.keys")).unwrap(), old);
        for slot in &slots {
            assert_eq!(said(&server, slot).await.unwrap(), Some(format!("value of {slot}")));
        }
        seal(&db, &server, &slots[0], "sealed by the server afterwards").await;
        let row = store::find(&mut db.read().await.unwrap(), &slots[0]).await.unwrap().unwrap();
        assert_eq!(row.master, rotated.after, "the server uses the new key without a restart");
    })
    .await;
}

#[tokio::test]
async fn a_rotation_that_broke_off_anywhere_is_brought_to_its_end() {
    on_each_engine(async |db| {
        let data = tempfile::tempdir().unwrap();
        let directory = data.path().join("keys");
        let vault = Vault::open(db.clone(), data.path()).await.unwrap();
        let slots: Vec<Slot> = (0..3).map(|number| Slot::of("webhook", number)).collect();
        for slot in &slots {
            seal(&db, &vault, slot, "value").await;
        }

        // After the new key stands in the file.
        Masters::open(&directory).unwrap().with_another().write(&directory).unwrap();
        assert!(rotate(&vault).await.unwrap().went_on);

        // After the database names it: the entry for the audit log was refused, then it was written.
        let broke = vault.rotate(NOW, async |_, _| Err(Error::internal("the disk is full"))).await;
        assert!(broke.is_err() && keys(data.path()) == 2);
        assert!(rotate(&vault).await.unwrap().went_on);

        // Between two rows: one is sealed anew, the others are not.
        let masters = Masters::open(&directory).unwrap().with_another();
        masters.write(&directory).unwrap();
        let mut tx = db.begin().await.unwrap();
        store::set_master(&mut tx, masters.newest().id()).await.unwrap();
        tx.commit().await.unwrap();
        seal(&db, &vault, &slots[1], "value").await;
        let rotated = rotate(&vault).await.unwrap();
        assert_eq!((rotated.values, rotated.went_on, keys(data.path())), (2, true, 1));

        let again = Vault::open(db.clone(), data.path()).await.unwrap();
        for slot in &slots {
            assert_eq!(said(&again, slot).await.unwrap().as_deref(), Some("value"));
        }
    })
    .await;
}

#[tokio::test]
async fn a_grant_is_for_one_stack_in_one_place_and_names_where_it_may_go() {
    on_each_engine(async |db| {
        let data = tempfile::tempdir().unwrap();
        let vault = Vault::open(db.clone(), data.path()).await.unwrap();
        let (repo, other, owner) = (RepoId::make(), RepoId::make(), AccountId::make());
        let name: SecretName = "DOCS_TOKEN".parse().unwrap();
        let value = Secret::new("a value that is long enough".to_owned());
        let mut tx = db.begin().await.unwrap();
        let kept = (Keeper::Owner(owner), &name);
        let named = vault.set_secret(&mut tx, kept, &value, ("alice", NOW)).await.unwrap();
        tx.commit().await.unwrap();
        let asked = async |repo, stack: &str, of_organisation| {
            let consumer = Consumer { repo, owner, stack: stack.into(), of_organisation };
            vault.standing(&consumer, ["DOCS_TOKEN"]).await.unwrap().remove("DOCS_TOKEN").unwrap()
        };
        assert_eq!(asked(repo, "fixer", true).await, Standing::Ungranted(Keeper::Owner(owner)));

        let to = |repo| Granted { repo, stack: "fixer".into(), uses: vec!["https://docs.example/mcp".into()] };
        let granted = |standing| matches!(standing, Standing::Granted { .. });
        let mut tx = db.begin().await.unwrap();
        let own = vault.grant(&mut tx, named.id, to(Some(repo)), ("alice", NOW)).await.unwrap();
        tx.commit().await.unwrap();
        assert!(granted(asked(repo, "fixer", false).await));
        assert!(!granted(asked(repo, "other", false).await) && !granted(asked(other, "fixer", false).await));

        let mut tx = db.begin().await.unwrap();
        vault.grant(&mut tx, named.id, to(None), ("alice", NOW)).await.unwrap();
        vault.revoke(&mut tx, own.id).await.unwrap();
        tx.commit().await.unwrap();
        assert!(granted(asked(other, "fixer", true).await));
        assert!(!granted(asked(repo, "fixer", false).await), "a repository's own stack only has the same name");

        let mut tx = db.begin().await.unwrap();
        assert_eq!(vault.use_secret(&mut tx, named.id, NOW).await.unwrap().reveal(), value.reveal());
        vault.remove_secret(&mut tx, named.id).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(asked(other, "fixer", true).await, Standing::Absent);
        let clean = vault.watch().redact("it said: a value that is long enough".into());
        assert_eq!(clean, "it said: [redacted: a secret]", "also what was removed");
    })
    .await;
}

#[tokio::test]
async fn a_value_that_could_not_be_found_again_is_not_taken() {
    on_each_engine(async |db| {
        let data = tempfile::tempdir().unwrap();
        let vault = Vault::open(db.clone(), data.path()).await.unwrap();
        let name: SecretName = "A".parse().unwrap();
        for value in ["short", "two\nlines of text", " blanks around it "] {
            let mut tx = db.begin().await.unwrap();
            let value = Secret::new(value.to_owned());
            let told = vault.set_secret(&mut tx, (Keeper::Server, &name), &value, ("alice", NOW)).await.unwrap_err();
            assert_eq!(told.field_name(), Some("value"));
        }
        for name in ["", "1A", "A B", "a/b", &"A".repeat(49)] {
            assert!(name.parse::<SecretName>().is_err(), "{name}");
        }
    })
    .await;
}
