//! A brain of any size with a year and a half of history, the same each time.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

use anyhow::Context as _;
use anyhow::ensure;

/// When the last commit was made.
pub const LAST: i64 = 1_760_000_000;
/// Commits after the first one, over 540 days.
const COMMITS: i64 = 3_000;

/// A brain that was generated.
pub struct Generated {
    /// Its Git directory.
    pub repository: PathBuf,
    sentences: Vec<String>,
    dice: Dice,
    size: usize,
    next: usize,
    asked: Vec<String>,
}

/// Numbers that look random and are the same each time.
pub struct Dice(pub u64);

impl Dice {
    /// One of so many.
    pub fn below(&mut self, many: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % many as u64).expect("it is below a size")
    }
}

impl Generated {
    /// Generates one of so many records below a folder.
    pub fn make(home: &Path, size: usize) -> anyhow::Result<Self> {
        let repository = home.join("brain.git");
        let status =
            Command::new("git").args(["init", "-q", "--bare", "--initial-branch=main"]).arg(&repository).status()?;
        ensure!(status.success(), "`git init` failed");
        let sentences = sentences()?;
        let mut brain =
            Self { repository, sentences, dice: Dice(0x9e37_79b9_7f4a_7c15), size, next: 0, asked: Vec::new() };
        let mut import = brain.import()?;
        let mut input = std::io::BufWriter::new(import.stdin.take().context("its input is piped")?);
        let begun = LAST - 540 * 86_400;
        write!(input, "commit refs/heads/main\ncommitter A <a@example.org> {begun} +0000\ndata 5\nstart\n")?;
        for number in 0..size {
            let (path, text) = brain.record(number);
            write!(input, "M 100644 inline {path}\ndata {}\n{text}\n", text.len())?;
        }
        for commit in 1..=COMMITS {
            let at = begun + commit * 540 * 86_400 / COMMITS;
            write!(input, "commit refs/heads/main\ncommitter A <a@example.org> {at} +0000\ndata 6\nchange\n")?;
            let number = brain.dice.below(size);
            let (path, text) = brain.record(number);
            write!(input, "M 100644 inline {path}\ndata {}\n{text}\n", text.len())?;
        }
        input.flush()?;
        drop(input);
        ensure!(import.wait()?.success(), "`git fast-import` failed");
        Ok(brain)
    }

    fn import(&self) -> anyhow::Result<std::process::Child> {
        let mut command = Command::new("git");
        command
            .arg("--git-dir")
            .arg(&self.repository)
            .args(["fast-import", "--quiet", "--force"])
            .stdin(Stdio::piped());
        Ok(command.spawn()?)
    }

    /// Changes one record in a commit of its own.
    pub fn touch_one(&mut self) -> anyhow::Result<()> {
        self.next += 1;
        let number = self.dice.below(self.size);
        let (path, text) = self.record(number);
        let at = LAST + 60 * self.next as i64;
        let mut import = self.import()?;
        let mut input = import.stdin.take().context("its input is piped")?;
        write!(
            input,
            "commit refs/heads/main\ncommitter A <a@example.org> {at} +0000\ndata 3\none\nfrom refs/heads/main^0\n"
        )?;
        write!(input, "M 100644 inline {path}\ndata {}\n{text}\n", text.len())?;
        drop(input);
        ensure!(import.wait()?.success(), "`git fast-import` failed");
        Ok(())
    }

    /// Words of sentences that stand in the brain.
    pub fn questions(&mut self, many: usize) -> Vec<String> {
        let questions: Vec<String> = (0..many).map(|_| self.question()).collect();
        self.asked = questions.clone();
        questions
    }

    /// Questions that were asked before.
    pub fn questions_again(&self, many: usize) -> Vec<String> {
        self.asked.iter().take(many).cloned().collect()
    }

    fn question(&mut self) -> String {
        let sentence = self.sentences[self.dice.below(self.sentences.len())].clone();
        let is_word = |word: &&str| word.len() > 3 && word.chars().all(|c| c.is_ascii_alphanumeric());
        let words: Vec<&str> = sentence.split_whitespace().filter(is_word).collect();
        let wanted = 2 + self.dice.below(4);
        let mut picked: Vec<&str> = Vec::new();
        while picked.len() < wanted.min(words.len()) {
            let word = words[self.dice.below(words.len())];
            if !picked.contains(&word) {
                picked.push(word);
            } else if self.dice.below(4) == 0 {
                break;
            }
        }
        if picked.is_empty() { "configuration".into() } else { picked.join(" ") }
    }

