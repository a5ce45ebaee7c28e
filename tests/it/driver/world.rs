//! A server in this process, with people.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use forgehand::access::Cx;
use forgehand::app::App;
use forgehand::config;
use forgehand::config::Flags;
use forgehand::config::Settings;
use forgehand::engine::Tasks;
use forgehand::hooks::SourceSettings;
use forgehand::kit::clock::Clock;
use forgehand::kit::clock::Timestamp;
use forgehand::kit::secret::Secret;
use forgehand::model::Role;
use serde_json::Value;
use serde_json::json;
use tempfile::TempDir;

use super::Clone;
use super::hooks;
use super::panics;
use super::people::people;
use super::scripts;

/// The repository of every story.
pub const REPO: &str = "/api/v1/repos/acme/slug";

/// An organisation `acme` that alice owns, with bob and dave as members; carol is a stranger; ci is a bot that may
/// write; erin administers the server.
pub struct World {
    pub app: App,
    pub clock: Clock,
    tokens: BTreeMap<&'static str, String>,
    pub(super) http: reqwest::Client,
    directory: TempDir,
}

/// An answer, read to its end.
#[derive(Debug)]
pub struct Told {
    pub status: u16,
    pub text: String,
}

impl Told {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_default()
    }
}

impl World {
    /// On SQLite.
    pub async fn begin() -> Self {
        Self::begin_on(None).await
    }

    /// On this database; none is SQLite.
    pub async fn begin_on(database: Option<String>) -> Self {
        Self::begin_with(|settings| settings.database = database.map(Secret::new)).await
    }

    /// With settings that the story changes.
    pub async fn begin_with(change: impl FnOnce(&mut Settings)) -> Self {
        panics::watch();
        let directory = tempfile::tempdir().unwrap();
        let data = Some(directory.path().join("data"));
        let flags = Flags { data, listen: Some("127.0.0.1:0".into()), ..Flags::default() };
        let mut settings = config::gather(flags).unwrap();
        settings.telemetry.filter = "warn".into();
        settings.hooks = hooks();
        settings.program = Some(PathBuf::from(env!("CARGO_BIN_EXE_forgehand")));
        change(&mut settings);
        let clock = Clock::fixed(Timestamp::from_seconds(1_800_000_000));
        let app = App::start_without_tasks(&settings, clock.clone()).await.unwrap();
        assert_eq!(app.engine.sandbox_missing(), None, "stories need a sandbox");
        let tokens = people(&app.engine).await;
        Self { app, clock, tokens, http: reqwest::Client::new(), directory }
    }

    /// With a repository that holds a program, this rule and a stack that plays this script.
    pub async fn with(rule: &str, script: &str) -> (Self, Clone, String) {
        let world = Self::begin().await;
        let (clone, head) = world.repository(rule, script).await;
        (world, clone, head)
    }

    /// With a repository that holds a program, and these files under `.agents/`.
    pub async fn holding(files: &[(&str, &str)]) -> (Self, Clone, String) {
        let world = Self::begin().await;
        let (clone, head) = world.repository_of(files).await;
        (world, clone, head)
    }

    pub async fn repository(&self, rule: &str, script: &str) -> (Clone, String) {
        self.repository_of(&[("rules/mend.yaml", rule), ("stacks/fixer.yaml", &scripts::stack(script))]).await
    }

    /// A repository that holds a program, and these files under `.agents/`.
    pub async fn repository_of(&self, files: &[(&str, &str)]) -> (Clone, String) {
        self.ask("alice", "POST /api/v1/orgs/acme/repos", Some(json!({"name": "slug"}))).await;
        self.bot_may_write().await;
        let clone = self.clone_as("alice", "slug");
        clone.write("greet.sh", "echo Helo\n");
        for (path, text) in files {
            clone.write(&format!(".agents/{path}"), text);
        }
        let head = clone.push("main", "Start");
        self.settle().await;
        (clone, head)
    }

    /// Lets the bot write: the doors take only people as collaborators.
    async fn bot_may_write(&self) {
        let engine = &self.app.engine;
        let cx = Cx::system(&engine.clock);
        let place = engine.forge.enter(&cx, &"acme".parse().unwrap(), &"slug".parse().unwrap()).await.unwrap();
        let bot = engine.identity.account_by_name(&"ci".parse().unwrap()).await.unwrap().unwrap();
        let mut tx = engine.db.begin().await.unwrap();
        engine.access.set_collaborator(&mut tx, place.repository.id, bot.id, Role::Write).await.unwrap();
        tx.commit().await.unwrap();
    }

    pub fn clone_as(&self, who: &str, repo: &str) -> Clone {
        self.clone_of(who, &format!("acme/{repo}"))
    }

    /// Somebody's clone of a repository by its whole name.
    pub fn clone_of(&self, who: &str, repo: &str) -> Clone {
        let address = format!("http://{who}:{}@{}/{repo}.git", self.tokens[who], self.app.address);
        Clone::of(&address, self.directory.path().join(format!("clone-of-{who}")))
    }

    /// Somebody's token.
    pub fn token(&self, who: &str) -> &str {
        &self.tokens[who]
    }

    pub fn data(&self) -> PathBuf {
        self.directory.path().join("data")
    }

    /// The file of SQLite.
    pub fn database(&self) -> PathBuf {
        self.data().join("forgehand.sqlite")
    }

    /// Steps the workers until nothing is to be done and no agent lives. A story never waits longer than a minute.
    pub async fn settle(&self) {
        let tasks = Tasks::new(Arc::clone(&self.app.engine));
        tokio::time::timeout(Duration::from_secs(60), tasks.settle()).await.expect("the workers come to an end");
    }

