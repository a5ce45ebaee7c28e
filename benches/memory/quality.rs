//! How often the answer is among the first five: questions about real documentation whose answer lines are known.
//!
//! The questions are made by this file and nothing was tuned on them. Each comes from a paragraph: some words of its first
//! sentence and of its heading are left out, some are replaced by others that people use for the same thing, endings are changed,
//! and it is put the way people ask. A question counts as answered when one of the first five answers lies in the right file
//! (`file`), or shows one of the paragraph's lines (`lines`).

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::ensure;

use forgehand::git::Repository;
use forgehand::memory::When;
use forgehand::memory::index::Indexes;
use forgehand::memory::query;
use forgehand::memory::query::Query;
use forgehand::memory::query::Scope;

use crate::figure::Figure;
use crate::memory::generate::Dice;
use crate::memory::generate::documentation;

const QUESTIONS: usize = 300;
const FIRST: usize = 5;
/// Lines around a match that `rg` is taken to show, as many as our excerpts have at least.
const AROUND: u32 = 4;

/// What people say for the same thing.
const OTHER_WORDS: [(&str, &str); 28] = [
    ("library", "crate"),
    ("crate", "library"),
    ("fast", "quick"),
    ("parse", "read"),
    ("parses", "reads"),
    ("error", "failure"),
    ("errors", "failures"),
    ("function", "method"),
    ("functions", "methods"),
    ("directory", "folder"),
    ("enable", "activate"),
    ("enabled", "active"),
    ("default", "standard"),
    ("create", "make"),
    ("creates", "makes"),
    ("remove", "delete"),
    ("removed", "deleted"),
    ("allows", "lets"),
    ("support", "handling"),
    ("supports", "handles"),
    ("string", "text"),
    ("strings", "texts"),
    ("use", "take"),
    ("using", "with"),
    ("provides", "offers"),
    ("implementation", "code"),
    ("requires", "needs"),
    ("version", "release"),
];

struct Question {
    text: String,
    path: String,
    lines: (u32, u32),
}

/// An answer: a path and the lines that are shown.
type Shown = (String, (u32, u32));

/// Measures recall among the first five, of us and of two others.
pub async fn measure() -> anyhow::Result<Vec<Figure>> {
    let home = tempfile::tempdir()?;
    let tree = home.path().join("docs");
    let files = copy(&tree)?;
    let questions = questions(&files);
    ensure!(questions.len() >= 200, "there are only {} questions", questions.len());
    eprintln!("  {} questions about {} files …", questions.len(), files.len());
    let (ours, fts, rg) = (ours(&tree, &questions).await?, fts5(&files, &questions)?, rg(&tree, &questions)?);
    let mut figures = vec![Figure::once("questions about real documentation", "", questions.len() as f64)];
    for (name, answers) in [("this program", ours), ("SQLite FTS5 over sections", fts), ("rg by words", rg)] {
        let (file, lines) = recall(&questions, &answers);
        figures.push(Figure::once(format!("recall@5 of the file, {name}"), "", file));
        figures.push(Figure::once(format!("recall@5 of the lines, {name}"), "", lines));
    }
    Ok(figures)
}

fn recall(questions: &[Question], answers: &[Vec<Shown>]) -> (f64, f64) {
    let (mut file, mut lines) = (0, 0);
    for (question, shown) in questions.iter().zip(answers) {
        let right = shown.iter().take(FIRST).filter(|(path, _)| *path == question.path);
        file += usize::from(right.clone().next().is_some());
        let meets = |shown: &(u32, u32)| shown.0 <= question.lines.1 && question.lines.0 <= shown.1;
        lines += usize::from(right.clone().any(|(_, shown)| meets(shown)));
    }
    (file as f64 / questions.len() as f64, lines as f64 / questions.len() as f64)
}

/// One README a crate, since versions of one crate repeat each other.
fn copy(tree: &Path) -> anyhow::Result<Vec<(String, String)>> {
    let mut files = BTreeMap::new();
    for path in documentation()? {
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let parent =
            path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let krate = parent.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.' || c == '-').to_owned();
        if !name.eq_ignore_ascii_case("readme.md") || krate.is_empty() {
            continue;
        }
        if let Ok(text) = std::fs::read_to_string(&path)
            && text.lines().count() > 20
        {
            files.insert(format!("{krate}.md"), text);
        }
    }
    std::fs::create_dir_all(tree)?;
    for (path, text) in &files {
        std::fs::write(tree.join(path), text)?;
    }
    Ok(files.into_iter().collect())
}

