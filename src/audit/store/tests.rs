//! Every way to change a log behind our back, and the entry that `verify` names. Stands beside the store, because only
//! a store may hold the statements that an attacker would type.

use std::path::Path;

use sqlx::AssertSqlSafe;
use sqlx::Executor as _;
use tokio::task::JoinSet;

use super::*;
use crate::access::Actor;
use crate::access::Cx;
use crate::audit::Audit;
use crate::audit::Entry;
use crate::audit::Verification;
use crate::audit::keys::Keys;
use crate::db::Db;
use crate::db::scratch;
use crate::kit::clock::Clock;
use crate::model::AccountId;

async fn log(db: &Db, data: &Path, entries: usize) -> Audit {
    let audit = Audit::open(db.clone(), data).unwrap();
    append(&audit, db, entries).await;
    audit
}

async fn append(audit: &Audit, db: &Db, entries: usize) {
    let clock = Clock::fixed(Timestamp::from_seconds(1_700_000_000));
    let ada = Actor::Person { id: AccountId::make(), login: "ada".parse().unwrap(), site_admin: false, scopes: None };
    let cx = Cx::new(ada, &clock, "request-1".into());
    for number in 0..entries {
        let mut tx = db.begin().await.unwrap();
        let entry = Entry::new("approval.approve", format!("approval {number}"));
        audit.append(&mut tx, &cx, entry.details(serde_json::json!({"digest": number}))).await.unwrap();
        tx.commit().await.unwrap();
    }
}

async fn run(db: &Db, statement: &str) {
    let mut tx = db.begin().await.unwrap();
    (*tx).execute(AssertSqlSafe(statement.to_owned())).await.unwrap();
    tx.commit().await.unwrap();
}

async fn first_bad(audit: &Audit) -> i64 {
    match audit.verify(None).await.unwrap() {
        Verification::Bad { sequence, .. } => sequence,
        Verification::Good { .. } => 0,
    }
}

#[tokio::test]
async fn a_log_that_nobody_touched_is_good_also_after_a_restart_and_with_a_new_key() {
    scratch::on_each_engine(async |db| {
        let data = tempfile::tempdir().unwrap();
        let audit = log(&db, data.path(), 0).await;
        assert!(matches!(audit.verify(None).await.unwrap(), Verification::Good { entries: 0, .. }));
        append(&audit, &db, 5).await;
        Keys::rotate(&data.path().join("keys")).unwrap();
        let again = log(&db, data.path(), 5).await;
        again.checkpoint().await.unwrap().unwrap();
        again.checkpoint().await.unwrap().unwrap();
        let Verification::Good { entries, checkpoints, .. } = again.verify(None).await.unwrap() else { panic!() };
        assert_eq!((entries, checkpoints), (10, 1));
    })
    .await;
}

