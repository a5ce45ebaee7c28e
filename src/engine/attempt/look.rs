//! The run's tools that only read: the source object, other issues of the same repository, logs of checks. What strangers
//! said takes the run's trust before the agent sees a byte of it.

use std::collections::BTreeSet;

use serde_json::Value;
use serde_json::json;

use crate::access::Actor;
use crate::access::Cx;
use crate::context::Trust;
use crate::engine::attempt::gather;
use crate::engine::attempt::skills;
use crate::engine::attempt::subagent;
use crate::engine::attempt::tools::Tools;
use crate::forge::Marker;
use crate::forge::embedded;
use crate::forge::embedded::Place;
use crate::forge::embedded::search::Search;
use crate::gateway::servers::OF_SERVER;
use crate::gateway::tools::SUBAGENT;
use crate::kit::Error;
use crate::kit::Result;
use crate::kit::page::Paging;
use crate::kit::secretlike;
use crate::kit::text::bounded;
use crate::kit::text::visible_line;
use crate::model::event::Comment;

/// Most issues of one answer.
const MOST_FOUND: u32 = 20;

/// How much of an opening text a search shows.
const EXCERPT: usize = 600;

/// How much of a check's log is shown: its end.
const LOG: usize = 48 << 10;

impl Tools {
    pub(super) async fn looked(&self, tool: &str, arguments: &Value) -> Result<Value> {
        match tool {
            _ if tool.starts_with(SUBAGENT) => subagent::call(self, tool, arguments).await,
            _ if tool.contains(OF_SERVER) => self.of_server(tool, arguments).await,
            "skill_read" => skills::read(&self.skills, arguments, &self.names).await,
            "source_read" => self.source_read().await,
            "memory_search" | "memory_read" | "memory_related" | "memory_health" => self.recall(tool, arguments).await,
            "issue_search" => self.issue_search(arguments["query"].as_str().unwrap_or_default()).await,
            "check_log" => self.check_log(arguments["check"].as_str().unwrap_or_default()).await,
            _ => Err(Error::internal(format!("the tool `{tool}` has nobody who answers it"))),
        }
    }

    /// The issue, pull request or check that the run is about, as it is now.
    async fn source_read(&self) -> Result<Value> {
        let run = &self.proposing.run.dispatch;
        let mut authors = BTreeSet::new();
        let mut source =
            json!({ "kind": run.source.kind, "label": run.source.label, "repository": run.repo.to_string() });
        if let Some(number) = run.number {
            match self.engine.reader.pull(&run.repo, number).await? {
                Some(pull) => {
                    source["pull_request"] = json!(pull);
                    authors.insert(pull.author);
                }
                None => {
                    let issue = self.engine.reader.issue(&run.repo, number).await?;
                    source["issue"] = json!(issue);
                    authors.extend(issue.map(|issue| issue.author));
                }
            }
            let comments = self.engine.reader.conversation(&run.repo, number, 50).await?;
            source["comments"] = json!(comments);
            let others = comments.into_iter().filter(|comment| !self.is_own_word(comment));
            authors.extend(others.map(|comment| comment.author));
        }
        if let Some(commit) = &run.code_commit {
            source["checks"] = json!(self.engine.reader.checks(&run.repo, commit).await?);
        }
        // Before the agent sees a byte of it: whatever it proposes from now on asks.
        source["untrusted_authors"] = json!(self.distrust_words_of(&authors).await?);
        Ok(source)
    }

    /// Whether our hand wrote it for this very run: read again, it tells the agent nothing that it had not read when it said it.
    fn is_own_word(&self, comment: &Comment) -> bool {
        let ours = comment.author == self.engine.forge.own().login.as_str();
        let mark = Marker::of(&comment.body).is_ok_and(|marker| {
            let (marker, run) = (marker.to_string(), self.proposing.run.id.short());
            marker.ends_with(&format!("-{run}")) || marker.starts_with(&format!("question-{run}-"))
        });
        ours && mark
    }

