//! Colours source text by class: comments, strings, numbers, keywords, types. One pass, no regular expressions.
//!
//! A small lexer of our own rather than a grammar engine: it colours a megabyte in a few milliseconds, so that no page
//! needs a cache or a pool of threads for it, and it knows the languages that people have today. What it cannot tell
//! without parsing, it leaves plain.
//!
//! Long because it is mostly one table of languages.

use crate::web::parts::html::Html;
use crate::web::parts::html::push_visible;

/// More than this is shown without colours.
const MOST_BYTES: usize = 1 << 20;

/// How a family of languages writes comments, strings and words.
struct Language {
    ends: &'static [&'static str],
    line_comments: &'static [&'static str],
    block_comment: Option<(&'static str, &'static str)>,
    quotes: &'static [char],
    /// Strings that hold line feeds: `"""`, `` ` ``.
    long_quotes: &'static [&'static str],
    keywords: &'static [&'static str],
    /// Whether a capitalised word is a type.
    types: bool,
    /// Whether a word before a colon is a key.
    keys: bool,
}

const PLAIN: Language = Language {
    ends: &[],
    line_comments: &[],
    block_comment: None,
    quotes: &[],
    long_quotes: &[],
    keywords: &[],
    types: false,
    keys: false,
};

const LANGUAGES: &[Language] = &[
    Language {
        ends: &["rs"],
        line_comments: &["//"],
        block_comment: Some(("/*", "*/")),
        quotes: &['"'],
        long_quotes: &[],
        keywords: &[
            "as", "async", "await", "break", "const", "continue", "crate", "dyn", "else", "enum", "extern", "false",
            "fn", "for", "if", "impl", "in", "let", "loop", "match", "mod", "move", "mut", "pub", "ref", "return",
            "self", "Self", "static", "struct", "super", "trait", "true", "type", "unsafe", "use", "where", "while",
        ],
        types: true,
        keys: false,
    },
    Language {
        ends: &["py", "pyi"],
        line_comments: &["#"],
        block_comment: None,
        quotes: &['"', '\''],
        long_quotes: &["\"\"\"", "'''"],
        keywords: &[
            "and", "as", "assert", "async", "await", "break", "class", "continue", "def", "del", "elif", "else",
            "except", "False", "finally", "for", "from", "global", "if", "import", "in", "is", "lambda", "match",
            "None", "nonlocal", "not", "or", "pass", "raise", "return", "self", "True", "try", "while", "with",
            "yield",
        ],
        types: true,
        keys: false,
    },
    Language {
        ends: &["js", "mjs", "cjs", "jsx", "ts", "mts", "tsx", "vue", "svelte"],
        line_comments: &["//"],
        block_comment: Some(("/*", "*/")),
        quotes: &['"', '\''],
        long_quotes: &["`"],
        keywords: &[
            "as",
            "async",
            "await",
            "break",
            "case",
            "catch",
            "class",
            "const",
            "continue",
            "default",
            "delete",
            "do",
            "else",
            "enum",
            "export",
            "extends",
            "false",
            "finally",
            "for",
            "from",
            "function",
            "if",
            "implements",
            "import",
            "in",
            "instanceof",
            "interface",
            "let",
            "new",
            "null",
            "of",
            "private",
            "public",
            "readonly",
            "return",
            "static",
            "super",
            "switch",
            "this",
            "throw",
            "true",
            "try",
            "type",
            "typeof",
            "undefined",
            "var",
            "void",
            "while",
            "yield",
        ],
        types: true,
        keys: false,
    },
    Language {
        ends: &["go"],
        line_comments: &["//"],
        block_comment: Some(("/*", "*/")),
        quotes: &['"', '\''],
        long_quotes: &["`"],
        keywords: &[
            "break",
            "case",
            "chan",
            "const",
            "continue",
            "default",
            "defer",
            "else",
            "fallthrough",
            "false",
            "for",
            "func",
            "go",
            "goto",
            "if",
            "import",
            "interface",
            "map",
            "nil",
            "package",
            "range",
            "return",
            "select",
            "struct",
            "switch",
            "true",
            "type",
            "var",
        ],
        types: true,
        keys: false,
    },
    Language {
        ends: &["c", "h", "cc", "cpp", "cxx", "hpp", "java", "kt", "kts", "cs", "swift", "scala", "dart", "php", "zig"],
        line_comments: &["//"],
        block_comment: Some(("/*", "*/")),
        quotes: &['"', '\''],
        long_quotes: &[],
        keywords: &[
            "abstract",
            "auto",
            "bool",
            "break",
            "case",
            "catch",
            "char",
            "class",
            "const",
            "continue",
            "default",
            "do",
            "double",
            "else",
            "enum",
            "extends",
            "extern",
            "false",
            "final",
            "finally",
            "float",
            "for",
            "fun",
            "func",
            "function",
            "goto",
            "guard",
            "if",
            "implements",
            "import",
            "in",
            "inline",
            "int",
            "interface",
            "let",
            "long",
            "namespace",
            "new",
            "nil",
            "null",
            "nullptr",
            "override",
            "package",
            "private",
            "protected",
            "public",
            "return",
            "short",
            "signed",
            "sizeof",
            "static",
            "struct",
            "super",
            "switch",
            "template",
            "this",
            "throw",
            "throws",
            "true",
            "try",
            "typedef",
            "typename",
            "union",
            "unsigned",
            "using",
            "val",
            "var",
            "virtual",
            "void",
            "volatile",
            "when",
            "while",
        ],
        types: true,
        keys: false,
    },
    Language {
        ends: &["sh", "bash", "zsh", "mk", "Makefile", "Dockerfile", "justfile"],
        line_comments: &["#"],
        block_comment: None,
        quotes: &['"', '\''],
        long_quotes: &[],
        keywords: &[
            "case",
            "do",
            "done",
            "elif",
            "else",
            "esac",
            "exit",
            "export",
            "fi",
            "for",
            "function",
            "if",
            "in",
            "local",
            "return",
            "set",
            "shift",
            "then",
            "until",
            "while",
            "FROM",
            "RUN",
            "COPY",
            "CMD",
            "ENTRYPOINT",
            "ENV",
            "WORKDIR",
            "ARG",
        ],
        types: false,
        keys: false,
    },
    Language {
        ends: &["yaml", "yml", "toml", "ini", "cfg", "conf", "properties", "lock", "tf", "hcl", "nix"],
        line_comments: &["#"],
        block_comment: None,
        quotes: &['"', '\''],
        long_quotes: &[],
        keywords: &["true", "false", "null", "yes", "no"],
        types: false,
        keys: true,
    },
    Language {
        ends: &["json", "jsonc", "json5", "css", "scss", "less"],
        line_comments: &["//"],
        block_comment: Some(("/*", "*/")),
        quotes: &['"', '\''],
        long_quotes: &[],
        keywords: &["true", "false", "null"],
        types: false,
        keys: true,
    },
    Language {
        ends: &["sql"],
        line_comments: &["--"],
        block_comment: Some(("/*", "*/")),
        quotes: &['\'', '"'],
        long_quotes: &[],
        keywords: &[
            "alter",
            "and",
            "as",
            "asc",
            "by",
            "case",
            "check",
            "constraint",
            "create",
            "default",
            "delete",
            "desc",
            "distinct",
            "drop",
            "else",
            "end",
            "exists",
            "foreign",
            "from",
            "group",
            "having",
            "in",
            "index",
            "insert",
            "into",
            "is",
            "join",
            "key",
            "left",
            "limit",
            "not",
            "null",
            "on",
            "or",
            "order",
            "primary",
            "references",
            "returning",
            "select",
            "set",
            "table",
            "then",
            "union",
            "unique",
            "update",
            "values",
            "when",
            "where",
            "with",
        ],
        types: false,
        keys: false,
    },
    Language {
        ends: &["rb", "ex", "exs", "lua", "pl", "r", "jl"],
        line_comments: &["#", "--"],
        block_comment: None,
        quotes: &['"', '\''],
        long_quotes: &[],
        keywords: &[
            "and",
            "begin",
            "class",
            "def",
            "defmodule",
            "do",
            "else",
            "elsif",
            "end",
            "ensure",
            "false",
            "for",
            "function",
            "if",
            "in",
            "local",
            "module",
            "nil",
            "not",
            "or",
            "require",
            "rescue",
            "return",
            "self",
            "then",
            "true",
            "unless",
            "until",
            "when",
            "while",
            "yield",
        ],
        types: true,
        keys: false,
    },
    Language {
        ends: &["html", "htm", "xml", "svg"],
        line_comments: &[],
        block_comment: Some(("<!--", "-->")),
        quotes: &['"'],
        long_quotes: &[],
        keywords: &[],
        types: false,
        keys: false,
    },
];

