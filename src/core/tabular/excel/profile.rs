//! The type of a column of cells, which carry types of their own.
//!
//! The one decision: a cell's own type counts, never what its text looks like: `007` in a text cell is text, and so is
//! `n/a`: in a workbook an empty cell says that a value is missing. Only texts of nothing but spaces are missing, too,
//! beside values that are not text.

use arrow_schema::{DataType, TimeUnit};

use super::cells::{Cells, Column, Kind};
use super::serial::{self, DAY_US, Epoch};
use crate::core::tabular::column::ColumnNote;

/// Whole numbers up to this are told apart by a float.
const MOST_WHOLE: f64 = 9_007_199_254_740_992.0;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CellType {
    Text,
    Bool,
    Int64,
    Float64,
    Date,
    Timestamp,
    Time,
    Duration,
}

impl CellType {
    /// The Arrow type.
    pub(super) fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Bool => DataType::Boolean,
            Self::Int64 => DataType::Int64,
            Self::Float64 => DataType::Float64,
            Self::Date => DataType::Date32,
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::Time => DataType::Time64(TimeUnit::Microsecond),
            Self::Duration => DataType::Duration(TimeUnit::Microsecond),
        }
    }
}

/// What the cells of a column are.
#[derive(Debug, Default)]
pub(super) struct Profile {
    bools: u64,
    numbers: u64,
    dates: u64,
    timestamps: u64,
    times: u64,
    durations: u64,
    texts: u64,
    blanks: u64,
    errors: u64,
    has_fraction: bool,
}

impl Profile {
    /// Looks at the cells of a column from `row` on.
    pub(super) fn of(cells: &Cells, column: &Column, row: u32) -> Self {
        let mut profile = Self::default();
        for found in column.below(row) {
            match found.kind {
                Kind::Bool => profile.bools += 1,
                Kind::Number | Kind::Serial => {
                    profile.numbers += 1;
                    let value = found.float();
                    profile.has_fraction |= value.fract() != 0.0 || value.abs() > MOST_WHOLE;
                }
                Kind::Date => profile.dates += 1,
                Kind::Timestamp => profile.timestamps += 1,
                Kind::Time => profile.times += 1,
                Kind::Duration | Kind::Clock => profile.durations += 1,
                Kind::Error => profile.errors += 1,
                Kind::Shared | Kind::Own if is_blank(cells.text(found)) => profile.blanks += 1,
                Kind::Shared | Kind::Own => profile.texts += 1,
            }
        }
        profile
    }

    /// Whether there is a value, and every one is of one type other than text.
    pub(super) fn is_typed(&self) -> bool {
        self.settle(false).0 != CellType::Text
    }

    /// The type that every value fits, and what a reader should know.
    pub(super) fn settle(&self, as_text: bool) -> (CellType, Vec<ColumnNote>) {
        let found = [
            ("boolean", self.bools, CellType::Bool),
            ("date", self.dates + self.timestamps, self.date_type()),
            ("duration", self.durations, CellType::Duration),
            ("number", self.numbers, if self.has_fraction { CellType::Float64 } else { CellType::Int64 }),
            ("text", self.texts, CellType::Text),
            ("time", self.times, CellType::Time),
        ];
        let found: Vec<_> = found.into_iter().filter(|(_, count, _)| *count > 0).collect();
        match &found[..] {
            [] if self.blanks + self.errors == 0 => (CellType::Text, vec![ColumnNote::AllNull]),
            [] => (CellType::Text, Vec::new()),
            _ if as_text => (CellType::Text, Vec::new()),
            [(_, _, CellType::Text)] => (CellType::Text, Vec::new()),
            [(_, _, single)] => (*single, self.losses()),
            _ => {
                let types = found.iter().map(|(name, ..)| *name).collect::<Vec<_>>().join(", ");
                (CellType::Text, vec![ColumnNote::MixedTypes { types }])
            }
        }
    }

    fn date_type(&self) -> CellType {
        if self.timestamps > 0 { CellType::Timestamp } else { CellType::Date }
    }

    /// Cells that a typed column leaves empty.
    fn losses(&self) -> Vec<ColumnNote> {
        let words = (self.blanks > 0).then_some(ColumnNote::NullWords { count: self.blanks });
        let errors = (self.errors > 0).then_some(ColumnNote::ErrorCells { count: self.errors });
        words.into_iter().chain(errors).collect()
    }
}

fn is_blank(text: &str) -> bool {
    text.trim_ascii().is_empty()
}

/// Decides what days and spans of a column are, where each cell alone does not tell: by its cells from `row` on.
pub(super) fn decide(column: &mut Column, row: u32, epoch: Epoch) {
    let (mut serials, mut clocks) = (false, false);
    let (mut whole_days, mut within_day, mut within_clock) = (true, true, true);
    for found in column.below(row) {
        match found.kind {
            Kind::Serial => {
                serials = true;
                whole_days &= found.float().fract() == 0.0;
                within_day &= (0.0..1.0).contains(&found.float());
            }
            Kind::Clock => {
                clocks = true;
                within_clock &= (0..DAY_US).contains(&found.whole());
            }
            _ => {}
        }
    }
    if !serials && !clocks {
        return;
    }
    column.rewrite(|found| match found.kind {
        Kind::Serial => {
            let value = found.float();
            let (kind, whole) = match (whole_days, within_day) {
                (true, _) => (Kind::Date, serial::days(value, epoch)),
                (_, true) => (Kind::Time, serial::time_us(value)),
                _ => (Kind::Timestamp, serial::timestamp_us(value, epoch)),
            };
            whole.map_or((Kind::Number, found.bits), |whole| (kind, whole.cast_unsigned()))
        }
        Kind::Clock if within_clock => (Kind::Time, found.bits),
        Kind::Clock => (Kind::Duration, found.bits),
        kind => (kind, found.bits),
    });
}