#[tokio::test]
async fn the_first_entry_that_was_changed_is_named() {
    let cases = [
        ("edit", "update audit set subject = 'approval 9' where sequence = 4", 4),
        ("edit the time", "update audit set at = at + 1 where sequence = 6", 6),
        ("delete", "delete from audit where sequence = 3", 3),
        ("delete the first", "delete from audit where sequence = 1", 1),
        (
            "swap",
            "update audit set sequence = -5 where sequence = 5; update audit set sequence = 5 where sequence = 7;
             update audit set sequence = 7 where sequence = -5",
            5,
        ),
        (
            "insert at the end",
            "insert into audit select 11, at, actor, account, request, action, subject, details, previous, hash,
               signing_key, signature from audit where sequence = 10",
            11,
        ),
        (
            "insert in the middle",
            "update audit set sequence = 0 - sequence where sequence > 4;
             update audit set sequence = 1 - sequence where sequence < 0;
             insert into audit select 5, at, actor, account, request, action, subject, details, previous, hash,
               signing_key, signature from audit where sequence = 4",
            5,
        ),
        ("truncate", "delete from audit where sequence > 7", 8),
        (
            "truncate and copy the last entry into the head",
            "delete from audit where sequence > 7;
             update audit_head set sequence = 7,
               hash = (select hash from audit where sequence = 7),
               signature = (select signature from audit where sequence = 7)",
            7,
        ),
        ("forge the head", "update audit_head set signature = '00'", 10),
        ("empty it", "delete from audit; update audit_head set sequence = 0, signature = ''", 1),
    ];
    scratch::on_each_engine(async |db| {
        for (name, statement, expected) in cases {
            let data = tempfile::tempdir().unwrap();
            run(&db, "delete from audit").await;
            let zeros = "0".repeat(64);
            run(&db, &format!("update audit_head set sequence = 0, hash = '{zeros}', signature = ''")).await;
            let audit = log(&db, data.path(), 10).await;
            if name == "empty it" {
                audit.checkpoint().await.unwrap();
            }
            assert_eq!(first_bad(&audit).await, 0, "{name}: before");
            run(&db, statement).await;
            assert_eq!(first_bad(&audit).await, expected, "{name}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_tail_that_was_rewritten_and_hashed_again_is_named_where_it_begins() {
    scratch::on_each_engine(async |db| {
        let data = tempfile::tempdir().unwrap();
        let audit = log(&db, data.path(), 10).await;
        let mut tx = db.begin().await.unwrap();
        let mut entries = from(&mut tx, 1, 100).await.unwrap();
        let mut previous = entries[2].hash;
        for entry in entries.iter_mut().skip(3) {
            entry.subject = format!("other {}", entry.subject);
            entry.previous = previous;
            entry.hash = entry.computed_hash();
            previous = entry.hash;
        }
        (*tx).execute("delete from audit").await.unwrap();
        for entry in &entries {
            insert(&mut tx, entry).await.unwrap();
        }
        tx.commit().await.unwrap();
        run(&db, &format!("update audit_head set hash = '{previous}'")).await;
        assert_eq!(first_bad(&audit).await, 4);
    })
    .await;
}

#[tokio::test]
async fn a_cut_tail_with_its_old_head_is_caught_by_a_checkpoint_outside() {
    scratch::on_each_engine(async |db| {
        let data = tempfile::tempdir().unwrap();
        let audit = log(&db, data.path(), 6).await;
        let old = audit.head().await.unwrap().unwrap();
        append(&audit, &db, 4).await;
        let kept = audit.checkpoint().await.unwrap().unwrap();
        run(&db, "delete from audit where sequence > 6").await;
        let mut tx = db.begin().await.unwrap();
        set_head(&mut tx, &old).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(first_bad(&audit).await, 7);

        std::fs::remove_dir_all(data.path().join("audit")).unwrap();
        assert_eq!(first_bad(&audit).await, 0, "without a checkpoint it passes: that is what checkpoints are for");
        let Verification::Bad { sequence, why } = audit.verify(Some(&kept)).await.unwrap() else { panic!() };
        assert_eq!((sequence, why.as_str()), (7, "it is missing: a checkpoint outside the database names entry 10"));
    })
    .await;
}

#[tokio::test]
async fn eight_writers_make_one_chain() {
    scratch::on_each_engine(async |db| {
        let data = tempfile::tempdir().unwrap();
        let audit = log(&db, data.path(), 0).await;
        let mut writers = JoinSet::new();
        for _ in 0..8 {
            let (audit, db) = (audit.clone(), db.clone());
            writers.spawn(async move { append(&audit, &db, 200).await });
        }
        writers.join_all().await;
        let verified = audit.verify(None).await.unwrap();
        assert!(matches!(verified, Verification::Good { entries: 1600, .. }), "{verified:?}");
    })
    .await;
}

#[tokio::test]
async fn an_entry_goes_with_its_deed() {
    scratch::on_each_engine(async |db| {
        let data = tempfile::tempdir().unwrap();
        let audit = log(&db, data.path(), 2).await;
        let mut tx = db.begin().await.unwrap();
        let cx = Cx::system(&Clock::system());
        audit.append(&mut tx, &cx, Entry::new("run.cancel", "run 1")).await.unwrap();
        drop(tx);
        append(&audit, &db, 1).await;
        assert!(matches!(audit.verify(None).await.unwrap(), Verification::Good { entries: 3, .. }));
    })
    .await;
}

#[tokio::test]
async fn entries_are_found_by_what_they_are_about() {
    scratch::on_each_engine(async |db| {
        let data = tempfile::tempdir().unwrap();
        let audit = log(&db, data.path(), 3).await;
        let filter =
            Filter { action: Some("approval.".into()), subject: Some("approval 1".into()), ..Filter::default() };
        let page = audit.list(&filter, Paging::new(None, None)).await.unwrap();
        assert_eq!((page.total, page.items[0].sequence, page.items[0].actor.as_str()), (1, 2, "ada"));
        let page =
            audit.list(&Filter { actor: Some("bob".into()), ..Filter::default() }, Paging::new(None, None)).await;
        assert_eq!(page.unwrap().total, 0);
    })
    .await;
}

#[tokio::test]
async fn the_signing_key_is_readable_by_nobody_else() {
    use std::os::unix::fs::PermissionsExt as _;
    let data = tempfile::tempdir().unwrap();
    Keys::open(&data.path().join("keys")).unwrap();
    let mode = |name: &str| std::fs::metadata(data.path().join(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("keys"), mode("keys/audit-signing.key")), (0o700, 0o600));
}
