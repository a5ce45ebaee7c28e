//! Text as terms: what an index holds and what a query asks for.
//!
//! Made for prose about code. `rotateKeys` and `rotate_keys` give their parts and themselves; `src/pay.rs` gives its segments.
//! Parts lose the endings of English plurals and verbs. Each ideograph is a term of its own.

/// Longer words are blobs and hashes that nobody looks for.
const LONGEST: usize = 48;

/// Takes terms apart and hands them on: a part moves the position on, a whole identifier does not.
pub fn each_term(text: &str, buffer: &mut String, mut take: impl FnMut(&str, Kind)) {
    let mut from = 0;
    let bytes = text.as_bytes();
    while from < bytes.len() {
        let byte = bytes[from];
        if byte.is_ascii() && !byte.is_ascii_alphanumeric() {
            from += 1;
            continue;
        }
        let word = word_at(text, from);
        if word.is_empty() {
            from += text[from..].chars().next().map_or(1, char::len_utf8);
            continue;
        }
        from += word.len();
        split(word.trim_matches('_'), buffer, &mut take);
    }
}

/// What a term is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A word, or a part of an identifier.
    Part,
    /// A whole identifier of several parts; stands where its first part stands.
    Whole,
}

/// The terms of a query's words, without wholes where there are parts.
pub fn parts(text: &str) -> Vec<String> {
    let (mut found, mut buffer) = (Vec::new(), String::new());
    each_term(text, &mut buffer, |term, kind| {
        if kind == Kind::Part {
            found.push(term.to_owned());
        }
    });
    found
}

fn word_at(text: &str, from: usize) -> &str {
    let rest = &text[from..];
    let end = rest.char_indices().find(|(_, c)| !c.is_alphanumeric() && *c != '_').map_or(rest.len(), |(at, _)| at);
    &rest[..end]
}

fn split(word: &str, buffer: &mut String, take: &mut impl FnMut(&str, Kind)) {
    if word.is_empty() {
        return;
    }
    if word.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return part(word, buffer, take);
    }
    let mut pieces = 0;
    let mut each = |piece: &str, buffer: &mut String| {
        pieces += 1;
        part(piece, buffer, take);
    };
    let mut start = 0;
    let mut before: Option<char> = None;
    let mut chars = word.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        let next_is_lower = chars.peek().is_some_and(|(_, next)| next.is_lowercase());
        let borders = match before {
            None => false,
            Some(_) if c == '_' => true,
            Some('_') => true,
            Some(last) if is_ideograph(c) || is_ideograph(last) => true,
            Some(last) => {
                c.is_uppercase() && (last.is_lowercase() || last.is_numeric() || (last.is_uppercase() && next_is_lower))
            }
        };
        if borders {
            let piece = word[start..at].trim_matches('_');
            if !piece.is_empty() {
                each(piece, buffer);
            }
            start = at;
        }
        before = Some(c);
    }
    let piece = word[start..].trim_matches('_');
    if !piece.is_empty() {
        each(piece, buffer);
    }
    if pieces > 1 && word.len() <= LONGEST && !word.chars().any(is_ideograph) {
        buffer.clear();
        buffer.extend(word.chars().flat_map(char::to_lowercase));
        take(buffer, Kind::Whole);
    }
}

fn part(piece: &str, buffer: &mut String, take: &mut impl FnMut(&str, Kind)) {
    if piece.len() > LONGEST {
        return;
    }
    buffer.clear();
    if piece.is_ascii() {
        buffer.push_str(piece);
        buffer.make_ascii_lowercase();
        stem(buffer);
    } else {
        buffer.extend(piece.chars().flat_map(char::to_lowercase));
    }
    take(buffer, Kind::Part);
}

fn is_ideograph(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{4DBF}' | '\u{4E00}'..='\u{9FFF}' | '\u{AC00}'..='\u{D7AF}' | '\u{F900}'..='\u{FAFF}')
}

