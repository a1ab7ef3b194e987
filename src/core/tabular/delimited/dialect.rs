//! Which delimiter, quotes and line ends a text uses, guessed from its head.
//!
//! For: comma, tab, semicolon and pipe; doubled or backslash-escaped quotes; `\n` or lone `\r`. Not for: fixed width or
//! space-separated text. The one decision: a dialect is judged by how constant the width of its *quoted records* is;
//! one column is the last resort, and the first one for keyword lists (`.txt`, `.tsv`), where commas are text.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::records::RecordReader;
use crate::core::tabular::encoding::Confidence;

/// How a quote inside quotes is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Escape {
    /// `""`
    Double,
    /// `\"`
    Backslash,
}

/// What ends a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LineEnd {
    /// `\n`, with or without `\r` before it.
    Newline,
    /// `\r` alone (classic Mac).
    CarriageReturn,
}

impl LineEnd {
    /// The byte that ends a line.
    pub(super) fn byte(self) -> u8 {
        match self {
            Self::Newline => b'\n',
            Self::CarriageReturn => b'\r',
        }
    }
}

/// How delimited text is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    /// What parts fields; `None`: every line is one field.
    pub delimiter: Option<u8>,
    /// Whether a `"` at the beginning of a field quotes it.
    pub quoting: bool,
    /// How a quote is written inside quotes.
    pub escape: Escape,
    /// What ends a line.
    pub line_end: LineEnd,
}

/// A dialect and how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct DialectGuess {
    /// The dialect.
    pub dialect: Dialect,
    /// How sure.
    pub confidence: Confidence,
    /// The width most records of the head have.
    pub width: usize,
    /// Share of the head's records with that width, 0 to 1.
    pub constant: f64,
}

/// What the file's name makes likely.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Habit {
    /// `.csv`: comma or semicolon, seldom others.
    Comma,
    /// `.tsv`, `.tab`: tab, else a list.
    Tab,
    /// `.txt`: a list, or tab, semicolon, pipe.
    Plain,
}

/// What whoever asks says of the delimiter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DelimiterWish {
    /// Find it.
    #[default]
    Find,
    /// It is this one.
    Is(u8),
    /// There is none: every line is one value.
    Absent,
}

/// How the records of the head fare under one dialect.
#[derive(Debug, Clone, Copy)]
struct Trial {
    dialect: Dialect,
    width: usize,
    /// Share of records with that width, 0 to 1.
    constant: f64,
    records: usize,
    /// Whether the first record has that width.
    first_fits: bool,
    /// Whether any record has more than one field.
    any_parted: bool,
    faults: u64,
}

impl Trial {
    /// Share of records of the same width, less the share of faults.
    fn steady(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "counts of a small sample")]
        let faults = self.faults as f64 / self.records.max(1) as f64;
        self.constant - faults.min(1.0)
    }

    /// A first record of another width weighs like a tenth of all records. What is likely by the name only settles a
    /// tie.
    fn score(&self, habit: Habit) -> f64 {
        let likely = match (habit, self.dialect.delimiter) {
            (Habit::Comma, Some(b',')) | (Habit::Tab, Some(b'\t')) => 0.02,
            (Habit::Comma, Some(b';')) | (Habit::Plain, Some(b'\t')) => 0.01,
            _ => 0.0,
        };
        let first = if self.first_fits { 0.0 } else { 0.1 };
        self.steady() - first + likely
    }
}

/// Share of records of one width from which on a dialect is taken.
const ENOUGH: f64 = 0.5;

