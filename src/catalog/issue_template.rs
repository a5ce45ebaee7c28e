//! Templates of issues, as GitHub and Gitea have them: Markdown below a frontmatter with a name, a sentence, a title and labels.
//!
//! Nothing in one configures an agent. One whose frontmatter is broken still opens issues, by its file name and whole text.

use crate::catalog::document::frontmatter;
use crate::catalog::tree;
use crate::catalog::tree::Kind;
use crate::catalog::tree::Node;
use crate::kit::text::bounded;

/// What an issue can start from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueTemplate {
    /// The name of its file, which an address names it by.
    pub file: String,
    /// What it is called.
    pub name: String,
    /// What it is for; may be empty.
    pub about: String,
    /// How the title begins; may be empty.
    pub title: String,
    /// Labels that its issues get.
    pub labels: Vec<String>,
    /// The text below.
    pub body: String,
    /// What is wrong in the file; empty for nothing.
    pub fault: String,
}

/// The most labels of one template.
const MOST_LABELS: usize = 20;

impl IssueTemplate {
    /// Reads one.
    pub fn read(file: &str, text: &str) -> Self {
        let stem = file.strip_suffix(".md").unwrap_or(file);
        let bare = |body: &str, fault: String| Self {
            file: file.to_owned(),
            name: stem.replace(['-', '_'], " "),
            about: String::new(),
            title: String::new(),
            labels: Vec::new(),
            body: body.trim_start_matches(['\r', '\n']).to_owned(),
            fault,
        };
        let Some((front, body)) = frontmatter(text) else { return bare(text, String::new()) };
        match tree::parse(&format!("\n{front}")) {
            Err(broken) => bare(text, format!("line {}: {}", broken.at.line, broken.message)),
            Ok(Node { kind: Kind::Null, .. }) => bare(body, String::new()),
            Ok(tree) if !matches!(tree.kind, Kind::Map(_)) => {
                bare(text, "line 2: the frontmatter is not a mapping".to_owned())
            }
            Ok(tree) => {
                let known = bare(body, String::new());
                let line = |key| word(tree.get(key)).map(|text| bounded(text.trim(), 255).to_owned());
                let name = line("name").filter(|name| !name.is_empty()).unwrap_or(known.name);
                let about = line("about").or_else(|| line("description")).unwrap_or_default();
                // A blank at the end stands before what people write.
                let title = word(tree.get("title")).map(|text| bounded(text, 255).to_owned()).unwrap_or_default();
                let labels = labels(tree.get("labels"));
                Self { name, about, title, labels, ..bare(body, String::new()) }
            }
        }
    }
}

fn word(node: Option<&Node>) -> Option<&str> {
    match node.map(|node| &node.kind) {
        Some(Kind::Text(text)) => Some(text),
        _ => None,
    }
}

/// A list, or words between commas.
fn labels(node: Option<&Node>) -> Vec<String> {
    let all: Vec<&str> = match node.map(|node| &node.kind) {
        Some(Kind::Text(text)) => text.split(',').collect(),
        Some(Kind::List(items)) => items.iter().filter_map(|item| word(Some(item))).collect(),
        _ => Vec::new(),
    };
    all.into_iter().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty()).take(MOST_LABELS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_read_with_and_without_its_frontmatter() {
        let read = |text| {
            let IssueTemplate { name, about, title, labels, body, fault, .. } =
                IssueTemplate::read("bug_report.md", text);
            format!("{name} | {about} | {title} | {} | {body:?} | {fault}", labels.join("+"))
        };
        let all = [
            "---\nname: Bug\nabout: It is broken\ntitle: '[bug] '\nlabels: bug, help wanted\n---\n\n## What\n",
            "---\nname: Bug\nlabels: [bug, 7, '']\n---\nx",
            "---\n---\nx",
            "## What\n",
            "---\nname: [\n---\nx",
            "---\n- a\n---\nx",
            "---\nname: Bug\nno end",
        ];
        let expected = [
            r###"Bug | It is broken | [bug]  | bug+help wanted | "## What\n" | "###,
            r###"Bug |  |  | bug | "x" | "###,
            r###"bug report |  |  |  | "x" | "###,
            r###"bug report |  |  |  | "## What\n" | "###,
            r###"bug report |  |  |  | "---\nname: [\n---\nx" | line 2: unclosed bracket '['"###,
            r###"bug report |  |  |  | "---\n- a\n---\nx" | line 2: the frontmatter is not a mapping"###,
            r###"bug report |  |  |  | "---\nname: Bug\nno end" | "###,
        ];
        assert_eq!(all.map(read), expected);
    }
}
