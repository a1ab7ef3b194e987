//! Tidying of contents: blanks, empty lines, and lines that repeat on the pages of a document.
//!
//! The one decision: nothing is tidied unless it is asked for, and only contents are: the values of columns stay as they
//! stand in the file.

use std::borrow::Cow;
use std::collections::{HashMap, HashSet};

use arrow_array::RecordBatch;
use arrow_array::cast::AsArray;

use super::options::{Clean, KnowledgeBaseOptions};

/// Lines at either end of a page that may be a header or footer.
const EDGE: usize = 3;
/// Pages that a line must stand on to be one, at least.
const LEAST_PAGES: usize = 3;

/// The tidying that was asked for.
#[derive(Debug, Clone, Copy)]
pub(super) struct Cleaner {
    white_space: bool,
    empty_lines: bool,
    repeated_lines: bool,
}

impl Cleaner {
    pub(super) fn new(options: &KnowledgeBaseOptions) -> Self {
        Self {
            white_space: options.cleans(Clean::WhiteSpace),
            empty_lines: options.cleans(Clean::EmptyLines),
            repeated_lines: options.cleans(Clean::RepeatedLines),
        }
    }

    /// Whether the lines that repeat on pages are to be found first.
    pub(super) fn needs_pages(self) -> bool {
        self.repeated_lines
    }

    /// The text, tidied; without `repeated`, every line of it is its own.
    pub(super) fn clean<'a>(self, text: &'a str, repeated: Option<&RepeatedLines>) -> Cow<'a, str> {
        if !self.white_space && !self.empty_lines && repeated.is_none() {
            return Cow::Borrowed(text);
        }
        let lines: Vec<&str> = text.lines().collect();
        let left_out = repeated.map_or_else(HashSet::new, |repeated| repeated.places(&lines));
        let kept = lines.iter().enumerate().filter(|(place, _)| !left_out.contains(place)).map(|(_, line)| *line);
        let kept = kept.filter(|line| !self.empty_lines || !line.trim().is_empty());
        let tidy = |line: &'a str| if self.white_space { single_blanks(line) } else { Cow::Borrowed(line) };
        Cow::Owned(kept.map(tidy).collect::<Vec<_>>().join("\n"))
    }
}

/// Tabs part cells, so that a run of blanks with one in it becomes a tab.
fn single_blanks(line: &str) -> Cow<'_, str> {
    let mut tidy = String::with_capacity(line.len());
    let mut blank = None;
    for character in line.trim().chars() {
        if character.is_whitespace() {
            blank = if character == '\t' || blank == Some('\t') { Some('\t') } else { Some(' ') };
            continue;
        }
        tidy.extend(blank.take());
        tidy.push(character);
    }
    Cow::Owned(tidy)
}

/// Headers and footers of a document: lines that stand at the top or the bottom of at least three and half of its pages,
/// the numbers in them aside.
#[derive(Debug, Default)]
pub(super) struct RepeatedLines {
    pages: usize,
    counts: HashMap<String, usize>,
}

impl RepeatedLines {
    /// Takes the pages of a document's batch.
    pub(super) fn see_batch(&mut self, batch: &RecordBatch) {
        let pages = batch.column_by_name("text").and_then(|column| column.as_string_opt::<i32>());
        pages.into_iter().flatten().flatten().for_each(|page| self.see(page));
    }

    /// Takes another page.
    fn see(&mut self, page: &str) {
        let lines: Vec<&str> = page.lines().collect();
        self.pages += 1;
        let keys: HashSet<String> = edges(&lines).map(|place| key(lines[place])).collect();
        for key in keys {
            *self.counts.entry(key).or_default() += 1;
        }
    }

    /// The places of a page's lines that are headers or footers.
    fn places(&self, lines: &[&str]) -> HashSet<usize> {
        edges(lines).filter(|place| self.is_repeated(lines[*place])).collect()
    }

    fn is_repeated(&self, line: &str) -> bool {
        let count = self.counts.get(&key(line)).copied().unwrap_or_default();
        count >= LEAST_PAGES && count * 2 >= self.pages
    }
}

/// The first and last lines of a page that hold anything.
fn edges(lines: &[&str]) -> impl Iterator<Item = usize> {
    let filled: Vec<usize> = (0..lines.len()).filter(|place| !lines[*place].trim().is_empty()).collect();
    let last = filled.len().saturating_sub(EDGE).max(EDGE.min(filled.len()));
    let first: Vec<usize> = filled.iter().copied().take(EDGE).collect();
    first.into_iter().chain(filled.into_iter().skip(last))
}

/// Equal for lines that differ in numbers or blanks alone: `Page 3 of 12`.
fn key(line: &str) -> String {
    let mut key = String::with_capacity(line.len());
    for character in line.chars().filter(|character| !character.is_whitespace()) {
        let character = if character.is_numeric() { '0' } else { character };
        if character != '0' || !key.ends_with('0') {
            key.push(character);
        }
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaner(clean: &[Clean]) -> Cleaner {
        Cleaner::new(&KnowledgeBaseOptions { clean: clean.to_vec(), ..KnowledgeBaseOptions::default() })
    }

    #[test]
    fn nothing_is_tidied_unasked() {
        let text = "  a \u{a0} b\n\n\n c\t ";
        assert!(matches!(cleaner(&[]).clean(text, None), Cow::Borrowed(same) if same == text));
    }

    #[test]
    fn blanks_and_empty_lines_go() {
        let text = "  a \u{a0} b\n \n\n c \t d ";
        assert_eq!(cleaner(&[Clean::WhiteSpace]).clean(text, None), "a b\n\n\nc\td");
        assert_eq!(cleaner(&[Clean::EmptyLines]).clean(text, None), "  a \u{a0} b\n c \t d ");
        assert_eq!(cleaner(&[Clean::WhiteSpace, Clean::EmptyLines]).clean(text, None), "a b\nc\td");
    }

    #[test]
    fn headers_and_footers_of_pages_go_and_their_words_elsewhere_stay() {
        let words = ["paper", "glass", "metal", "wood"];
        let page = |(number, word): (usize, &&str)| {
            format!("Annual report\n\n{word}\nis {word}\nAnnual report\nno {word}\nso {word}\nPage {number} of 12")
        };
        let pages: Vec<String> = words.iter().enumerate().map(|(number, word)| page((number + 8, word))).collect();
        let mut repeated = RepeatedLines::default();
        for page in &pages {
            repeated.see(page);
        }
        let cleaned = cleaner(&[Clean::RepeatedLines, Clean::EmptyLines]).clean(&pages[0], Some(&repeated));
        assert_eq!(cleaned, "paper\nis paper\nAnnual report\nno paper\nso paper");
    }

    #[test]
    fn two_pages_have_no_headers() {
        let mut repeated = RepeatedLines::default();
        repeated.see("Report\na");
        repeated.see("Report\nb");
        assert_eq!(cleaner(&[Clean::RepeatedLines]).clean("Report\na", Some(&repeated)), "Report\na");
    }
}