fn questions(files: &[(String, String)]) -> Vec<Question> {
    let mut dice = Dice(0x2545_f491_4f6c_dd1d);
    let mut all = Vec::new();
    for (path, text) in files {
        for (heading, lines, paragraph) in paragraphs(text) {
            let sentence = paragraph.split(". ").next().unwrap_or_default();
            let words = content(sentence);
            if words.len() >= 7 {
                all.push((path.clone(), lines, heading, words));
            }
        }
    }
    let mut questions: Vec<Question> = Vec::new();
    let mut taken = BTreeSet::new();
    while questions.len() < QUESTIONS && taken.len() < all.len() {
        let at = dice.below(all.len());
        if !taken.insert(at) {
            continue;
        }
        let (path, lines, heading, words) = &all[at];
        let mut asked: Vec<String> = Vec::new();
        for word in words.iter().take(12) {
            if dice.below(100) < 40 {
                continue;
            }
            asked.push(changed(word, &mut dice));
        }
        if let Some(word) = content(heading).first().filter(|_| dice.below(2) == 0) {
            asked.insert(0, word.clone());
        }
        asked.dedup();
        if asked.len() < 3 {
            continue;
        }
        let ways = ["How can I", "What is it about", "Where does it say", "Which one is", "Why would I"];
        let text = format!("{} {}?", ways[dice.below(ways.len())], asked.join(" "));
        questions.push(Question { text, path: path.clone(), lines: *lines });
    }
    questions
}

fn changed(word: &str, dice: &mut Dice) -> String {
    let lower = word.to_lowercase();
    if let Some((_, other)) = OTHER_WORDS.iter().find(|(known, _)| *known == lower) {
        return (*other).to_owned();
    }
    match dice.below(5) {
        0 if lower.ends_with('s') && !lower.ends_with("ss") => lower[..lower.len() - 1].to_owned(),
        0 if lower.ends_with("ing") && lower.len() > 6 => lower[..lower.len() - 3].to_owned(),
        1 if !lower.ends_with('s') => format!("{lower}s"),
        _ => lower,
    }
}

/// Words that carry meaning: four letters or more, of letters alone.
fn content(text: &str) -> Vec<String> {
    const EMPTY: [&str; 22] = [
        "this", "that", "with", "from", "have", "will", "your", "which", "when", "then", "than", "they", "there",
        "these", "also", "into", "only", "such", "some", "been", "other", "more",
    ];
    let words = text.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| word.len() >= 4);
    let words = words.filter(|word| word.chars().all(|c| c.is_ascii_alphabetic()));
    words.map(str::to_owned).filter(|word| !EMPTY.contains(&word.to_lowercase().as_str())).collect()
}

/// Paragraphs of prose with their headings and lines.
fn paragraphs(text: &str) -> Vec<(String, (u32, u32), String)> {
    let (mut found, mut heading, mut code) = (Vec::new(), String::new(), false);
    let mut open: Vec<&str> = Vec::new();
    let lines: Vec<&str> = text.lines().chain([""]).collect();
    for (line, number) in lines.iter().zip(1_u32..) {
        let fence = line.trim_start().starts_with("```");
        code ^= fence;
        let prose = !code && !fence && line.starts_with(|c: char| c.is_ascii_alphabetic() || c == '`' || c == '*');
        if prose {
            open.push(line);
            continue;
        }
        if !open.is_empty() {
            let last = number - 1;
            found.push((heading.clone(), (number - open.len() as u32, last), open.join(" ")));
            open.clear();
        }
        if line.starts_with('#') && !code {
            heading = line.trim_matches(['#', ' ']).to_owned();
        }
    }
    found
}

