//! The same lines do not stand in two places.
//!
//! This finds copies to the letter, of a length that no idiom has. Shorter and looser likenesses are a reviewer's to judge.

use std::collections::HashMap;

use crate::rule;
use crate::source;
use crate::source::Source;

/// So many lines alike are a copy. Blank lines, comments, imports and lone punctuation do not count.
const COPY: usize = 12;

/// Each copy is told once, at the place that it stands second.
fn copies(files: &[Source]) -> Vec<String> {
    let mut seen: HashMap<Vec<&str>, (usize, usize)> = HashMap::new();
    let mut places = Vec::new();
    for (index, file) in files.iter().enumerate() {
        let counted: Vec<(usize, &str)> = counted_lines(file).collect();
        let mut told_until = 0;
        for window in counted.windows(COPY) {
            let (number, last) = (window[0].0, window[COPY - 1].0);
            let lines: Vec<&str> = window.iter().map(|(_, line)| *line).collect();
            let (first_file, first_line) = *seen.entry(lines).or_insert((index, number));
            let elsewhere = (first_file, first_line) != (index, number);
            if elsewhere && number > told_until {
                places.push(format!("{} = {}:{first_line}", rule::place(file, number), files[first_file].path));
                told_until = last;
            }
        }
    }
    places
}

fn counted_lines(file: &Source) -> impl Iterator<Item = (usize, &str)> {
    let numbered = file.text.lines().enumerate().map(|(index, line)| (index + 1, line.trim()));
    numbered.take_while(|(number, _)| *number < file.tests_from).filter(|(_, line)| {
        let says_something = line.chars().any(char::is_alphanumeric);
        says_something && !line.starts_with("//") && !line.starts_with("use ") && !line.starts_with("pub use ")
    })
}

#[test]
fn nothing_stands_twice() {
    let places = copies(&source::read_all("src", ".rs"));
    let says = format!("The same {COPY} lines stand in one place");
    let complaint = rule::complain(&says, "let one piece serve both, in the earlier of the two rooms", &places);
    assert!(complaint.is_empty(), "{complaint}");
}

#[test]
fn a_copy_is_told_once_and_likeness_is_not_a_copy() {
    let lines = |from: usize| (from..from + 20).map(|n| format!("call({n});\n\n// why\n")).collect::<String>();
    let files =
        [Source::parse("src/kit/a.rs", &lines(0)), Source::parse("src/kit/b.rs", &format!("fn b() {{\n{}", lines(0)))];
    assert_eq!(copies(&files), ["src/kit/b.rs:2: call(0); = src/kit/a.rs:1"]);
    let files = [Source::parse("src/kit/a.rs", &lines(0)), Source::parse("src/kit/b.rs", &lines(10))];
    assert_eq!(copies(&files), Vec::<String>::new());
}
