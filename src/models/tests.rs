//! Profiles against both databases: what a run froze, whose key goes where, and what is left of a key that a run brought.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::db::Db;
use crate::db::scratch::on_each_engine;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::secret::Secret;
use crate::model::EventId;
use crate::model::ProfileId;
use crate::model::RunId;
use crate::models::Draft;
use crate::models::Facts;
use crate::models::Limits;
use crate::models::ModelProfile;
use crate::models::Models;
use crate::models::Protocol;
use crate::vault::Vault;

const NOW: Timestamp = Timestamp(1_000_000);
const KEY: &str = "sk-first-key-of-ours";

async fn room(db: &Db, data: &tempfile::TempDir, given: &[&str]) -> Models {
    let vault = Vault::open(db.clone(), data.path()).await.unwrap();
    let profile = |name: &&str| {
        let name = (*name).to_owned();
        let profile = ModelProfile {
            name: name.clone(),
            protocol: Protocol::Openai,
            url: "https://given.example/v1".parse().unwrap(),
            key: Secret::new("sk-given-by-settings".into()),
            model: "m".into(),
            price: None,
            limits: Limits::default(),
        };
        (name, profile)
    };
    Models::new(db.clone(), vault, given.iter().map(profile).collect::<BTreeMap<_, _>>())
}

fn facts(name: &str, url: &str) -> Facts {
    Draft { url: url.into(), model: "m-1".into(), ..Draft::default() }.facts(name).unwrap()
}

async fn add(db: &Db, models: &Models, name: &str, url: &str) -> Result<ProfileId> {
    let mut tx = db.begin().await.unwrap();
    let kept = models.add(&mut tx, facts(name, url), ("erin", NOW)).await?;
    models.set_key(&mut tx, kept.id, &Secret::new(KEY.into()), NOW).await?;
    tx.commit().await?;
    Ok(kept.id)
}

async fn change(db: &Db, models: &Models, id: ProfileId, facts: Facts) {
    let mut tx = db.begin().await.unwrap();
    models.change(&mut tx, id, facts, ("erin", NOW)).await.unwrap();
    tx.commit().await.unwrap();
}

async fn freeze(db: &Db, models: &Models, names: &[&str]) -> RunId {
    let run = RunId::make();
    let names: BTreeSet<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut tx = db.begin().await.unwrap();
    models.freeze(&mut tx, run, &names).await.unwrap();
    tx.commit().await.unwrap();
    run
}

#[tokio::test]
async fn a_run_keeps_the_profile_that_it_froze_and_takes_the_key_of_the_day() {
    on_each_engine(async |db| {
        let data = tempfile::tempdir().unwrap();
        let models = room(&db, &data, &[]).await;
        let id = add(&db, &models, "large", "https://models.example/v1").await.unwrap();
        let run = freeze(&db, &models, &["large", "unknown"]).await;
        change(&db, &models, id, Facts { model: "m-2".into(), ..facts("larger", "https://models.example/v2") }).await;
        let mut tx = db.begin().await.unwrap();
        models.set_key(&mut tx, id, &Secret::new("sk-second-key-of-ours".into()), NOW).await.unwrap();
        tx.commit().await.unwrap();

        let frozen = models.of_run(run, "large").await.unwrap().unwrap();
        assert_eq!((frozen.model.as_str(), frozen.url.as_str()), ("m-1", "https://models.example/v1"));
        assert_eq!(frozen.key.reveal(), "sk-second-key-of-ours");
        assert!(models.of_run(run, "unknown").await.unwrap().is_none());
        assert!(models.of_run(run, "larger").await.unwrap().is_none(), "what it did not freeze it may not use");
        let next = freeze(&db, &models, &["larger"]).await;
        assert_eq!(models.of_run(next, "larger").await.unwrap().unwrap().model, "m-2");
    })
    .await;
}

