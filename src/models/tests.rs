//! Profiles against both databases: what a run froze, whose key goes where, and what is left of a key that a run brought.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::db::Db;
use crate::db::scratch::on_each_engine;
use crate::kit::Result;
use crate::kit::clock::Timestamp;
use crate::kit::secret::Secret;
use crate::model::AttemptId;
use crate::model::EventId;
use crate::model::ProfileId;
use crate::model::RepoId;
use crate::model::RepoRef;
use crate::model::RunId;
use crate::models::By;
use crate::models::Day;
use crate::models::DayLimits;
use crate::models::Draft;
use crate::models::Facts;
use crate::models::Limits;
use crate::models::ModelProfile;
use crate::models::Models;
use crate::models::Over;
use crate::models::Payer;
use crate::models::Planned;
use crate::models::Price;
use crate::models::Protocol;
use crate::models::Tokens;
use crate::models::Usage;
use crate::models::Used;
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

fn repo(name: &str) -> RepoRef {
    RepoRef { id: RepoId::make(), owner: "acme".parse().unwrap(), name: name.parse().unwrap() }
}

fn payer(repo: &RepoRef, most: DayLimits) -> Payer {
    Payer {
        run: RunId::make(),
        attempt: AttemptId::make(),
        lane: None,
        repo: repo.clone(),
        stack: "fixer".into(),
        profile: "large".into(),
        model: "m-1".into(),
        own_key: false,
        most,
    }
}

/// A call that reads 1,000 tokens and writes up to 1,000, at a dollar for a million each: 2,000 micro-dollars at worst.
const CALL: Planned = Planned {
    read: 1_000,
    write: 1_000,
    price: Some(Price { input: 1_000_000, cached: None, cache_write: None, output: 1_000_000 }),
};

fn used(micro_usd: u64) -> Used {
    Used { tokens: Tokens { read: 1_000, written: 7, ..Tokens::default() }, micro_usd, estimated: false }
}

async fn taken(db: &Db, models: &Models, repo: &RepoRef) -> (u64, u64) {
    models.taken_today(&mut db.begin().await.unwrap(), repo, NOW).await.unwrap()
}

#[tokio::test]
async fn calls_at_once_cannot_together_pass_what_a_day_may_cost() {
    on_each_engine(async |db| {
        let data = tempfile::tempdir().unwrap();
        let models = room(&db, &data, &[]).await;
        let repo = repo("slug");
        let most = DayLimits { repository: Some(7_000), owner: None };
        let runs: Vec<Payer> = (0..12).map(|_| payer(&repo, most)).collect();
        let calls = runs.iter().map(|payer| models.set_aside(payer, CALL, NOW));
        let answers: Vec<_> = futures_util::future::join_all(calls).await.into_iter().map(Result::unwrap).collect();
        let made: Vec<_> = answers.iter().filter_map(|answer| answer.ok()).collect();
        assert_eq!(made.len(), 3, "three of 2,000, and the rest reads more than is left: {answers:?}");
        let over = answers.iter().find_map(|answer| answer.err()).unwrap();
        assert_eq!(over, Over { day: Day::Repository, taken: 6_000, most: 7_000 });
        assert_eq!(taken(&db, &models, &repo).await, (6_000, 6_000));
        for aside in &made {
            models.settle(aside.call, used(1_007)).await.unwrap();
            models.settle(aside.call, used(9_999)).await.unwrap();
        }
        assert_eq!(taken(&db, &models, &repo).await, (3_021, 3_021), "what was set aside and not used is free again");
        assert!(models.set_aside(&runs[0], CALL, NOW).await.unwrap().is_ok());
        let tomorrow = Timestamp::from_seconds(NOW.seconds() + 86_400);
        assert_eq!(models.taken_today(&mut db.begin().await.unwrap(), &repo, tomorrow).await.unwrap(), (0, 0));
    })
    .await;
}

#[tokio::test]
async fn the_day_of_an_owner_is_that_of_all_repositories_and_an_own_key_counts_for_none() {
    on_each_engine(async |db| {
        let data = tempfile::tempdir().unwrap();
        let models = room(&db, &data, &[]).await;
        let (one, other) = (repo("slug"), repo("snail"));
        let most = DayLimits { repository: Some(100_000), owner: Some(5_500) };
        let first = models.set_aside(&payer(&one, most), CALL, NOW).await.unwrap().unwrap();
        let second = models.set_aside(&payer(&other, most), CALL, NOW).await.unwrap().unwrap();
        assert_eq!((first.write, second.write), (1_000, 1_000));
        let third = models.set_aside(&payer(&other, most), CALL, NOW).await.unwrap().unwrap();
        assert_eq!(third.write, 500, "an answer is no longer than what is left");
        let over = models.set_aside(&payer(&one, most), CALL, NOW).await.unwrap().unwrap_err();
        assert_eq!((over.day, over.taken), (Day::Owner, 5_500));
        let own = Payer { own_key: true, ..payer(&one, most) };
        let paid = models.set_aside(&own, CALL, NOW).await.unwrap().unwrap();
        models.settle(paid.call, used(1_500)).await.unwrap();
        assert_eq!(taken(&db, &models, &one).await, (2_000, 5_500));

        let lost = payer(&one, DayLimits::default());
        models.set_aside(&lost, CALL, NOW).await.unwrap().unwrap();
        assert!(models.unsettled().await.unwrap().contains(&lost.attempt));
        models.settle_left(lost.attempt).await.unwrap();
        assert_eq!(taken(&db, &models, &one).await, (4_000, 7_500), "nobody knows better than the worst case");
        let lines = models.lines(&"acme".parse().unwrap(), By::Stack, (7, NOW)).await.unwrap();
        let all = Usage::of(&lines, (7, NOW)).all;
        assert_eq!((all.calls, all.micro_usd, all.own_micro_usd, all.estimated), (2, 3_500, 1_500, 1));
        let by_repo = models.lines(&"acme".parse().unwrap(), By::Repo, (7, NOW)).await.unwrap();
        assert_eq!(by_repo[0].name, "slug");
    })
    .await;
}
