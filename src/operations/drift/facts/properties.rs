//! Properties of the texts of a set, on all cores.
//!
//! The one decision: a property is a column of its own type whatever the texts are, so that two sets have the same columns.

use std::collections::BTreeMap;

use arrow_array::LargeStringArray;
use rayon::prelude::*;
use tokio_util::sync::CancellationToken;

use super::distinct::Distinct;
use crate::core::nearest::nearest;
use crate::core::text::identification::LanguageTable;
use crate::core::text::properties::{ALL, Analysis, Property, PropertyValue, default_properties, named};
use crate::operations::drift::error::DriftError;
use crate::operations::drift::values::{Categories, Values};

/// Texts that one thread takes at once.
const TEXTS_AT_ONCE: usize = 256;
/// What stands for all properties.
const EVERY_ONE: &str = "all";

/// The properties that are computed.
#[derive(Debug, Clone)]
pub(in crate::operations::drift) struct Wanted(Vec<&'static Property>);

impl Default for Wanted {
    fn default() -> Self {
        Self(default_properties().filter(|property| property.unavailable().is_none()).collect())
    }
}

impl Wanted {
    /// Those of these names; without any, those that are usual.
    ///
    /// # Errors
    /// When there is no such property, or no way to compute it.
    pub(in crate::operations::drift) fn of(names: &[String]) -> Result<Self, DriftError> {
        let mut wanted: Vec<&'static Property> = Vec::new();
        for name in names {
            if name == EVERY_ONE {
                wanted.extend(ALL.iter().filter(|property| property.unavailable().is_none()));
                continue;
            }
            let property = named(name).ok_or_else(|| unknown(name))?;
            if let Some(why) = property.unavailable() {
                return Err(DriftError::Unavailable { name: name.clone(), why: why.to_owned() });
            }
            wanted.push(property);
        }
        wanted.sort_by_key(|property| property.id);
        wanted.dedup_by_key(|property| property.id);
        Ok(if names.is_empty() { Self::default() } else { Self(wanted) })
    }
}

fn unknown(name: &str) -> DriftError {
    let names = || ALL.iter().filter(|property| property.unavailable().is_none()).map(|property| property.id);
    let meant = nearest(name, names()).map(str::to_owned);
    DriftError::UnknownProperty { name: name.to_owned(), known: names().collect::<Vec<_>>().join(", "), meant }
}

/// Values of one property for some texts.
enum Column {
    Numbers(Vec<f64>),
    Categories(Vec<Option<String>>),
}

impl Column {
    fn of(property: &Property) -> Self {
        if property.is_numeric() { Self::Numbers(Vec::new()) } else { Self::Categories(Vec::new()) }
    }

    fn push(&mut self, value: PropertyValue) {
        match self {
            Self::Numbers(numbers) => numbers.push(match value {
                PropertyValue::Number(number) => number,
                PropertyValue::Category(_) | PropertyValue::Missing => f64::NAN,
            }),
            Self::Categories(categories) => categories.push(match value {
                PropertyValue::Category(category) => Some(category),
                PropertyValue::Number(_) | PropertyValue::Missing => None,
            }),
        }
    }

    fn append(&mut self, more: Self) {
        match (self, more) {
            (Self::Numbers(numbers), Self::Numbers(more)) => numbers.extend(more),
            (Self::Categories(categories), Self::Categories(more)) => categories.extend(more),
            // Columns of one property are of one kind.
            _ => {}
        }
    }

    /// A value for each row, out of those of the different texts.
    fn spread(&self, distinct: &Distinct) -> Values {
        let of_row = |row: &Option<u32>| row.map(|number| number as usize);
        match self {
            Self::Numbers(numbers) => {
                let rows = distinct.of_row.iter().map(of_row);
                Values::Numbers(rows.map(|text| text.map_or(f64::NAN, |text| numbers[text])).collect())
            }
            Self::Categories(categories) => {
                let rows = distinct.of_row.iter().map(of_row);
                Values::Categories(Categories::of(rows.map(|text| categories[text?].as_deref())))
            }
        }
    }
}

/// Properties of texts by name, a value a row. Once somebody said stop, values are missing, and nobody will look at them.
pub(in crate::operations::drift) fn properties_of(
    texts: &LargeStringArray,
    distinct: &Distinct,
    wanted: &Wanted,
    cancel: &CancellationToken,
) -> BTreeMap<String, Values> {
    let parts = distinct.places.par_chunks(TEXTS_AT_ONCE).map(|places| {
        let mut columns: Vec<Column> = wanted.0.iter().map(|property| Column::of(property)).collect();
        let is_stopped = cancel.is_cancelled();
        for place in places {
            let analysis = Analysis::new(texts.value(*place), &LanguageTable);
            for (column, property) in columns.iter_mut().zip(&wanted.0) {
                column.push(if is_stopped { PropertyValue::Missing } else { property.of(&analysis) });
            }
        }
        columns
    });
    let mut whole: Vec<Column> = wanted.0.iter().map(|property| Column::of(property)).collect();
    for part in parts.collect::<Vec<_>>() {
        for (column, more) in whole.iter_mut().zip(part) {
            column.append(more);
        }
    }
    let named = wanted.0.iter().zip(whole);
    named.map(|(property, column)| (property.id.to_owned(), column.spread(distinct))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(texts: &[Option<&str>], names: &[&str]) -> BTreeMap<String, Values> {
        let texts: LargeStringArray = texts.iter().copied().collect();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let wanted = Wanted::of(&names).unwrap();
        properties_of(&texts, &Distinct::of(&texts), &wanted, &CancellationToken::new())
    }

    #[test]
    fn a_property_has_a_value_for_each_row_and_none_for_a_missing_text() {
        let english = "The quick brown fox jumps over the lazy dog again and again.";
        let found = properties(&[Some(english), None, Some("ab"), Some(english)], &["Text Length", "language"]);
        let Values::Numbers(lengths) = &found["text_length"] else { panic!("{found:?}") };
        assert_eq!(format!("{lengths:?}"), "[60.0, NaN, 2.0, 60.0]");
        let Values::Categories(languages) = &found["language"] else { panic!("{found:?}") };
        assert_eq!((languages.name(0), languages.name(1), languages.name(3)), (Some("en"), None, Some("en")));
        assert_eq!(found.len(), 2);
    }

    #[test]
    fn what_many_threads_compute_stands_in_its_row() {
        let texts: Vec<String> = (0..2000_usize).map(|row| "x".repeat(row % 1500)).collect();
        let texts: Vec<_> = texts.iter().map(|text| Some(text.as_str())).collect();
        let found = properties(&texts, &["text_length"]);
        let Values::Numbers(lengths) = &found["text_length"] else { panic!("{found:?}") };
        let wanted = texts.iter().map(|text| f64::from(u32::try_from(text.unwrap().len()).unwrap()));
        assert!(lengths.iter().copied().eq(wanted));
    }

    #[test]
    fn without_names_the_usual_properties_are_computed_and_all_are_more() {
        let count = |names: &[String]| Wanted::of(names).unwrap().0.len();
        let (usual, every) = (count(&[]), count(&["all".to_owned(), "text_length".to_owned()]));
        assert!(0 < usual && usual < every, "{usual} {every}");
    }

    #[test]
    fn an_unknown_property_is_told_with_the_one_that_may_be_meant() {
        let error = Wanted::of(&["text_lenght".to_owned()]).unwrap_err();
        assert!(matches!(&error, DriftError::UnknownProperty { meant: Some(meant), .. } if meant == "text_length"));
        assert!(matches!(Wanted::of(&["toxicity".to_owned()]), Err(DriftError::Unavailable { .. })));
    }

    #[test]
    fn once_stopped_nothing_more_is_computed() {
        let texts: LargeStringArray = [Some("a")].into_iter().collect();
        let cancel = CancellationToken::new();
        cancel.cancel();
        let wanted = Wanted::of(&["text_length".to_owned()]).unwrap();
        let found = properties_of(&texts, &Distinct::of(&texts), &wanted, &cancel);
        assert!(matches!(&found["text_length"], Values::Numbers(numbers) if numbers[0].is_nan()));
    }
}
