//! Deliveries from forges elsewhere: acknowledged once they are durable, and each of them once.

use std::collections::HashSet;
use std::sync::Arc;

use tokio::task::JoinSet;

use crate::driver::World;

const CONNECTIONS: usize = 20;
const IDS: usize = 500;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_duplicates_of_five_hundred_ids_are_five_hundred() {
    let world = Arc::new(World::begin().await);
    let mut connections = JoinSet::new();
    for connection in 0..CONNECTIONS {
        let world = Arc::clone(&world);
        connections.spawn(async move {
            let mut answers = Vec::new();
            for number in 0..IDS {
                let number = (number + connection * 25) % IDS;
                let told = world.hook(&format!("id {number}").replace(' ', "-"), &format!("{{\"n\": {number}}}")).await;
                answers.push((number, told.status, told.json()["delivery"].as_str().unwrap().to_owned()));
            }
            answers
        });
    }
    let answers: Vec<_> = connections.join_all().await.into_iter().flatten().collect();
    assert_eq!(answers.len(), CONNECTIONS * IDS);
    let stored = answers.iter().filter(|(_, status, _)| *status == 202).count();
    let known = answers.iter().filter(|(_, status, _)| *status == 200).count();
    assert_eq!((stored, known), (IDS, (CONNECTIONS - 1) * IDS), "one is stored, the others are known");
    let named: HashSet<(usize, &str)> = answers.iter().map(|(number, _, id)| (*number, id.as_str())).collect();
    assert_eq!(named.len(), IDS, "each id is always answered with the same delivery");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_id_with_other_bytes_is_quarantined() {
    let world = World::begin().await;
    let first = world.hook("1", "{\"a\": 1}").await;
    assert_eq!(first.status, 202, "{}", first.text);
    let again = world.hook("1", "{\"a\": 1}").await;
    assert_eq!((again.status, &again.json()["delivery"]), (200, &first.json()["delivery"]));
    let other = world.hook("1", "{\"a\": 2}").await;
    assert_eq!((other.status, &other.json()["error"]["code"]), (409, &"CONFLICT".into()));
    assert_ne!(other.json()["delivery"], first.json()["delivery"], "it is kept under an id of its own");
    assert_eq!(world.hook("2", "{\"a\": 3}").await.status, 202);
}