/// The lines of a file, each as HTML of its own, so that lines can stand in a table. Never fails: a language that is not
/// known, and text that is too long, stay plain.
pub fn lines(text: &str, path: &str) -> Vec<Html> {
    let language = if text.len() > MOST_BYTES { &PLAIN } else { language(path) };
    let mut out = Painter { lines: Vec::new(), line: String::new() };
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let (length, class) = token(rest, first, language);
        out.put(&rest[..length], class);
        rest = &rest[length..];
    }
    if !out.line.is_empty() {
        out.end_line();
    }
    out.lines
}

fn language(path: &str) -> &'static Language {
    let name = path.rsplit('/').next().unwrap_or(path);
    let end = name.rsplit('.').next().unwrap_or(name);
    LANGUAGES.iter().find(|language| language.ends.contains(&end)).unwrap_or(&PLAIN)
}

/// The length of the next token in bytes, and its class; the empty class is plain text.
fn token(rest: &str, first: char, language: &Language) -> (usize, &'static str) {
    if let Some((open, close)) = language.block_comment
        && rest.starts_with(open)
    {
        let end = rest[open.len()..].find(close).map_or(rest.len(), |at| open.len() + at + close.len());
        return (end, "c");
    }
    if language.line_comments.iter().any(|open| rest.starts_with(open)) {
        return (rest.find('\n').unwrap_or(rest.len()), "c");
    }
    if let Some(quote) = language.long_quotes.iter().find(|quote| rest.starts_with(**quote)) {
        let end = rest[quote.len()..].find(quote).map_or(rest.len(), |at| at + 2 * quote.len());
        return (end, "s");
    }
    if language.quotes.contains(&first) {
        let length = quoted(rest, first);
        let key = language.keys && rest[length..].trim_start_matches([' ', '\t']).starts_with(':');
        return (length, if key { "f" } else { "s" });
    }
    if first.is_ascii_digit() && !language.ends.is_empty() {
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_' && c != '.').unwrap_or(rest.len());
        return (end, "n");
    }
    if first.is_alphabetic() || first == '_' {
        return word(rest, language);
    }
    // Runs of space and signs in one piece.
    let end =
        rest.find(|c: char| c.is_alphanumeric() || c == '_' || language.quotes.contains(&c) || "/#-<`".contains(c));
    (end.unwrap_or(rest.len()).max(first.len_utf8()), "")
}