#[tokio::test]
async fn a_key_goes_to_no_other_server_than_it_was_set_for() {
    on_each_engine(async |db| {
        let data = tempfile::tempdir().unwrap();
        let models = room(&db, &data, &[]).await;
        let id = add(&db, &models, "large", "https://models.example/v1").await.unwrap();
        let run = freeze(&db, &models, &["large"]).await;
        change(&db, &models, id, facts("large", "https://other.example/v1")).await;
        assert_eq!(models.kept(id).await.unwrap().key_set_at, None, "the key of the old server is thrown away");
        let mut tx = db.begin().await.unwrap();
        models.set_key(&mut tx, id, &Secret::new("sk-of-the-other-server".into()), NOW).await.unwrap();
        tx.commit().await.unwrap();
        let error = models.of_run(run, "large").await.unwrap_err();
        assert_eq!(error.code_name(), "MODEL_GONE");
        assert!(error.message().contains("is at another server now"), "{}", error.message());
        let mut tx = db.begin().await.unwrap();
        models.remove(&mut tx, id).await.unwrap();
        tx.commit().await.unwrap();
        assert!(models.of_run(run, "large").await.unwrap_err().message().contains("was removed"));
    })
    .await;
}

#[tokio::test]
async fn what_the_settings_give_cannot_be_added_and_hides_what_was_there_before() {
    on_each_engine(async |db| {
        let data = tempfile::tempdir().unwrap();
        let alone = room(&db, &data, &[]).await;
        add(&db, &alone, "default", "https://models.example/v1").await.unwrap();
        let models = room(&db, &data, &["default", "small"]).await;
        let run = freeze(&db, &models, &["default"]).await;
        let given = models.of_run(run, "default").await.unwrap().unwrap();
        assert_eq!(given.key.reveal(), "sk-given-by-settings");
        let refused = add(&db, &models, "small", "https://models.example/v1").await.unwrap_err();
        assert_eq!(refused.field_name(), Some("name"));
        let twice = add(&db, &models, "default", "https://models.example/v1").await.unwrap_err();
        assert!(twice.message().contains("The settings of the server give"), "{}", twice.message());
        let error = alone.of_run(run, "default").await.unwrap_err();
        assert!(error.message().contains("is not in the settings any more"), "{}", error.message());
        assert!(!format!("{:?}", models.all().await.unwrap()).contains("sk-"));
    })
    .await;
}

#[tokio::test]
async fn a_run_that_brought_a_key_is_never_called_on_another_one() {
    on_each_engine(async |db| {
        let data = tempfile::tempdir().unwrap();
        let models = room(&db, &data, &["default", "small"]).await;
        let (event, run) = (EventId::make(), freeze(&db, &models, &["default", "small"]).await);
        let mut tx = db.begin().await.unwrap();
        let own = Secret::new("sk-of-alice-herself".to_owned());
        models.bring_key(&mut tx, event, &own, ("alice", NOW)).await.unwrap();
        models.key_is_for(&mut tx, event, run, "default").await.unwrap();
        models.key_is_for(&mut tx, event, RunId::make(), "default").await.unwrap();
        tx.commit().await.unwrap();

        let again = room(&db, &data, &["default", "small"]).await;
        let key = |profile: Option<ModelProfile>| profile.unwrap().key.reveal().clone();
        assert_eq!(key(again.of_run(run, "default").await.unwrap()), "sk-of-alice-herself", "after a restart");
        assert_eq!(key(again.of_run(run, "small").await.unwrap()), "sk-given-by-settings", "it is for one model");
        assert_eq!(again.brought().await.unwrap().len(), 1);
        again.forget_brought(event, NOW).await.unwrap();
        assert_eq!(again.of_run(run, "default").await.unwrap_err().code_name(), "KEY_GONE");
        assert!(again.brought().await.unwrap().is_empty() && again.is_brought(run).await.unwrap());
        let mut tx = db.begin().await.unwrap();
        for odd in ["short", "with a blank in it", "with-an-ümlaut-in-it"] {
            let refused = models.bring_key(&mut tx, EventId::make(), &Secret::new(odd.into()), ("alice", NOW)).await;
            assert_eq!(refused.unwrap_err().field_name(), Some("key"), "{odd}");
        }
    })
    .await;
}
