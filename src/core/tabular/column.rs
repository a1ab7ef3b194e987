//! A column of delimited text: what its values allow, which type follows, and the Arrow array that holds them.
//!
//! For: pass 1 ([`ColumnProfile`]) and pass 2 ([`ColumnBuilder`]) of the delimited reader. Not for: JSON columns, which
//! nest. The one decision: missing values are empty cells, plus null words only where the column is not text.

use std::sync::Arc;

use arrow_array::ArrayRef;
use arrow_array::builder::{
    BooleanBuilder, Date32Builder, Float64Builder, Int64Builder, StringBuilder, Time64MicrosecondBuilder,
    TimestampMicrosecondBuilder, UInt64Builder,
};
use arrow_schema::{DataType, TimeUnit};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::cell::{self, NullWords, TypeSet, date, number};

/// How ambiguous dates are read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DateOrder {
    /// The column stays text.
    #[default]
    Unknown,
    /// Day, month, year.
    DayFirst,
    /// Month, day, year.
    MonthFirst,
}

/// Whether `1,5` is a number.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum DecimalComma {
    /// Where at least one value of the column can't be thousands.
    #[default]
    Auto,
    /// Always; `1,234` is a bit more than one.
    Always,
    /// Never.
    Never,
}

/// How cells of text are read, beyond what they say themselves.
#[derive(Debug, Clone, Default)]
pub struct CellRules {
    /// Words that stand for a missing value in columns that are not text.
    pub null_words: NullWords,
    /// Whether a comma can be a decimal comma.
    pub decimal_comma: DecimalComma,
}

/// The type of a column of delimited text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ColumnType {
    /// UTF-8 text.
    Text,
    /// `true` or `false`.
    Bool,
    /// 64-bit signed.
    Int64,
    /// 64-bit unsigned.
    Uint64,
    /// 64-bit float.
    Float64,
    /// 64-bit float, written with a decimal comma.
    Float64Comma,
    /// Date, `2024-12-31`.
    Date,
    /// Date, `2024/12/31`.
    DateSlash,
    /// Date, `31/12/2024`.
    DateDayFirst,
    /// Date, `12/31/2024`.
    DateMonthFirst,
    /// Date, `31.12.2024`.
    DateDot,
    /// Date and time without zone, microseconds.
    Timestamp,
    /// Date and time in UTC, microseconds.
    TimestampUtc,
    /// Time of day, microseconds.
    Time,
}

impl ColumnType {
    /// The Arrow type.
    pub fn data_type(self) -> DataType {
        match self {
            Self::Text => DataType::Utf8,
            Self::Bool => DataType::Boolean,
            Self::Int64 => DataType::Int64,
            Self::Uint64 => DataType::UInt64,
            Self::Float64 | Self::Float64Comma => DataType::Float64,
            Self::Date | Self::DateSlash | Self::DateDayFirst | Self::DateMonthFirst | Self::DateDot => {
                DataType::Date32
            }
            Self::Timestamp => DataType::Timestamp(TimeUnit::Microsecond, None),
            Self::TimestampUtc => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
            Self::Time => DataType::Time64(TimeUnit::Microsecond),
        }
    }
}

/// Something about a column that its reader should know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ColumnNote {
    /// No value at all: the column is text and null.
    AllNull,
    /// Dates never tell day from month; kept as text unless `ambiguous_dates` says how.
    AmbiguousDates,
    /// Every comma could also separate thousands; kept as text.
    AmbiguousComma,
    /// Words read as missing values.
    NullWords {
        /// How often.
        count: u64,
    },
    /// Cells that show an error (`#DIV/0!`), read as missing values.
    ErrorCells {
        /// How often.
        count: u64,
    },
    /// Looked like another type until a value that does not fit.
    TurnedToText {
        /// Line of the first value that left only text, from 1.
        line: u64,
    },
    /// Values of several JSON types, kept as text.
    MixedTypes {
        /// Which, e.g. `number, string`.
        types: String,
    },
}

/// What the values of a column allow. One pass over all values, then [`Self::settle`].
#[derive(Debug, Clone)]
pub struct ColumnProfile {
    fits: TypeSet,
    /// Cells with a value, null words included.
    filled: u64,
    null_words: u64,
    clear_comma: bool,
    /// Line of the first value that fits a type; 0: none does.
    first_line: u64,
    text_line: u64,
    words: NullWords,
}

impl ColumnProfile {
    /// A column without values.
    pub fn new(rules: &CellRules) -> Self {
        let fits = match rules.decimal_comma {
            DecimalComma::Never => TypeSet::ALL.without(TypeSet::FLOAT_COMMA),
            DecimalComma::Auto | DecimalComma::Always => TypeSet::ALL,
        };
        let clear_comma = rules.decimal_comma == DecimalComma::Always;
        let words = rules.null_words.clone();
        Self { fits, filled: 0, null_words: 0, clear_comma, first_line: 0, text_line: 0, words }
    }

    /// Takes one cell.
    #[inline]
    pub fn see(&mut self, cell: &[u8], line: u64) {
        if cell.is_empty() {
            return;
        }
        self.filled += 1;
        if !self.fits.is_text() {
            self.narrow(cell, line);
        }
    }