/// Takes the endings of plurals, verbs and adverbs off an English word in lower case: `keys` and `key`, `rotating` and
/// `rotates` and `rotation` meet. Words of other languages and of code are hurt little, since a query loses the same.
pub fn stem(word: &mut String) {
    if word.len() < 4 || word.bytes().any(|byte| !byte.is_ascii_lowercase()) {
        return;
    }
    let cut = |word: &mut String, ending: &str, least: usize, put: &str| {
        let good = word.ends_with(ending) && word.len() - ending.len() >= least;
        if good {
            word.truncate(word.len() - ending.len());
            word.push_str(put);
        }
        good
    };
    let _ = cut(word, "sses", 2, "ss")
        || cut(word, "ies", 2, "y")
        || cut(word, "xes", 2, "x")
        || cut(word, "ches", 2, "ch")
        || cut(word, "shes", 2, "sh")
        || (!word.ends_with("ss") && !word.ends_with("us") && !word.ends_with("is") && cut(word, "s", 3, ""));
    let _ = cut(word, "ically", 3, "ic") || cut(word, "ly", 4, "");
    let stripped = cut(word, "ational", 3, "at")
        || cut(word, "ization", 3, "iz")
        || cut(word, "isation", 3, "iz")
        || cut(word, "ation", 3, "at")
        || cut(word, "ition", 3, "it")
        || cut(word, "tion", 4, "t")
        || cut(word, "ments", 4, "")
        || cut(word, "ment", 4, "")
        || cut(word, "ness", 4, "")
        || cut(word, "ingly", 3, "")
        || cut(word, "ing", 3, "")
        || cut(word, "ied", 2, "y")
        || cut(word, "ed", 3, "");
    if stripped {
        // `stopped` and `stop`, but `call` and `pass` keep both letters.
        let bytes = word.as_bytes();
        if let [.., one, two] = bytes
            && one == two
            && !matches!(one, b'l' | b's' | b'z' | b'e' | b'o')
        {
            word.pop();
        }
    }
    let _ = word.len() > 4 && cut(word, "e", 3, "");
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        let (mut found, mut buffer) = (Vec::new(), String::new());
        each_term(text, &mut buffer, |term, kind| {
            found.push(if kind == Kind::Whole { format!("={term}") } else { term.to_owned() });
        });
        found
    }

    #[test]
    fn identifiers_and_paths_give_their_parts() {
        assert_eq!(all("rotateKeys"), ["rotat", "key", "=rotatekeys"]);
        assert_eq!(
            all("HTTPServer2x rotate_keys _x_"),
            ["http", "server2x", "=httpserver2x", "rotat", "key", "=rotate_keys", "x"]
        );
        assert_eq!(all("src/pay.rs#L10"), ["src", "pay", "rs", "l10"]);
        assert_eq!(all("don't stop—now"), ["don", "t", "stop", "now"]);
        assert_eq!(all("鍵の回転 Über"), ["鍵", "の", "回", "転", "über"]);
        assert_eq!(all(&"x".repeat(60)), Vec::<String>::new());
    }

    #[test]
    fn words_of_one_family_meet() {
        for family in [
            &["rotate", "rotates", "rotated", "rotating", "rotation"][..],
            &["key", "keys"],
            &["stop", "stopped", "stopping", "stops"],
            &["deploy", "deployed", "deployment", "deploys"],
            &["query", "queries"],
            &["config", "configs"],
            &["pass", "passes", "passed"],
            &["use", "uses"],
        ] {
            let stems: Vec<String> = family.iter().map(|word| parts(word).remove(0)).collect();
            assert!(stems.iter().all(|stem| *stem == stems[0]), "{family:?}: {stems:?}");
        }
        for word in ["status", "process", "analysis", "this", "bus", "ring", "red"] {
            assert_eq!(parts(word), [word]);
        }
    }
}