    /// Issues and pull requests of the run's repository, as far as whoever asked for the run may still read it.
    async fn issue_search(&self, query: &str) -> Result<Value> {
        let place = self.place().await?;
        let search = Search::parse(query);
        let paging = Paging { page: 1, limit: MOST_FOUND };
        let found = self.engine.forge.search(&place, &search, paging).await?;
        let authors = found.page.items.iter().map(|issue| issue.author.login.to_string()).collect();
        let untrusted = self.distrust_words_of(&authors).await?;
        let shown = |issue: &embedded::Issue| {
            json!({
                "number": issue.number,
                "pull_request": issue.pull.is_some(),
                "title": issue.title,
                "state": issue.state.as_str(),
                "author": issue.author.login,
                "labels": issue.label_names(),
                "text": secretlike::redact(bounded(&issue.body, EXCERPT)).0,
            })
        };
        let unknown: Vec<String> =
            search.unknown.iter().map(|(word, hint)| format!("`{}`: {hint}", visible_line(word, 60))).collect();
        Ok(json!({
            "found": found.page.items.iter().map(shown).collect::<Vec<_>>(),
            "in_all": found.page.total,
            "not_understood": unknown,
            "untrusted_authors": untrusted,
        }))
    }

    /// The end of a check's log at the head that the run works on.
    async fn check_log(&self, name: &str) -> Result<Value> {
        let run = &self.proposing.run.dispatch;
        let sha = run.code_commit.as_ref().ok_or_else(|| Error::invalid("This run works on no commit"))?;
        let checks = self.engine.reader.checks(&run.repo, sha).await?;
        let Some(check) = checks.iter().find(|check| check.name == name) else {
            let names: Vec<&str> = checks.iter().map(|check| check.name.as_str()).collect();
            let hint = match names.as_slice() {
                [] => "this commit has no checks".into(),
                names => format!("checks are {}", names.join(", ")),
            };
            let shown = visible_line(name, 60);
            return Err(Error::invalid(format!("There is no check `{shown}` on {}", sha.short()))
                .hint(hint)
                .field("check"));
        };
        let mut told = json!({
            "check": check.name, "commit": sha, "conclusion": check.conclusion, "description": check.description,
            "url": check.url, "signature": check.signature,
        });
        match self.engine.checks.newest(run.repo.id, sha, name).await? {
            Some(job) => {
                if job.new.fork {
                    self.distrust(&[format!("the code of a fork, by the check `{}`", visible_line(name, 60))]).await?;
                }
                let log = self.engine.checks.log_end(job.id, LOG).await?;
                told["log_end"] = json!(secretlike::redact(&log).0);
            }
            None => told["log_end"] = json!("this check ran elsewhere; its own server has the log"),
        }
        Ok(told)
    }

    /// The run's repository, entered by whoever asked for the run; by the server for runs that nobody asked for.
    async fn place(&self) -> Result<Place> {
        let run = &self.proposing.run.dispatch;
        let cx = match run.requester {
            None => Cx::system(&self.engine.clock),
            Some(id) => {
                let login = run.requester_login.parse()?;
                let scopes = Some(vec!["read".to_owned()]);
                let actor = Actor::Person { id, login, site_admin: false, scopes };
                Cx::new(actor, &self.engine.clock, format!("run-{}", self.proposing.run.id))
            }
        };
        let lost = |_| {
            Error::denied(format!(
                "`{}`, who asked for this run, may not read the repository any more",
                run.requester_login
            ))
        };
        self.engine.forge.enter_by_id(&cx, run.repo.id).await.map_err(lost)
    }

    /// Notes that the run read words that may not steer it, when there are such; answers whose.
    async fn distrust_words_of(&self, authors: &BTreeSet<String>) -> Result<Vec<String>> {
        let run = &self.proposing.run;
        let mut strangers = Vec::new();
        for author in authors {
            if gather::trust_in(&self.engine, run, author).await? != Trust::Trusted {
                strangers.push(author.clone());
            }
        }
        if !strangers.is_empty() {
            self.distrust(&strangers).await?;
        }
        Ok(strangers)
    }

    /// Takes the run's trust, because of these.
    pub(super) async fn distrust(&self, because: &[String]) -> Result<()> {
        let run = self.proposing.run.id;
        let now = self.engine.clock.now();
        let mut tx = self.engine.db.begin().await?;
        self.engine.runs.distrust(&mut tx, run, because, now).await?;
        tx.commit().await?;
        self.engine.runs.announce(run);
        Ok(())
    }
}
