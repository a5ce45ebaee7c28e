//! A skill of the Agent Skills standard: `SKILL.md` with YAML between two lines `---`, and Markdown below.

use crate::catalog::diagnostic::Diagnostic;
use crate::catalog::document::Document;
use crate::catalog::document::frontmatter;
use crate::catalog::near;
use crate::catalog::tree;
use crate::catalog::tree::Kind;
use crate::catalog::tree::Node;
use crate::catalog::tree::Position;
use crate::kit::text::visible_line;

/// What the standard says; the two that we read come first.
const KEYS: [&str; 6] = ["name", "description", "license", "compatibility", "metadata", "allowed-tools"];

/// What a stack may offer its agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skill {
    /// What it is for: the agent reads this to choose.
    pub description: String,
    /// The Markdown below the frontmatter.
    pub body: String,
    /// The tools that it would like its reader to have. Nobody has to give them.
    pub allowed_tools: Vec<String>,
}

/// Reads a skill; none when it has an error.
pub fn read(name: &str, document: &Document) -> (Option<Skill>, Vec<Diagnostic>) {
    let start = Position { line: 1, column: 1 };
    let hint = "begin the file with `---`, `name: …`, `description: …` and `---`, each on its line";
    let Some((front, body)) = frontmatter(document.text()) else {
        return (None, vec![document.error(start, "the skill has no frontmatter", hint)]);
    };
    // The first line is blank so that positions count from the start of the file.
    let tree = match tree::parse(&format!("\n{front}")) {
        Ok(tree) => tree,
        Err(broken) => return (None, vec![document.error(broken.at, broken.message, broken.hint)]),
    };
    let Kind::Map(entries) = &tree.kind else {
        return (None, vec![document.error(start, "the frontmatter is not a mapping", hint)]);
    };
    let mut errors = Vec::new();
    let mut warnings = Vec::new();
    for (key, _) in entries {
        if !KEYS.contains(&key.text.as_str()) {
            let message = format!("`{}` is not a key of a skill", visible_line(&key.text, 60));
            warnings.push(document.warning(key.at, message, near::suggest(&key.text, &KEYS)));
        }
    }
    let named = text(document, &tree, "name", &mut errors);
    if named.as_ref().is_some_and(|(_, text)| text != name) {
        let message = format!("the skill's `name` differs from its folder `{name}`");
        errors.push(document.error(tree.at(&["name"]), message, format!("write `name: {name}`")));
    }
    let described = text(document, &tree, "description", &mut errors);
    if described.as_ref().is_some_and(|(_, text)| text.trim().is_empty() || text.chars().count() > 1024) {
        let message = "`description` needs 1 to 1024 characters";
        errors.push(document.error(tree.at(&["description"]), message, "say what the skill does and when to use it"));
    }
    let good = errors.is_empty();
    errors.extend(warnings);
    let allowed_tools = wishes(&tree);
    let skill =
        described.filter(|_| good).map(|(_, description)| Skill { description, body: body.to_owned(), allowed_tools });
    (skill, errors)
}

/// `allowed-tools`: words between spaces or commas, as the standard has it, or a list.
fn wishes(tree: &Node) -> Vec<String> {
    let words = |text: &str| text.split([' ', ',']).filter(|word| !word.is_empty()).map(str::to_owned).collect();
    match tree.get("allowed-tools").map(|node| &node.kind) {
        Some(Kind::Text(text)) => words(text),
        Some(Kind::List(items)) => items
            .iter()
            .filter_map(|item| match &item.kind {
                Kind::Text(text) => Some(text.clone()),
                _ => None,
            })
            .collect(),
        _ => Vec::new(),
    }
}

fn text(document: &Document, tree: &Node, key: &str, errors: &mut Vec<Diagnostic>) -> Option<(Position, String)> {
    match tree.get(key) {
        Some(Node { at, kind: Kind::Text(text) }) => Some((*at, text.clone())),
        Some(node) => {
            let message = format!("`{key}` is {}, but it takes text", node.noun());
            errors.push(document.error(node.at, message, "put it between quotes"));
            None
        }
        None => {
            let at = Position { line: 1, column: 1 };
            errors.push(document.error(at, format!("the key `{key}` is missing"), format!("add `{key}: …`")));
            None
        }
    }
}
