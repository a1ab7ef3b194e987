//! Exhibits, made ready for templates: every number is text, every bar has its width.
//!
//! The one decision: shares of categories are tables with bars in them. They are plot and table in one, are read by a screen
//! reader line by line, break across pages, and fit a phone.

use super::figures::{NONE, count_or_none, number, share};
use super::plot::{DistributionPlot, MapPlot, float};
use crate::core::figures::{count, counted};
use crate::operations::drift::{Bars, Example, Examples, Exhibit, Groups, Matrix, Segments, Which, Words};
use crate::report::prose::Prose;
use crate::report::svg::percent;

/// An exhibit for a template.
#[derive(Debug)]
pub(super) enum Shown {
    Distribution(DistributionPlot),
    Map(MapPlot),
    Bars(BarTable),
    Matrix(MatrixTable),
    Words(WordTable),
    Examples(ExampleList),
    Groups(GroupList),
    Segments(SegmentTable),
}

impl Shown {
    pub(super) fn new(exhibit: &Exhibit) -> Self {
        match exhibit {
            Exhibit::Distribution(distribution) => Self::Distribution(DistributionPlot::new(distribution)),
            Exhibit::Map(map) => Self::Map(MapPlot::new(map)),
            Exhibit::Bars(bars) => Self::Bars(BarTable::new(bars)),
            Exhibit::Matrix(matrix) => Self::Matrix(MatrixTable::new(matrix)),
            Exhibit::Words(words) => Self::Words(WordTable::new(words)),
            Exhibit::Examples(examples) => Self::Examples(ExampleList::new(examples)),
            Exhibit::Groups(groups) => Self::Groups(GroupList::new(groups)),
            Exhibit::Segments(segments) => Self::Segments(SegmentTable::new(segments)),
        }
    }

    /// Whether it is narrow enough to stand beside another one.
    pub(super) fn is_narrow(&self) -> bool {
        matches!(self, Self::Distribution(_))
    }
}

/// `Not shown: 12 more.`
fn more(number: u64) -> Option<String> {
    (number > 0).then(|| format!("Not shown: {} more.", count(number)))
}

#[derive(Debug)]
pub(super) struct BarTable {
    pub(super) title: String,
    pub(super) unit: &'static str,
    pub(super) has_reference: bool,
    pub(super) has_incoming: bool,
    pub(super) rows: Vec<BarRow>,
    pub(super) more: Option<String>,
}

#[derive(Debug)]
pub(super) struct BarRow {
    pub(super) category: String,
    pub(super) reference: Amount,
    pub(super) incoming: Amount,
}

/// A number and the width of its bar.
#[derive(Debug)]
pub(super) struct Amount {
    pub(super) text: String,
    pub(super) width: String,
}

impl BarTable {
    fn new(bars: &Bars) -> Self {
        let values = || bars.bars.iter().flat_map(|bar| [bar.reference, bar.incoming]).flatten();
        let largest = values().filter(|value| value.is_finite()).fold(0.0, f64::max);
        let text = |value| if bars.unit == "share" { share(value) } else { number(value) };
        let amount = |value: Option<f64>| Amount {
            text: value.map_or_else(|| NONE.to_owned(), text),
            width: percent(
                value.map_or(0.0, |value| if largest > 0.0 { (value / largest).clamp(0.0, 1.0) } else { 0.0 }),
            ),
        };
        let row = |bar: &crate::operations::drift::Bar| BarRow {
            category: bar.category.clone(),
            reference: amount(bar.reference),
            incoming: amount(bar.incoming),
        };
        Self {
            title: bars.title.clone(),
            unit: match bars.unit.as_str() {
                "share" => "share",
                "rows" => "rows",
                _ => "score",
            },
            has_reference: bars.bars.iter().any(|bar| bar.reference.is_some()),
            has_incoming: bars.bars.iter().any(|bar| bar.incoming.is_some()),
            rows: bars.bars.iter().map(row).collect(),
            more: more(bars.more),
        }
    }
}

#[derive(Debug)]
pub(super) struct MatrixTable {
    pub(super) title: String,
    pub(super) row_title: String,
    pub(super) column_title: String,
    pub(super) columns: Vec<String>,
    pub(super) rows: Vec<(String, Vec<Cell>)>,
}

#[derive(Debug)]
pub(super) struct Cell {
    pub(super) count: String,
    /// Share of its row, which is how dark it is.
    pub(super) shade: String,
    /// Whether row and column are the same category.
    pub(super) is_same: bool,
}

