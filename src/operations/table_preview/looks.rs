//! What a column is probably for, and why: told by its name, its type and what is in it.
//!
//! For: people who choose columns, and messages that list those that look like texts first. Not for: choosing: no operation
//! takes a column because it looks like something. The one decision: a reason in words belongs to every guess, with the
//! figures that it was made of, so that who disagrees sees where.

use arrow_schema::DataType;
use serde::Serialize;
use utoipa::ToSchema;

use crate::core::figures::count;
use crate::core::tabular::encoding::Confidence;

/// What a column is probably for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LooksLike {
    /// For what.
    pub role: LikelyRole,
    /// Why, with the figures.
    #[schema(example = "12 different values in 7,340 rows")]
    pub reason: String,
    /// How sure.
    pub confidence: Confidence,
}

/// What a column may be for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum LikelyRole {
    /// Texts, to be learnt from.
    Text,
    /// Labels, to be learnt.
    Label,
    /// `train`, `validation`, `test`.
    Split,
    /// What rows belong together by, such as a document.
    Group,
    /// A date or time.
    Time,
    /// What tells rows apart.
    Id,
    /// Entities: tags of tokens, or spans.
    Tags,
    /// A quantity.
    Number,
    /// None of these.
    Other,
}

impl LikelyRole {
    /// As in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Label => "label",
            Self::Split => "split",
            Self::Group => "group",
            Self::Time => "time",
            Self::Id => "id",
            Self::Tags => "tags",
            Self::Number => "number",
            Self::Other => "other",
        }
    }
}

/// What is known of a column; rows without a value do not count.
pub(super) struct Facts<'a> {
    pub(super) name: &'a str,
    pub(super) data_type: &'a DataType,
    pub(super) rows: u64,
    pub(super) different: u64,
    pub(super) is_exact: bool,
    pub(super) different_share: f64,
    pub(super) mean_chars: f64,
    pub(super) spoken_share: f64,
    pub(super) values: Option<&'a [&'a str]>,
    pub(super) tagged: &'a Tagged,
}

/// Most different values of a column that looks like labels.
const LABELS: u64 = 100;
/// Letters that a label has on average, at most.
const LABEL_CHARS: f64 = 60.0;
/// Rows that a label has on average, at least.
const LABEL_ROWS: u64 = 2;
/// Letters that a text has on average, at least.
const TEXT_CHARS: f64 = 15.0;
/// Letters on average that make a text of a column, whatever else.
const LONG_CHARS: f64 = 40.0;

/// Words in names of columns.
const TEXT_NAMES: [&str; 18] = [
    "text",
    "texts",
    "sentence",
    "body",
    "content",
    "message",
    "review",
    "comment",
    "tweet",
    "description",
    "abstract",
    "document",
    "utterance",
    "paragraph",
    "headline",
    "statement",
    "tokens",
    "question",
];
const LABEL_NAMES: [&str; 18] = [
    "label",
    "labels",
    "class",
    "category",
    "target",
    "tone",
    "sentiment",
    "emotion",
    "topic",
    "tag",
    "intent",
    "polarity",
    "rating",
    "stance",
    "genre",
    "y",
    "gold",
    "annotation",
];
const GROUP_NAMES: [&str; 22] = [
    "group",
    "document",
    "doc",
    "report",
    "source",
    "author",
    "user",
    "company",
    "organisation",
    "organization",
    "file",
    "filename",
    "session",
    "conversation",
    "thread",
    "patient",
    "article",
    "title",
    "page",
    "url",
    "speaker",
    "issuer",
];
const ID_NAMES: [&str; 10] = ["id", "ids", "uuid", "guid", "key", "index", "idx", "doi", "isbn", "hash"];
const TIME_NAMES: [&str; 8] = ["date", "time", "datetime", "timestamp", "year", "created", "published", "day"];
const SPLITS: [&str; 8] = ["train", "training", "test", "testing", "validation", "valid", "val", "dev"];

/// What the column is probably for.
pub(super) fn look(facts: &Facts<'_>) -> LooksLike {
    if facts.rows == 0 {
        return said(LikelyRole::Other, "no row has a value", Confidence::Certain);
    }
    let kinds = [split, tags, time, truth, group_by_name, label, number, text, id, group];
    kinds.iter().find_map(|kind| kind(facts)).unwrap_or_else(|| facts.says(LikelyRole::Other, Confidence::Low))
}

fn said(role: LikelyRole, reason: impl Into<String>, confidence: Confidence) -> LooksLike {
    LooksLike { role, reason: reason.into(), confidence }
}