    /// Ids of services.
    pub fn nodes(&mut self, many: usize) -> Vec<String> {
        (0..many).map(|_| format!("service:s{}", self.dice.below(self.size / 5) * 5)).collect()
    }

    /// A fifth are services in the graph, the rest runbooks, practices, episodes and notes.
    fn record(&mut self, number: usize) -> (String, String) {
        let title = self.title();
        let head = |id: String, kind: &str, status: &str| {
            format!(
                "id: {id}\nkind: {kind}\ntitle: \"{title}\"\nstatus: {status}\nowners: [\"@team{}\"]\nupdated: 2026-0{}-10\n",
                number % 40,
                1 + number % 9
            )
        };
        let shard = number / 200;
        match number % 5 {
            0 => {
                let mut text = head(format!("service:s{number}"), "Service", "active");
                text.push_str("edges:\n");
                for _ in 0..3 {
                    let other = self.dice.below(self.size / 5) * 5;
                    writeln!(text, "- {{kind: depends_on, to: service:s{other}}}").expect("a string takes it");
                }
                write!(text, "text: |\n  {}\n", self.paragraph(3)).expect("a string takes it");
                (format!("graph/g{shard}/s{number}.yaml"), text)
            }
            1 | 2 => {
                let (kind, folder) = if number % 5 == 1 { ("Runbook", "runbooks") } else { ("Practice", "practices") };
                let service = self.dice.below(self.size / 5) * 5;
                let head = head(format!("{}:r{number}", kind.to_lowercase()), kind, "active");
                let text = format!(
                    "---\n{head}tags: [area{}]\nrelated: [service:s{service}]\n---\n{}",
                    number % 60,
                    self.sections(4)
                );
                (format!("{folder}/d{shard}/r{number}.md"), text)
            }
            3 => {
                let head = head(format!("episode:e{number}"), "Episode", "recorded");
                (
                    format!("episodes/2026-{shard}/e{number}.md"),
                    format!("---\n{head}run: {number:032x}\n---\n{}", self.sections(2)),
                )
            }
            _ => (format!("notes/n{shard}/n{number}.md"), format!("# {title}\n\n{}", self.sections(3))),
        }
    }

    fn title(&mut self) -> String {
        let sentence = self.sentences[self.dice.below(self.sentences.len())].clone();
        let words: Vec<&str> = sentence.split_whitespace().take(6).collect();
        words.join(" ").replace(['"', '\\'], "")
    }

    fn sections(&mut self, many: usize) -> String {
        (0..many)
            .map(|_| format!("## {}\n\n{}\n\n{}\n\n", self.title(), self.paragraph(4), self.paragraph(3)))
            .collect()
    }

    fn paragraph(&mut self, many: usize) -> String {
        let sentences = (0..many).map(|_| self.sentences[self.dice.below(self.sentences.len())].clone());
        sentences.collect::<Vec<_>>().join(" ")
    }
}

/// Markdown files of the crates that this project builds on, sorted.
pub fn documentation() -> anyhow::Result<Vec<PathBuf>> {
    let home = std::env::var("CARGO_HOME").or_else(|_| std::env::var("HOME").map(|home| format!("{home}/.cargo")))?;
    let mut found = Vec::new();
    let mut open = vec![Path::new(&home).join("registry/src")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder)? {
            let path = entry?.path();
            if path.is_dir() && !path.is_symlink() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    ensure!(found.len() > 100, "`cargo fetch` brings the documentation that this is measured on");
    Ok(found)
}

/// Sentences of prose.
fn sentences() -> anyhow::Result<Vec<String>> {
    let mut found = Vec::new();
    for path in documentation()? {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        for sentence in text.replace('\n', " ").split(". ") {
            let words = sentence.split_whitespace().count();
            let plain = sentence.bytes().all(|byte| byte.is_ascii_alphanumeric() || b" ,'-()_`:/.".contains(&byte));
            if (6..30).contains(&words) && plain && !sentence.contains(": ") {
                found.push(format!("{}.", sentence.split_whitespace().collect::<Vec<_>>().join(" ")));
            }
        }
    }
    found.sort();
    found.dedup();
    Ok(found)
}
