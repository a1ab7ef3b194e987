//! Values of a column besides text, label and prediction, while the file is read.
//!
//! The one decision: categories are numbered as they are met, so that a column of few different texts costs little, and one of
//! too many is given up at once, unless the reference has said that it is compared.

use arrow_array::ArrayRef;
use arrow_array::cast::AsArray;
use arrow_array::types::Float64Type;
use arrow_cast::cast;
use arrow_schema::DataType;

use super::column::{MOST_KEPT, RawColumn};
use crate::operations::drift::outcome::ColumnUse;
use crate::operations::drift::values::{Categories, Names};
use crate::operations::rows::{is_text, texts_of};

/// Gathers the values of a column, batch by batch.
#[derive(Debug)]
pub(super) struct Gathering {
    so_far: SoFar,
    /// Different texts after which nothing is kept.
    most: usize,
}

#[derive(Debug)]
enum SoFar {
    Numbers(Vec<f64>),
    Texts { names: Names, codes: Vec<Option<u32>> },
    Many,
}

impl Gathering {
    /// For a column of this type; the reference may have said what it is.
    pub(super) fn of(found: &DataType, known: Option<ColumnUse>) -> Self {
        let is_left_out = matches!(known, Some(ColumnUse::Ignored | ColumnUse::Identifier));
        let so_far = match found {
            _ if is_left_out => SoFar::Many,
            found if found.is_numeric() => SoFar::Numbers(Vec::new()),
            DataType::Boolean | DataType::Null => SoFar::no_texts(),
            found if is_text(found) => SoFar::no_texts(),
            _ => SoFar::Many,
        };
        // What is compared is compared, however many different texts came in.
        Self { so_far, most: if known.is_none() { MOST_KEPT } else { usize::MAX } }
    }

    /// Takes some rows.
    pub(super) fn take(&mut self, values: &ArrayRef) {
        match &mut self.so_far {
            SoFar::Numbers(numbers) => match cast(values, &DataType::Float64) {
                Ok(values) => {
                    let values = values.as_primitive::<Float64Type>().iter();
                    numbers.extend(values.map(|value| value.filter(|value| value.is_finite()).unwrap_or(f64::NAN)));
                }
                Err(_unsupported) => self.so_far = SoFar::Many,
            },
            SoFar::Texts { names, codes } => {
                let Ok(values) = cast(values, &DataType::Utf8) else {
                    self.so_far = SoFar::Many;
                    return;
                };
                let texts = texts_of(&values).into_iter().map(|text| text.filter(|text| !text.is_empty()));
                codes.extend(texts.map(|text| text.map(|text| names.code(text))));
                if names.len() > self.most {
                    self.so_far = SoFar::Many;
                }
            }
            SoFar::Many => {}
        }
    }

    /// All values.
    pub(super) fn finish(self) -> RawColumn {
        match self.so_far {
            SoFar::Numbers(numbers) => RawColumn::Numbers(numbers),
            SoFar::Texts { names, codes } => RawColumn::Texts(Categories { names: names.into_names(), codes }),
            SoFar::Many => RawColumn::Many,
        }
    }
}

impl SoFar {
    fn no_texts() -> Self {
        Self::Texts { names: Names::default(), codes: Vec::new() }
    }
}