    fn narrow(&mut self, cell: &[u8], line: u64) {
        let cell = cell::trim(cell);
        if cell.is_empty() || self.words.has(cell) {
            self.null_words += 1;
            return;
        }
        self.fits = cell::types_of(cell, self.fits);
        if self.fits.is_text() {
            self.text_line = line;
        } else {
            if self.first_line == 0 {
                self.first_line = line;
            }
            if self.fits == TypeSet::FLOAT_COMMA && !self.clear_comma {
                self.clear_comma =
                    matches!(number::scan(cell), Some(number::Number::CommaDecimal { may_be_thousands: false }));
            }
        }
    }

    /// Adds what another profile of the same column saw.
    pub fn merge(&mut self, other: &Self) {
        let was_text = self.fits.is_text() || other.fits.is_text();
        self.fits = self.fits.and(other.fits);
        if self.fits.is_text() && !was_text {
            // Each fits a type, not both the same: the line where the second began to differ.
            self.text_line = self.first_line.max(other.first_line);
        }
        self.filled += other.filled;
        self.null_words += other.null_words;
        self.clear_comma |= other.clear_comma;
        if self.first_line == 0 {
            self.first_line = other.first_line;
        }
        self.text_line = if self.text_line == 0 { other.text_line } else { self.text_line };
    }

    /// Whether every value seen is of some type other than text, and there is one.
    pub fn is_typed(&self) -> bool {
        self.filled > self.null_words && !self.fits.is_text()
    }

    /// The narrowest type that every value fits.
    pub fn settle(&self, order: DateOrder) -> (ColumnType, Vec<ColumnNote>) {
        if self.filled == 0 {
            return (ColumnType::Text, vec![ColumnNote::AllNull]);
        }
        if self.fits.is_text() {
            let turned = self.first_line > 0;
            let notes = if turned { vec![ColumnNote::TurnedToText { line: self.text_line }] } else { Vec::new() };
            return (ColumnType::Text, notes);
        }
        if self.filled == self.null_words {
            return (ColumnType::Text, Vec::new());
        }
        match self.typed(order) {
            Ok(found) if self.null_words == 0 => (found, Vec::new()),
            Ok(found) => (found, vec![ColumnNote::NullWords { count: self.null_words }]),
            Err(note) => (ColumnType::Text, vec![note]),
        }
    }

    fn typed(&self, order: DateOrder) -> Result<ColumnType, ColumnNote> {
        const ORDER: [(TypeSet, ColumnType); 11] = [
            (TypeSet::BOOL, ColumnType::Bool),
            (TypeSet::INT, ColumnType::Int64),
            (TypeSet::UINT, ColumnType::Uint64),
            (TypeSet::FLOAT, ColumnType::Float64),
            (TypeSet::FLOAT_COMMA, ColumnType::Float64Comma),
            (TypeSet::DATE, ColumnType::Date),
            (TypeSet::DATE_SLASH, ColumnType::DateSlash),
            (TypeSet::TIMESTAMP, ColumnType::Timestamp),
            (TypeSet::TIMESTAMP_UTC, ColumnType::TimestampUtc),
            (TypeSet::TIME, ColumnType::Time),
            (TypeSet::DATE_DOT, ColumnType::DateDot),
        ];
        let first = ORDER.iter().find(|(types, _)| self.fits.meets(*types));
        match first {
            Some((_, ColumnType::Float64Comma)) if !self.clear_comma => Err(ColumnNote::AmbiguousComma),
            Some((_, found)) => Ok(*found),
            None => match (self.fits.meets(TypeSet::DAY_FIRST), self.fits.meets(TypeSet::MONTH_FIRST), order) {
                (true, true, DateOrder::Unknown) => Err(ColumnNote::AmbiguousDates),
                (true, false, _) | (true, true, DateOrder::DayFirst) => Ok(ColumnType::DateDayFirst),
                _ => Ok(ColumnType::DateMonthFirst),
            },
        }
    }
}

/// A cell that does not fit the type its column was given: the passes disagree, which is a fault of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Misfit;

/// Collects the cells of a column into an Arrow array.
#[derive(Debug)]
pub struct ColumnBuilder {
    values: Values,
    words: NullWords,
}

/// The values of a column.
#[derive(Debug)]
enum Values {
    /// Text as it stands; `keep_empty`: an empty cell is an empty text, not a missing one.
    Text {
        /// The values.
        builder: StringBuilder,
        /// See above.
        keep_empty: bool,
    },
    /// Booleans.
    Bool(BooleanBuilder),
    /// Whole numbers.
    Int64(Int64Builder),
    /// Whole numbers, not negative.
    Uint64(UInt64Builder),
    /// Floats, and how a cell is read.
    Float64(Float64Builder, fn(&[u8]) -> Option<f64>),
    /// Dates, and how a cell is read.
    Date(Date32Builder, fn(&[u8]) -> Option<i32>),
    /// Timestamps, and how a cell is read.
    Timestamp(TimestampMicrosecondBuilder, fn(&[u8]) -> Option<i64>),
    /// Times of day.
    Time(Time64MicrosecondBuilder),
}

