//! What the text of a question asks for.

use crate::catalog::Pattern;
use crate::kit::Error;
use crate::kit::Result;
use crate::memory::Class;
use crate::memory::index::terms;
use crate::memory::ontology::Vocabulary;
use crate::memory::query::Query;

/// Terms of a question, beyond which the rest is left out.
const MOST_TERMS: usize = 40;

/// Words that say nothing about what is looked for. They count when there are no others.
const EMPTY: [&str; 60] = [
    "a", "about", "after", "all", "an", "and", "any", "are", "as", "at", "be", "been", "but", "by", "can", "did", "do",
    "doe", "does", "for", "from", "had", "has", "have", "how", "i", "if", "in", "into", "is", "it", "its", "me", "my",
    "of", "on", "or", "our", "should", "so", "than", "that", "the", "their", "there", "these", "they", "this", "to",
    "us", "was", "we", "were", "what", "when", "where", "which", "who", "why", "will",
];

/// What a text asks for.
#[derive(Clone, Debug, Default)]
pub struct Words {
    /// Terms, each once.
    pub terms: Vec<Term>,
    /// Phrases: places of terms that must follow each other.
    pub phrases: Vec<Vec<usize>>,
}

/// A term of a question.
#[derive(Clone, Debug, PartialEq)]
pub struct Term {
    /// As the index has it.
    pub text: String,
    /// As it was asked for.
    pub shown: String,
    /// How much it counts.
    pub weight: f64,
    /// What it has to do with an entry.
    pub role: Role,
}

/// What a term has to do with an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// It counts for it.
    Wanted,
    /// Every term that starts so counts for it.
    Prefix,
    /// It must not be there.
    Unwanted,
}

impl Words {
    /// Takes the text of a question apart; what stands in it as `kind:…` goes to where it would have been asked for.
    pub fn of(query: &Query, vocabulary: &Vocabulary) -> Result<(Self, Query)> {
        let mut query = query.clone();
        let mut words = Self::default();
        let text = std::mem::take(&mut query.text);
        let mut plain = Vec::new();
        for piece in pieces(&text) {
            match piece {
                Piece::Phrase(phrase) => words.phrase(phrase),
                Piece::Word(word) => {
                    if let Some((key, value)) = word.split_once(':')
                        && !value.is_empty()
                        && qualify(&mut query, key, value)?
                    {
                        continue;
                    }
                    match word.strip_prefix('-').filter(|rest| rest.starts_with(char::is_alphanumeric)) {
                        Some(rest) => words.add(rest, 1.0, Role::Unwanted),
                        None => match word.strip_suffix('*').filter(|start| start.chars().count() >= 2) {
                            Some(start) => words.prefix(start),
                            None => plain.push(word),
                        },
                    }
                }
            }
        }
        let full: Vec<&&str> = plain.iter().filter(|word| !is_empty(word)).collect();
        let nothing_else = full.is_empty() && words.terms.is_empty();
        for word in &plain {
            if nothing_else || !is_empty(word) {
                words.add(word, 1.0, Role::Wanted);
            }
        }
        for word in plain.iter().map(|word| word.to_lowercase()) {
            for synonym in
                vocabulary.synonyms.get(word.trim_matches(|c: char| !c.is_alphanumeric())).into_iter().flatten()
            {
                words.add(synonym, 0.4, Role::Wanted);
            }
        }
        query.text = text;
        Ok((words, query))
    }

    /// Whether it asks for nothing by words.
    pub fn is_empty(&self) -> bool {
        self.terms.iter().all(|term| term.role == Role::Unwanted)
    }

    fn add(&mut self, word: &str, weight: f64, role: Role) {
        let mut buffer = String::new();
        let mut found = Vec::new();
        terms::each_term(word, &mut buffer, |term, _| found.push(term.to_owned()));
        for term in found {
            self.term(term, word, weight, role);
        }
    }

    fn term(&mut self, text: String, shown: &str, weight: f64, role: Role) -> usize {
        if let Some(at) = self.terms.iter().position(|term| term.text == text && term.role == role) {
            return at;
        }
        if self.terms.len() < MOST_TERMS {
            let shown = shown.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
            self.terms.push(Term { text, shown, weight, role });
        }
        self.terms.len() - 1
    }

    fn phrase(&mut self, phrase: &str) {
        let places: Vec<usize> =
            terms::parts(phrase).into_iter().map(|term| self.term(term.clone(), &term, 1.0, Role::Wanted)).collect();
        if places.len() > 1 {
            self.phrases.push(places);
        }
    }

    fn prefix(&mut self, start: &str) {
        let lower = start.to_lowercase();
        self.term(lower, start, 1.0, Role::Prefix);
    }
}

enum Piece<'a> {
    Word(&'a str),
    Phrase(&'a str),
}

/// Words between blanks, and what stands between quotes.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut found = Vec::new();
    for (index, part) in text.split('"').enumerate() {
        if index % 2 == 1 {
            found.push(Piece::Phrase(part));
        } else {
            found.extend(part.split_whitespace().map(Piece::Word));
        }
    }
    found
}

fn is_empty(word: &str) -> bool {
    let word = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    EMPTY.contains(&word.as_str())
}

/// Takes `kind:Runbook` and the like. False when the word is none of them.
fn qualify(query: &mut Query, key: &str, value: &str) -> Result<bool> {
    let value = value.to_owned();
    match key {
        "kind" => query.kinds.push(value),
        "tag" => query.tags.push(value),
        "status" => query.statuses.push(value),
        "owner" => query.owners.push(value),
        "path" => query.paths.push(value.parse::<Pattern>()?),
        "class" => {
            let known = Class::ALL.map(Class::as_str);
            let class = Class::ALL.into_iter().find(|class| class.as_str() == value);
            let unknown = || {
                let message = format!("`{}` is not a class", crate::kit::text::visible_line(&value, 40));
                Error::invalid(message).hint(crate::catalog::near::suggest(&value, &known)).field("text")
            };
            query.classes.push(class.ok_or_else(unknown)?);
        }
        _ => return Ok(false),
    }
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> (Vec<String>, Query) {
        let vocabulary = crate::memory::Ontology::built_in().vocabulary.clone();
        let (words, query) = Words::of(&Query::text(text), &vocabulary).expect("a question");
        let sign = |term: &Term| match term.role {
            Role::Wanted => term.text.clone(),
            Role::Prefix => format!("{}*", term.text),
            Role::Unwanted => format!("-{}", term.text),
        };
        (words.terms.iter().map(sign).collect(), query)
    }

    #[test]
    fn a_question_loses_the_words_that_say_nothing() {
        assert_eq!(words("How do I rotate the keys?").0, ["rotat", "key"]);
        assert_eq!(words("to be or not").0, ["not"]);
        assert_eq!(words("what is it").0, ["what", "is", "it"]);
    }

    #[test]
    fn phrases_prefixes_and_unwanted_words_are_told_apart() {
        let (terms, query) = words("\"rotate the keys\" conf* -draft kind:Runbook path:runbooks/** a:b");
        assert_eq!(terms, ["rotat", "the", "key", "conf*", "-draft", "a", "b"]);
        assert_eq!((query.kinds.len(), query.paths.len()), (1, 1));
        assert!(Words::of(&Query::text("path:["), &Vocabulary::default()).is_err());
        assert!(Words::of(&Query::text("class:nots"), &Vocabulary::default()).is_err());
    }

    #[test]
    fn synonyms_are_looked_for_as_well() {
        assert_eq!(words("k8s").0, ["k8s", "kubernet"]);
    }
}