impl MatrixTable {
    fn new(matrix: &Matrix) -> Self {
        let row = |(name, counts): (&String, &Vec<u64>)| {
            let total = float(counts.iter().sum());
            let cell = |(column, number): (&String, &u64)| Cell {
                count: count(*number),
                shade: percent(if total > 0.0 { float(*number) / total } else { 0.0 }),
                is_same: column == name,
            };
            (name.clone(), matrix.columns.iter().zip(counts).map(cell).collect())
        };
        Self {
            title: matrix.title.clone(),
            row_title: matrix.row_title.clone(),
            column_title: matrix.column_title.clone(),
            columns: matrix.columns.clone(),
            rows: matrix.rows.iter().zip(&matrix.counts).map(row).collect(),
        }
    }
}

#[derive(Debug)]
pub(super) struct WordTable {
    pub(super) title: String,
    pub(super) has_reference: bool,
    pub(super) has_incoming: bool,
    pub(super) has_weight: bool,
    pub(super) rows: Vec<WordRow>,
    pub(super) more: Option<String>,
}

#[derive(Debug)]
pub(super) struct WordRow {
    pub(super) word: String,
    pub(super) reference: String,
    pub(super) incoming: String,
    pub(super) weight: String,
    pub(super) examples: Vec<Row>,
}

impl WordTable {
    fn new(words: &Words) -> Self {
        let all = || words.words.iter();
        let row = |word: &crate::operations::drift::Word| WordRow {
            word: word.word.clone(),
            reference: count_or_none(word.reference),
            incoming: count_or_none(word.incoming),
            weight: word.weight.map_or_else(|| NONE.to_owned(), number),
            examples: word.examples.iter().map(Row::new).collect(),
        };
        Self {
            title: words.title.clone(),
            has_reference: all().any(|word| word.reference.is_some()),
            has_incoming: all().any(|word| word.incoming.is_some()),
            has_weight: all().any(|word| word.weight.is_some()),
            rows: all().map(row).collect(),
            more: more(words.more),
        }
    }
}

/// A row to read.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) set: &'static str,
    pub(super) number: String,
    pub(super) text: String,
    pub(super) note: Option<Prose>,
}

impl Row {
    fn new(example: &Example) -> Self {
        Self {
            set: example.set.as_str(),
            number: count(example.row),
            text: example.text.clone(),
            note: example.note.as_deref().map(Prose::new),
        }
    }
}

#[derive(Debug)]
pub(super) struct ExampleList {
    pub(super) title: String,
    pub(super) rows: Vec<Row>,
    pub(super) more: Option<String>,
}

impl ExampleList {
    fn new(examples: &Examples) -> Self {
        let rows = examples.rows.iter().map(Row::new).collect();
        Self { title: examples.title.clone(), rows, more: more(examples.more) }
    }
}

#[derive(Debug)]
pub(super) struct GroupList {
    pub(super) title: String,
    pub(super) groups: Vec<GroupRow>,
    pub(super) more: Option<String>,
}

#[derive(Debug)]
pub(super) struct GroupRow {
    pub(super) extent: String,
    pub(super) text: String,
    pub(super) labels: String,
    /// Rows by set: `rows 3, 18 of the reference`.
    pub(super) places: Vec<String>,
}

impl GroupList {
    fn new(groups: &Groups) -> Self {
        let row = |group: &crate::operations::drift::Group| GroupRow {
            extent: counted(group.count, "row"),
            text: group.text.clone(),
            labels: group.labels.join(", "),
            places: [(Which::Reference, &group.reference_rows), (Which::Incoming, &group.incoming_rows)]
                .into_iter()
                .filter_map(|(which, rows)| places(which, rows))
                .collect(),
        };
        let rows = groups.groups.iter().map(row).collect();
        Self { title: groups.title.clone(), groups: rows, more: more(groups.more) }
    }
}

fn places(which: Which, rows: &[u64]) -> Option<String> {
    let numbers: Vec<_> = rows.iter().map(|row| count(*row)).collect();
    let noun = if rows.len() == 1 { "row" } else { "rows" };
    (!rows.is_empty()).then(|| format!("{}: {noun} {}", which.as_str(), numbers.join(" · ")))
}

#[derive(Debug)]
pub(super) struct SegmentTable {
    pub(super) title: String,
    pub(super) score_title: String,
    pub(super) average: String,
    pub(super) rows: Vec<SegmentRow>,
}

#[derive(Debug)]
pub(super) struct SegmentRow {
    pub(super) rule: String,
    pub(super) score: String,
    pub(super) rows: String,
    pub(super) share: String,
    pub(super) examples: Vec<Row>,
}

impl SegmentTable {
    fn new(segments: &Segments) -> Self {
        let row = |segment: &crate::operations::drift::Segment| SegmentRow {
            rule: segment.rule.clone(),
            score: number(segment.score),
            rows: count(segment.rows),
            share: share(segment.share),
            examples: segment.examples.iter().map(Row::new).collect(),
        };
        Self {
            title: segments.title.clone(),
            score_title: segments.score_title.clone(),
            average: number(segments.average),
            rows: segments.segments.iter().map(row).collect(),
        }
    }
}