impl ColumnBuilder {
    /// An empty column; `keep_empty`: an empty cell of text is an empty text, not a missing one.
    pub fn new(column_type: ColumnType, keep_empty: bool, rules: &CellRules) -> Self {
        Self { values: Values::new(column_type, keep_empty), words: rules.null_words.clone() }
    }

    /// Adds a cell.
    ///
    /// # Errors
    /// When the cell does not fit the type.
    #[inline]
    pub fn push(&mut self, cell: &str) -> Result<(), Misfit> {
        let Values::Text { builder, keep_empty } = &mut self.values else { return self.push_trimmed(cell.as_bytes()) };
        if cell.is_empty() && !*keep_empty {
            builder.append_null();
        } else {
            builder.append_value(cell);
        }
        Ok(())
    }

    fn push_trimmed(&mut self, cell: &[u8]) -> Result<(), Misfit> {
        let cell = cell::trim(cell);
        if cell.is_empty() || self.words.has(cell) {
            self.values.push_nulls(1);
            return Ok(());
        }
        self.values.push_typed(cell)
    }

    /// Adds a missing value.
    pub fn push_null(&mut self) {
        self.values.push_nulls(1);
    }

    /// Adds so many missing values.
    pub fn push_nulls(&mut self, count: usize) {
        if count > 0 {
            self.values.push_nulls(count);
        }
    }

    /// The cells so far, and an empty builder again.
    pub fn finish(&mut self) -> ArrayRef {
        self.values.finish()
    }
}

impl Values {
    /// An empty column.
    fn new(column_type: ColumnType, keep_empty: bool) -> Self {
        let dates = |read: fn(&[u8]) -> Option<i32>| Self::Date(Date32Builder::new(), read);
        match column_type {
            ColumnType::Text => Self::Text { builder: StringBuilder::new(), keep_empty },
            ColumnType::Bool => Self::Bool(BooleanBuilder::new()),
            ColumnType::Int64 => Self::Int64(Int64Builder::new()),
            ColumnType::Uint64 => Self::Uint64(UInt64Builder::new()),
            ColumnType::Float64 => Self::Float64(Float64Builder::new(), number::to_f64),
            ColumnType::Float64Comma => Self::Float64(Float64Builder::new(), number::comma_to_f64),
            ColumnType::Date => dates(date::iso),
            ColumnType::DateSlash => dates(date::year_slash),
            ColumnType::DateDayFirst => dates(date::day_first),
            ColumnType::DateMonthFirst => dates(date::month_first),
            ColumnType::DateDot => dates(date::dotted),
            ColumnType::Timestamp => Self::Timestamp(TimestampMicrosecondBuilder::new(), date::local_us),
            ColumnType::TimestampUtc => {
                let builder = TimestampMicrosecondBuilder::new().with_data_type(column_type.data_type());
                Self::Timestamp(builder, date::utc_us)
            }
            ColumnType::Time => Self::Time(Time64MicrosecondBuilder::new()),
        }
    }

    fn push_typed(&mut self, cell: &[u8]) -> Result<(), Misfit> {
        match self {
            Self::Text { .. } => return Err(Misfit),
            Self::Bool(builder) => builder.append_value(cell::as_bool(cell).ok_or(Misfit)?),
            Self::Int64(builder) => builder.append_value(number::to_i64(cell).ok_or(Misfit)?),
            Self::Uint64(builder) => builder.append_value(number::to_u64(cell).ok_or(Misfit)?),
            Self::Float64(builder, read) => builder.append_value(read(cell).ok_or(Misfit)?),
            Self::Date(builder, read) => builder.append_value(read(cell).ok_or(Misfit)?),
            Self::Timestamp(builder, read) => builder.append_value(read(cell).ok_or(Misfit)?),
            Self::Time(builder) => builder.append_value(date::time(cell).ok_or(Misfit)?),
        }
        Ok(())
    }

    fn push_nulls(&mut self, count: usize) {
        match self {
            Self::Text { builder, .. } => builder.append_nulls(count),
            Self::Bool(builder) => builder.append_nulls(count),
            Self::Int64(builder) => builder.append_nulls(count),
            Self::Uint64(builder) => builder.append_nulls(count),
            Self::Float64(builder, _) => builder.append_nulls(count),
            Self::Date(builder, _) => builder.append_nulls(count),
            Self::Timestamp(builder, _) => builder.append_nulls(count),
            Self::Time(builder) => builder.append_nulls(count),
        }
    }

    fn finish(&mut self) -> ArrayRef {
        match self {
            Self::Text { builder, .. } => Arc::new(builder.finish()),
            Self::Bool(builder) => Arc::new(builder.finish()),
            Self::Int64(builder) => Arc::new(builder.finish()),
            Self::Uint64(builder) => Arc::new(builder.finish()),
            Self::Float64(builder, _) => Arc::new(builder.finish()),
            Self::Date(builder, _) => Arc::new(builder.finish()),
            Self::Timestamp(builder, _) => Arc::new(builder.finish()),
            Self::Time(builder) => Arc::new(builder.finish()),
        }
    }
}