fn quoted(rest: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '\n' => return at,
            _ if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    rest.len()
}

fn word(rest: &str, language: &Language) -> (usize, &'static str) {
    let dash = language.keys;
    let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && !(dash && c == '-')).unwrap_or(rest.len());
    let word = &rest[..end];
    let after = &rest[end..];
    let class = if language.keywords.contains(&word)
        || (language.ends == ["sql"] && language.keywords.contains(&word.to_ascii_lowercase().as_str()))
    {
        "k"
    } else if language.keys && (after.starts_with(':') || after.trim_start_matches(' ').starts_with('=')) {
        "f"
    } else if language.types && word.starts_with(char::is_uppercase) {
        "t"
    } else if language.types && after.starts_with('(') {
        "f"
    } else {
        ""
    };
    (end, class)
}

struct Painter {
    lines: Vec<Html>,
    line: String,
}

impl Painter {
    fn put(&mut self, text: &str, class: &str) {
        for (index, piece) in text.split('\n').enumerate() {
            if index > 0 {
                self.end_line();
            }
            // A carriage return before a line feed is how some editors end lines, not something hidden.
            let piece = piece.strip_suffix('\r').unwrap_or(piece);
            if piece.is_empty() {
                continue;
            }
            if class.is_empty() {
                push_visible(&mut self.line, piece);
            } else {
                self.line.push_str("<span class=\"");
                self.line.push_str(class);
                self.line.push_str("\">");
                push_visible(&mut self.line, piece);
                self.line.push_str("</span>");
            }
        }
    }

    fn end_line(&mut self) {
        self.lines.push(Html::made(std::mem::take(&mut self.line)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(path: &str, text: &str) -> String {
        lines(text, path).iter().map(Html::as_str).collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn rust_is_coloured_line_by_line() {
        insta::assert_snapshot!(check("a/b.rs", "fn main() {\n    /* a\n    b */ let x = \"<\\\"\"; // 1\n}\n"), @r#"
        <span class="k">fn</span> <span class="f">main</span>() {
            <span class="c">/* a</span>
        <span class="c">    b */</span> <span class="k">let</span> x = <span class="s">&quot;&lt;\&quot;&quot;</span>; <span class="c">// 1</span>
        }
        "#);
    }

    #[test]
    fn yaml_keys_are_named() {
        insta::assert_snapshot!(check("x.yaml", "agent: builtin # one\nsteps: 60"), @r#"
        <span class="f">agent</span>: builtin <span class="c"># one</span>
        <span class="f">steps</span>: <span class="n">60</span>
        "#);
    }

    #[test]
    fn any_text_comes_back_whole() {
        for text in ["", "\n", "'", "\"\"\"", "/*", "é\u{202e}`", "a\r\nb", "#", "\\"] {
            for path in ["x.rs", "x.py", "x.ts", "x.yaml", "x"] {
                assert_eq!(lines(text, path).len(), text.lines().count(), "{text:?} {path}");
            }
        }
    }
}
