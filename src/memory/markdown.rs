//! Headings and links of Markdown, line by line: what search weighs and what edges come from. Not a renderer.

/// A heading and the line that it stands on, from 1.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heading {
    /// Its line.
    pub line: u32,
    /// From 1 to 6.
    pub level: u8,
    /// Its words.
    pub text: String,
}

/// The headings written with `#`, outside of fenced code. `first` is the number of the text's first line.
pub fn headings(text: &str, first: u32) -> Vec<Heading> {
    let mut fence: Option<&str> = None;
    let mut found = Vec::new();
    for (line, number) in text.lines().zip(first..) {
        let stripped = line.trim_start();
        match fence {
            Some(mark) => {
                if stripped.starts_with(mark) {
                    fence = None;
                }
            }
            None if stripped.starts_with("```") => fence = Some("```"),
            None if stripped.starts_with("~~~") => fence = Some("~~~"),
            None => found.extend(heading(line, number)),
        }
    }
    found
}

fn heading(line: &str, number: u32) -> Option<Heading> {
    let marks = line.bytes().take_while(|byte| *byte == b'#').count();
    let rest = &line[marks..];
    if !(1..=6).contains(&marks) || !rest.starts_with([' ', '\t']) {
        return None;
    }
    let text = rest.trim().trim_end_matches('#').trim();
    let level = u8::try_from(marks).expect("at most six");
    (!text.is_empty()).then(|| Heading { line: number, level, text: text.to_owned() })
}

/// Ids in `[[kind:slug]]`, each with its line and the column that it starts in, both from 1.
pub fn mentions(text: &str, first: u32) -> Vec<(u32, usize, &str)> {
    let mut found = Vec::new();
    for (line, number) in text.lines().zip(first..) {
        let mut from = 0;
        while let Some(open) = line[from..].find("[[") {
            let start = from + open + 2;
            let Some(length) = line[start..].find("]]") else { break };
            let word = line[start..start + length].split('|').next().unwrap_or_default();
            found.push((number, 1 + line[..start].chars().count(), word));
            from = start + length;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headings_stand_outside_of_code() {
        let text = "# One\n\n```sh\n# not\n```\n## Two ##\n#no\n";
        let found = headings(text, 5);
        assert_eq!(
            found.iter().map(|found| (found.line, found.level, found.text.as_str())).collect::<Vec<_>>(),
            [(5, 1, "One"), (10, 2, "Two"),]
        );
    }

    #[test]
    fn mentions_know_their_place() {
        let text = "see [[runbook:a]] and [[service:b|the shop]] and [[open";
        assert_eq!(mentions(text, 1), [(1, 7, "runbook:a"), (1, 25, "service:b")]);
    }
}
