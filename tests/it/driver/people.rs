//! The people of every story.

use std::collections::BTreeMap;

use forgehand::engine::Engine;
use forgehand::identity::MemberRole;
use forgehand::identity::NewOrganisation;
use forgehand::identity::NewPerson;
use forgehand::model::AccountId;

/// Makes the people, and a token for each.
pub async fn people(engine: &Engine) -> BTreeMap<&'static str, String> {
    let mut ids: BTreeMap<&'static str, AccountId> = BTreeMap::new();
    let mut tokens = BTreeMap::new();
    let mut tx = engine.db.begin().await.unwrap();
    for name in ["alice", "bob", "carol", "dave", "erin", "ci"] {
        let login = name.parse().unwrap();
        let account = if name == "ci" {
            engine.identity.create_bot(&mut tx, login, "CI").await.unwrap()
        } else {
            let display_name = String::new();
            let new = NewPerson { login, display_name, email: None, password: None, site_admin: name == "erin" };
            engine.identity.create_person(&mut tx, new).await.unwrap()
        };
        let (_, token) = engine.identity.issue_token(&mut tx, account.id, "story", &["all".into()]).await.unwrap();
        tokens.insert(name, token.reveal().clone());
        ids.insert(name, account.id);
    }
    let new = NewOrganisation { login: "acme".parse().unwrap(), display_name: "Acme".into(), owner: ids["alice"] };
    let acme = engine.identity.create_organisation(&mut tx, new).await.unwrap();
    for member in ["bob", "dave"] {
        engine.identity.add_member(&mut tx, acme.id, ids[member], MemberRole::Member).await.unwrap();
    }
    tx.commit().await.unwrap();
    tokens
}