/// The delimiter that a first line `sep=;` names, as Excel writes and reads it.
pub(super) fn declared(head: &str) -> Option<u8> {
    let line = head.split(['\n', '\r']).next()?;
    match line.as_bytes() {
        [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', delimiter @ (b',' | b';' | b'\t' | b'|')] => Some(*delimiter),
        _ => None,
    }
}

/// Guesses from the head of the text what was not said. `whole`: the head is the whole text.
pub(super) fn guess(head: &str, whole: bool, habit: Habit, wish: DelimiterWish) -> DialectGuess {
    let found = match wish {
        DelimiterWish::Find => return find(head, whole, habit, declared(head)),
        DelimiterWish::Is(delimiter) => find(head, whole, habit, Some(delimiter)),
        DelimiterWish::Absent => one_column(head, whole, habit, line_end(head)),
    };
    DialectGuess { confidence: Confidence::Certain, ..found }
}

fn find(head: &str, whole: bool, habit: Habit, named: Option<u8>) -> DialectGuess {
    let line_end = line_end(head);
    let mut best: Option<(f64, Trial)> = None;
    for delimiter in named.as_ref().map_or(candidates(habit), std::slice::from_ref) {
        for escape in [Escape::Double, Escape::Backslash] {
            let dialect = Dialect { delimiter: Some(*delimiter), quoting: true, escape, line_end };
            let trial = try_out(head, whole, dialect);
            if named.is_none() && !is_enough(&trial, habit) {
                continue;
            }
            let score = trial.score(habit);
            // A wider table of the same constancy is the likelier one; backslashes must be better, not equal.
            let better = best.is_none_or(|(top, other)| {
                score > top + 1e-9 || ((score - top).abs() < 1e-9 && trial.width > other.width)
            });
            if better {
                best = Some((score, trial));
            }
        }
    }
    match best {
        Some((_, trial)) => DialectGuess {
            dialect: trial.dialect,
            confidence: if trial.constant >= 1.0 && trial.records > 1 { Confidence::High } else { Confidence::Low },
            width: trial.width,
            constant: trial.constant,
        },
        None => one_column(head, whole, habit, line_end),
    }
}

fn candidates(habit: Habit) -> &'static [u8] {
    match habit {
        Habit::Comma => b",;\t|",
        Habit::Tab | Habit::Plain => b"\t;|",
    }
}

/// A list of keywords may hold a semicolon or a pipe by chance; only a constant width makes it a table.
fn is_enough(trial: &Trial, habit: Habit) -> bool {
    match (habit, trial.dialect.delimiter) {
        (Habit::Comma, Some(b',')) => trial.width >= 2 && trial.steady() >= ENOUGH,
        (Habit::Comma, _) => trial.width >= 2 && trial.steady() > ENOUGH,
        // A tab is never part of a keyword: lists of synonyms have lines of any width.
        (_, Some(b'\t')) => trial.any_parted,
        _ => trial.width >= 2 && trial.constant >= 1.0 && trial.records >= 2,
    }
}

/// Every line is a value. Quotes are honoured where the whole column is written with them.
fn one_column(head: &str, whole: bool, habit: Habit, line_end: LineEnd) -> DialectGuess {
    // A delimiter that can't occur keeps quotes working for one-column CSV.
    let quoted = match habit {
        Habit::Comma => head.contains('"'),
        Habit::Tab | Habit::Plain => head.trim_ascii_start().starts_with('"'),
    };
    let dialect = Dialect { delimiter: None, quoting: quoted, escape: Escape::Double, line_end };
    let plain = Dialect { quoting: false, ..dialect };
    let faultless = !quoted || try_out(head, whole, dialect).faults == 0;
    DialectGuess {
        dialect: if faultless { dialect } else { plain },
        confidence: if habit == Habit::Comma { Confidence::Low } else { Confidence::High },
        width: 1,
        constant: 1.0,
    }
}

fn line_end(head: &str) -> LineEnd {
    let lone_carriage = !head.contains('\n') && head.contains('\r');
    if lone_carriage { LineEnd::CarriageReturn } else { LineEnd::Newline }
}