    /// Steps the workers until something is so, while an agent may live.
    pub async fn until<T>(&self, what: &str, look: impl AsyncFn() -> Option<T>) -> T {
        let tasks = Tasks::new(Arc::clone(&self.app.engine));
        let mut period = tokio::time::interval(Duration::from_millis(50));
        let looked = async {
            loop {
                while tasks.step().await {}
                if let Some(found) = look().await {
                    return found;
                }
                period.tick().await;
            }
        };
        match tokio::time::timeout(Duration::from_secs(60), looked).await {
            Ok(found) => found,
            Err(_) => panic!("{what} did not come"),
        }
    }

    /// Asks with somebody's token; `""` is nobody.
    pub async fn ask(&self, who: &str, line: &str, body: Option<Value>) -> Told {
        let base = format!("http://{}", self.app.address);
        let (method, path) = line.split_once(' ').unwrap();
        let mut request = self.http.request(method.parse().unwrap(), format!("{base}{path}"));
        request = request.header("accept", "application/json");
        if !who.is_empty() {
            request = request.header("authorization", format!("token {}", self.tokens[who]));
        }
        if let Some(body) = body {
            request = request.json(&body);
        }
        let answer = request.send().await.unwrap();
        let status = answer.status().as_u16();
        Told { status, text: answer.text().await.unwrap() }
    }

    /// Asks with a token that the story has come by.
    pub async fn ask_by(&self, token: &str, line: &str, body: Option<Value>) -> Told {
        let (method, path) = line.split_once(' ').unwrap();
        let request = self.http.request(method.parse().unwrap(), format!("http://{}{path}", self.app.address));
        let request = request.header("authorization", format!("token {token}"));
        let answer = request.json(&body.unwrap_or_default()).send().await.unwrap();
        let status = answer.status().as_u16();
        Told { status, text: answer.text().await.unwrap() }
    }

    /// Asks for JSON, which must come.
    pub async fn json(&self, who: &str, line: &str, body: Option<Value>) -> Value {
        let told = self.ask(who, line, body).await;
        assert!(told.status < 300, "{line}: {} {}", told.status, told.text);
        told.json()
    }

    /// The bot says that a check failed.
    pub async fn check_fails(&self, commit: &str) {
        let failed = json!({"state": "failure", "context": "test", "description": "1 of 2 failed"});
        self.json("ci", &format!("POST {REPO}/statuses/{commit}"), Some(failed)).await;
    }

    /// Opens an issue; gives its number.
    pub async fn issue(&self, who: &str, title: &str) -> i64 {
        let made = self.json(who, &format!("POST {REPO}/issues"), Some(json!({"title": title}))).await;
        made["number"].as_i64().unwrap()
    }

    pub async fn comment(&self, who: &str, number: i64, body: &str) {
        self.json(who, &format!("POST {REPO}/issues/{number}/comments"), Some(json!({"body": body}))).await;
    }

    /// What stands under an issue: who, and what they wrote.
    pub async fn comments(&self, number: i64) -> Vec<(String, String)> {
        let list = self.json("alice", &format!("GET {REPO}/issues/{number}/comments"), None).await;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let list = list.as_array().unwrap();
        list.iter().map(|comment| (text(&comment["user"]["login"]), text(&comment["body"]))).collect()
    }

    pub async fn last_comment(&self, number: i64) -> String {
        self.comments(number).await.pop().unwrap_or_default().1
    }

    pub async fn pulls(&self) -> Vec<Value> {
        self.json("alice", &format!("GET {REPO}/pulls?state=all"), None).await.as_array().unwrap().clone()
    }

    pub async fn runs(&self) -> Vec<Value> {
        self.list("runs").await
    }

    pub async fn approvals(&self) -> Vec<Value> {
        self.list("approvals").await
    }

    async fn list(&self, what: &str) -> Vec<Value> {
        let found = self.json("alice", &format!("GET /api/agents/v1/{what}?repo=acme/slug"), None).await;
        found[what].as_array().unwrap().clone()
    }

    /// The only open request to people.
    pub async fn asked(&self) -> Option<Value> {
        let mut open: Vec<Value> =
            self.approvals().await.into_iter().filter(|approval| approval["state"] == "open").collect();
        assert!(open.len() < 2, "one request at a time: {open:?}");
        open.pop()
    }

    pub async fn decide(&self, who: &str, approval: &Value, decision: &str) -> Told {
        let said = json!({"decision": decision, "reason": "the story says so"});
        let line = format!("POST /api/agents/v1/approvals/{}/decision", approval["id"].as_str().unwrap());
        self.ask(who, &line, Some(said)).await
    }

    /// What every rule decided, with its reason.
    pub async fn executions(&self) -> Vec<Value> {
        self.list("executions").await
    }

    /// What a rule decided, newest first: decision and reason.
    pub async fn decisions(&self, rule: &str) -> Vec<(String, String)> {
        let line = format!("GET /api/agents/v1/executions?repo=acme/slug&rule={rule}&limit=100");
        let found = self.json("alice", &line, None).await;
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        found["executions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| (word(&one["decision"]), word(&one["reason"])))
            .collect()
    }

    /// The whole transcript of a run as text.
    pub async fn transcript(&self, run: &Value) -> String {
        let line = format!("GET /api/agents/v1/runs/{}/events", run["id"].as_str().unwrap());
        self.ask("alice", &line, None).await.text
    }
}

/// One source of webhooks, as an administrator sets it up.
fn hooks() -> BTreeMap<String, SourceSettings> {
    let source = SourceSettings { secret: Secret::new(hooks::SECRET.to_owned()), scheme: None };
    BTreeMap::from([("github".to_owned(), source)])
}