impl Facts<'_> {
    /// With the count of different values as reason.
    fn says(&self, role: LikelyRole, confidence: Confidence) -> LooksLike {
        said(role, self.variety(), confidence)
    }

    fn variety(&self) -> String {
        let about = if self.is_exact { "" } else { "about " };
        match (self.different, self.rows) {
            (1, rows) => format!("the same value in {}", rows_in_words(rows)),
            (different, rows) if different == rows => format!("another value in each of {}", rows_in_words(rows)),
            (different, rows) => format!("{about}{} different values in {}", count(different), rows_in_words(rows)),
        }
    }

    /// Whether the name has one of these words in it.
    fn is_named(&self, words: &[&str]) -> bool {
        named_parts(self.name).iter().any(|part| words.contains(&part.as_str()))
    }

    fn is_text(&self) -> bool {
        crate::operations::rows::is_text(self.data_type)
    }

    fn repeats(&self) -> bool {
        self.different >= 2 && self.rows / self.different >= LABEL_ROWS
    }
}

fn rows_in_words(rows: u64) -> String {
    if rows == 1 { "1 row".to_owned() } else { format!("{} rows", count(rows)) }
}

/// `docId`, `doc_id` and `Doc-ID` are `doc` and `id`.
fn named_parts(name: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut was_small = false;
    for letter in name.chars() {
        let begins = !letter.is_alphanumeric() || (was_small && letter.is_uppercase());
        if begins {
            parts.push(String::new());
        }
        if letter.is_alphanumeric()
            && let Some(part) = parts.last_mut()
        {
            part.extend(letter.to_lowercase());
        }
        was_small = letter.is_lowercase();
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// Whether a value is language rather than a code: it has blanks, or letters beyond ASCII.
pub(super) fn is_spoken(text: &str) -> bool {
    text.contains(char::is_whitespace) || text.chars().any(|letter| !letter.is_ascii() && letter.is_alphabetic())
}

fn split(facts: &Facts<'_>) -> Option<LooksLike> {
    let values = facts.values.filter(|_| facts.is_text())?;
    let are_splits = values.iter().all(|value| SPLITS.contains(&value.trim().to_lowercase().as_str()));
    let is_named = facts.is_named(&["split", "fold", "partition", "subset"]);
    if !are_splits || !(values.len() > 1 || is_named) {
        return None;
    }
    let mut values: Vec<_> = values.iter().map(|value| format!("`{value}`")).collect();
    values.sort();
    Some(said(LikelyRole::Split, format!("holds {} and nothing else", values.join(", ")), Confidence::High))
}

/// What was seen of tags: values of IOB tags, and spans as JSON.
#[derive(Debug, Default)]
pub(super) struct Tagged {
    looked: u32,
    tags: u32,
    spans: u32,
    others: u32,
}

/// Values that are looked at for tags.
const LOOKED: u32 = 1_000;

impl Tagged {
    pub(super) fn see(&mut self, text: &str) {
        if self.looked >= LOOKED || self.others > 0 {
            return;
        }
        self.looked += 1;
        let bare = text.trim_start_matches('[').trim_end_matches(']');
        let words =
            || bare.split([' ', ',', '\t', '\n']).map(|word| word.trim_matches(['"', '\''])).filter(|w| !w.is_empty());
        if words().all(|word| word == "O" || is_entity_tag(word)) {
            self.tags += u32::from(words().any(is_entity_tag));
        } else if text.trim_start().starts_with("[{") && text.contains("\"start\"") && text.contains("\"end\"") {
            self.spans += 1;
        } else {
            self.others += 1;
        }
    }
}

/// `B-person`, as in IOB, IOB2, BIOES and BILOU.
fn is_entity_tag(word: &str) -> bool {
    let mut parts = word.splitn(2, '-');
    let begins = parts.next().is_some_and(|first| matches!(first, "B" | "I" | "E" | "S" | "L" | "U"));
    begins && parts.next().is_some_and(|kind| !kind.is_empty())
}

fn tags(facts: &Facts<'_>) -> Option<LooksLike> {
    if has_spans(facts.data_type) {
        return Some(said(LikelyRole::Tags, "lists of spans with `start` and `end`", Confidence::High));
    }
    let Tagged { tags, spans, others, .. } = facts.tagged;
    match (tags, spans, others) {
        (1.., 0, 0) => Some(said(LikelyRole::Tags, "IOB tags, one a token", Confidence::High)),
        (0, 1.., 0) => Some(said(LikelyRole::Tags, "lists of spans with `start` and `end`, as JSON", Confidence::High)),
        _ => None,
    }
}

fn has_spans(data_type: &DataType) -> bool {
    let (DataType::List(items) | DataType::LargeList(items)) = data_type else { return false };
    let DataType::Struct(fields) = items.data_type() else { return false };
    fields.find("start").is_some() && fields.find("end").is_some()
}

fn time(facts: &Facts<'_>) -> Option<LooksLike> {
    if matches!(facts.data_type, DataType::Date32 | DataType::Date64 | DataType::Timestamp(..)) {
        return Some(said(LikelyRole::Time, "holds dates or times", Confidence::Certain));
    }
    let may_be = facts.data_type.is_integer() || (facts.is_text() && facts.mean_chars <= 30.0);
    (may_be && facts.is_named(&TIME_NAMES))
        .then(|| said(LikelyRole::Time, "named like a date or time", Confidence::Low))
}

fn truth(facts: &Facts<'_>) -> Option<LooksLike> {
    let is_truth = *facts.data_type == DataType::Boolean && facts.different == 2;
    is_truth.then(|| said(LikelyRole::Label, "holds `true` and `false`", Confidence::Low))
}

/// `doc_id` that repeats is no label, however few documents there are.
fn group_by_name(facts: &Facts<'_>) -> Option<LooksLike> {
    let may_be = facts.data_type.is_integer() || (facts.is_text() && facts.mean_chars <= LABEL_CHARS * 2.0);
    let is_named = facts.is_named(&GROUP_NAMES) || facts.is_named(&ID_NAMES);
    (may_be && is_named && facts.repeats() && !facts.is_named(&LABEL_NAMES))
        .then(|| facts.says(LikelyRole::Group, Confidence::High))
}

fn label(facts: &Facts<'_>) -> Option<LooksLike> {
    let is_named = facts.is_named(&LABEL_NAMES);
    let is_list = matches!(facts.data_type, DataType::List(_) | DataType::LargeList(_));
    let is_code = facts.data_type.is_integer() && (is_named || facts.different <= 10);
    let is_name = facts.is_text() && facts.mean_chars <= LABEL_CHARS;
    let most = if is_named { LABELS * 10 } else { LABELS };
    if !(is_code || is_name || is_list) || !facts.repeats() || facts.different > most {
        return None;
    }
    let is_clear = is_named || (!is_code && facts.rows / facts.different >= 10);
    Some(facts.says(LikelyRole::Label, if is_clear { Confidence::High } else { Confidence::Low }))
}

fn number(facts: &Facts<'_>) -> Option<LooksLike> {
    if facts.data_type.is_integer() {
        let is_id = facts.different == facts.rows && (facts.is_named(&ID_NAMES) || facts.rows > 1);
        let named = facts.is_named(&ID_NAMES);
        return Some(match (is_id, named) {
            (true, true) => facts.says(LikelyRole::Id, Confidence::High),
            (true, false) => facts.says(LikelyRole::Id, Confidence::Low),
            _ => said(LikelyRole::Number, format!("whole numbers, {}", facts.variety()), Confidence::High),
        });
    }
    facts
        .data_type
        .is_numeric()
        .then(|| said(LikelyRole::Number, format!("numbers, {}", facts.variety()), Confidence::High))
}

fn text(facts: &Facts<'_>) -> Option<LooksLike> {
    let is_named = facts.is_named(&TEXT_NAMES);
    let varies = facts.different_share >= 0.5 || facts.mean_chars >= LONG_CHARS || is_named;
    if !facts.is_text() || facts.spoken_share < 0.5 || !varies || (facts.mean_chars < TEXT_CHARS && !is_named) {
        return None;
    }
    let percent = (facts.different_share * 100.0).floor();
    let reason = format!("mean length {:.0} characters, {percent:.0} % different", facts.mean_chars);
    let is_clear = is_named || (facts.different_share >= 0.8 && facts.mean_chars >= LONG_CHARS);
    Some(said(LikelyRole::Text, reason, if is_clear { Confidence::High } else { Confidence::Low }))
}

fn id(facts: &Facts<'_>) -> Option<LooksLike> {
    let differs = facts.different_share >= 0.99 && facts.rows > 1;
    let is_named = facts.is_named(&ID_NAMES);
    (facts.is_text() && differs && (facts.spoken_share < 0.1 || is_named))
        .then(|| facts.says(LikelyRole::Id, if is_named { Confidence::High } else { Confidence::Low }))
}

fn group(facts: &Facts<'_>) -> Option<LooksLike> {
    (facts.is_text() && facts.repeats()).then(|| facts.says(LikelyRole::Group, Confidence::Low))
}