fn try_out(head: &str, whole: bool, dialect: Dialect) -> Trial {
    let mut reader = RecordReader::new(Some(head), dialect);
    let mut widths: Vec<(usize, usize)> = Vec::new();
    let mut last = None;
    let mut first = None;
    let mut records = 0;
    let mut count = |width: usize| match widths.iter_mut().find(|(known, _)| *known == width) {
        Some((_, count)) => *count += 1,
        None => widths.push((width, 1)),
    };
    // Text in memory can't fail to be read.
    while let Ok(Some(record)) = reader.next_record() {
        first.get_or_insert(record.len());
        if let Some(width) = last.replace(record.len()) {
            count(width);
            records += 1;
        }
    }
    if let Some(width) = last.filter(|_| whole || records == 0) {
        count(width);
        records += 1;
    }
    let (width, most) = widths.iter().copied().max_by_key(|(width, count)| (*count, *width)).unwrap_or((0, 0));
    let oddities = reader.oddities();
    let unclosed = if whole { oddities.unclosed_quotes } else { 0 };
    #[expect(clippy::cast_precision_loss, reason = "counts of a small sample")]
    let constant = most as f64 / records.max(1) as f64;
    let any_parted = widths.iter().any(|(width, _)| *width > 1);
    let faults = oddities.stray_quotes + unclosed;
    Trial { dialect, width, constant, records, first_fits: first == Some(width), any_parted, faults }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delimiter_of(text: &str, habit: Habit) -> Option<char> {
        guess(text, true, habit, DelimiterWish::Find).dialect.delimiter.map(char::from)
    }

    #[test]
    fn tells_the_delimiter_by_constant_width() {
        assert_eq!(delimiter_of("a,b\n1,2\n", Habit::Comma), Some(','));
        assert_eq!(delimiter_of("a;b\n1,5;2,5\n2,5;3\n", Habit::Comma), Some(';'));
        assert_eq!(delimiter_of("a\tb\n1\t2\n", Habit::Plain), Some('\t'));
        assert_eq!(delimiter_of("a|b|c\n1|2|3\n", Habit::Plain), Some('|'));
    }

    #[test]
    fn a_keyword_list_is_one_column_whatever_commas_it_holds() {
        assert_eq!(delimiter_of("waste, hazardous\nreuse\nwater; clean\n", Habit::Tab), None);
        assert_eq!(delimiter_of("Berlin, Germany\nParis, France\n", Habit::Plain), None);
    }

    #[test]
    fn quoted_delimiters_and_newlines_do_not_count() {
        let text = "id,text\n1,\"a, b\nc\"\n2,\"d, e, f\"\n";
        assert_eq!(delimiter_of(text, Habit::Comma), Some(','));
        assert_eq!(guess(text, true, Habit::Comma, DelimiterWish::Find).width, 2);
    }

    #[test]
    fn backslash_escapes_are_found_where_doubled_quotes_fail() {
        let text = "a,b\n\"x \\\"y\\\", z\",1\n\"p\",2\n\"q \\\"r, s\",3\n";
        assert_eq!(guess(text, true, Habit::Comma, DelimiterWish::Find).dialect.escape, Escape::Backslash);
        let text = "a,b\n\"x \"\"y\"\", z\",1\n";
        assert_eq!(guess(text, true, Habit::Comma, DelimiterWish::Find).dialect.escape, Escape::Double);
    }

    #[test]
    fn what_is_said_of_the_delimiter_holds() {
        let said = |wish| guess("a;b,c\nd;e,f\n", true, Habit::Comma, wish);
        assert_eq!(said(DelimiterWish::Is(b';')).dialect.delimiter, Some(b';'));
        assert_eq!(said(DelimiterWish::Is(b'|')).dialect.delimiter, Some(b'|'));
        assert_eq!(said(DelimiterWish::Absent).dialect.delimiter, None);
        assert_eq!(said(DelimiterWish::Absent).confidence, Confidence::Certain);
    }

    #[test]
    fn lone_carriage_returns_end_lines_only_without_newlines() {
        assert_eq!(
            guess("a,b\r1,2\r", true, Habit::Comma, DelimiterWish::Find).dialect.line_end,
            LineEnd::CarriageReturn
        );
        assert_eq!(guess("a,b\r\n1,2\r\n", true, Habit::Comma, DelimiterWish::Find).dialect.line_end, LineEnd::Newline);
    }
}