async fn ours(tree: &Path, questions: &[Question]) -> anyhow::Result<Vec<Vec<Shown>>> {
    let git = |words: &[&str]| -> anyhow::Result<()> {
        let identity = ["-c", "user.name=A", "-c", "user.email=a@example.org"];
        let status = Command::new("git").arg("-C").arg(tree).args(identity).args(words).status()?;
        ensure!(status.success(), "`git` failed");
        Ok(())
    };
    git(&["init", "-q", "--initial-branch=main"])?;
    git(&["add", "--all"])?;
    git(&["commit", "-q", "-m", "docs"])?;
    let repository = Repository::outside(tree)?;
    let view = Indexes::default().view(&repository, &When::Now.commit(&repository).await?).await?;
    let mut answers = Vec::new();
    for question in questions {
        let asked = Query { limit: FIRST, ..Query::text(&question.text) };
        let answer = query::ask(&repository, &view, &asked, &Scope::everything()).await?;
        answers.push(answer.hits.into_iter().map(|hit| (hit.path, hit.lines)).collect());
    }
    Ok(answers)
}

/// SQLite's full text index with its stemmer: a row a section, ranked by `bm25`, titles counted threefold.
fn fts5(files: &[(String, String)], questions: &[Question]) -> anyhow::Result<Vec<Vec<Shown>>> {
    let db = rusqlite::Connection::open_in_memory()?;
    db.execute_batch("create virtual table docs using fts5(path unindexed, first unindexed, last unindexed, title, body, tokenize = 'porter unicode61')")?;
    for (path, text) in files {
        let lines: Vec<&str> = text.lines().collect();
        let mut starts: Vec<usize> = (0..lines.len()).filter(|at| *at == 0 || lines[*at].starts_with('#')).collect();
        starts.push(lines.len());
        for pair in starts.windows(2) {
            let body = lines[pair[0]..pair[1]].join("\n");
            let title = format!("{} {}", path.trim_end_matches(".md"), lines.get(pair[0]).copied().unwrap_or_default());
            db.execute(
                "insert into docs values (?1, ?2, ?3, ?4, ?5)",
                rusqlite::params![path, pair[0] as i64 + 1, pair[1] as i64, title, body],
            )?;
        }
    }
    let mut search = db.prepare(
        "select path, first, last from docs where docs match ?1 order by bm25(docs, 0, 0, 0, 3.0, 1.0) limit 5",
    )?;
    let mut answers = Vec::new();
    for question in questions {
        let words = question.text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
        let asked = words.map(|word| format!("\"{word}\"")).collect::<Vec<_>>().join(" OR ");
        let rows = search.query_map([asked], |row| Ok((row.get::<_, String>(0)?, (row.get(1)?, row.get(2)?))))?;
        answers.push(rows.collect::<Result<Vec<Shown>, _>>()?);
    }
    Ok(answers)
}

/// `rg` by words: the files that hold the most different words of the question, each at the line that does.
fn rg(tree: &Path, questions: &[Question]) -> anyhow::Result<Vec<Vec<Shown>>> {
    let mut answers = Vec::new();
    for question in questions {
        let words: Vec<String> = content(&question.text);
        let arguments = words.iter().flat_map(|word| ["-e", word.as_str()]);
        let output = Command::new("rg")
            .args(["-i", "-w", "-o", "-n", "--no-heading"])
            .args(arguments)
            .arg(".")
            .current_dir(tree)
            .output()?;
        let mut files: BTreeMap<String, BTreeMap<u32, BTreeSet<String>>> = BTreeMap::new();
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let mut parts = line.trim_start_matches("./").splitn(3, ':');
            if let (Some(path), Some(Ok(number)), Some(word)) =
                (parts.next(), parts.next().map(str::parse), parts.next())
            {
                files.entry(path.to_owned()).or_default().entry(number).or_default().insert(word.to_lowercase());
            }
        }
        let mut ranked: Vec<(usize, usize, String, u32)> = Vec::new();
        for (path, lines) in files {
            let different: BTreeSet<&String> = lines.values().flatten().collect();
            let matches = lines.values().map(BTreeSet::len).sum();
            let best = lines.iter().max_by_key(|(number, words)| (words.len(), std::cmp::Reverse(**number)));
            let (number, _) = best.expect("a file is there for a match");
            ranked.push((different.len(), matches, path.clone(), *number));
        }
        ranked.sort_by(|one, other| (other.0, other.1, &one.2).cmp(&(one.0, one.1, &other.2)));
        let shown = ranked
            .into_iter()
            .take(FIRST)
            .map(|(_, _, path, line)| (path, (line.saturating_sub(AROUND), line + AROUND)));
        answers.push(shown.collect());
    }
    Ok(answers)
}
