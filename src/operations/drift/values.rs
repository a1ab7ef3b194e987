//! Values of a column or property, a value a row: numbers or categories.

use std::collections::{BTreeMap, HashMap};

use serde::{Deserialize, Serialize};

/// Values, a value a row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Values {
    /// Numbers; a missing one is not a number.
    Numbers(Vec<f64>),
    /// Categories.
    Categories(Categories),
}

impl Values {
    /// Rows.
    pub fn len(&self) -> usize {
        match self {
            Self::Numbers(numbers) => numbers.len(),
            Self::Categories(categories) => categories.codes.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Values of some rows.
    #[must_use]
    pub fn take(&self, rows: &[usize]) -> Self {
        match self {
            Self::Numbers(numbers) => Self::Numbers(rows.iter().map(|row| numbers[*row]).collect()),
            Self::Categories(categories) => Self::Categories(categories.take(rows)),
        }
    }

    /// These rows, and others below them; `None` where one are numbers and the other categories.
    pub(super) fn then(self, below: &Self) -> Option<Self> {
        match (self, below) {
            (Self::Numbers(mut numbers), Self::Numbers(below)) => {
                numbers.extend(below);
                Some(Self::Numbers(numbers))
            }
            (Self::Categories(categories), Self::Categories(below)) => Some(Self::Categories(categories.then(below))),
            _ => None,
        }
    }

    /// Whether every row has a value that is there.
    pub(super) fn is_sound(&self) -> bool {
        match self {
            Self::Numbers(_) => true,
            Self::Categories(categories) => categories.is_sound(),
        }
    }
}

/// Categories, a category a row.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Categories {
    /// Their names, in the order in which they were met.
    pub names: Vec<String>,
    /// Which name each row has; `None` where the value is missing.
    pub codes: Vec<Option<u32>>,
}

impl Categories {
    /// The category of a row.
    pub fn name(&self, row: usize) -> Option<&str> {
        self.codes[row].map(|code| self.names[code as usize].as_str())
    }

    /// Categories out of texts.
    pub fn of<'t>(values: impl Iterator<Item = Option<&'t str>>) -> Self {
        let mut names = Names::default();
        let codes = values.map(|value| value.map(|value| names.code(value))).collect();
        Self { names: names.into_names(), codes }
    }

    /// Categories of some rows, and only their names.
    #[must_use]
    pub fn take(&self, rows: &[usize]) -> Self {
        Self::of(rows.iter().map(|row| self.name(*row)))
    }

    /// These rows, and others below them.
    #[must_use]
    pub(super) fn then(&self, below: &Self) -> Self {
        let rows = |categories: &Self| 0..categories.codes.len();
        Self::of(rows(self).map(|row| self.name(row)).chain(rows(below).map(|row| below.name(row))))
    }

    /// Whether every row has a name that is there.
    pub(super) fn is_sound(&self) -> bool {
        self.codes.iter().flatten().all(|code| (*code as usize) < self.names.len())
    }
}

/// Numbers names, in the order in which they are met.
#[derive(Debug, Default)]
pub(super) struct Names {
    codes: HashMap<String, u32>,
}

impl Names {
    /// The number of a name.
    pub(super) fn code(&mut self, name: &str) -> u32 {
        if let Some(code) = self.codes.get(name) {
            return *code;
        }
        let code = u32::try_from(self.codes.len()).unwrap_or(u32::MAX);
        self.codes.insert(name.to_owned(), code);
        code
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.codes.len()
    }

    /// The names by their numbers.
    pub(super) fn into_names(self) -> Vec<String> {
        let by_code: BTreeMap<u32, String> = self.codes.into_iter().map(|(name, code)| (code, name)).collect();
        by_code.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn categories(values: &[Option<&str>]) -> Categories {
        Categories::of(values.iter().copied())
    }

    #[test]
    fn categories_are_numbered_as_they_are_met() {
        let found = categories(&[Some("b"), None, Some("a"), Some("b")]);
        assert_eq!(found.names, ["b", "a"]);
        assert_eq!(found.codes, [Some(0), None, Some(1), Some(0)]);
        assert_eq!((found.name(1), found.name(3)), (None, Some("b")));
    }

    #[test]
    fn rows_that_are_taken_bring_their_own_names_only() {
        let whole = categories(&[Some("a"), Some("b"), None, Some("b")]);
        assert_eq!(whole.take(&[1, 2]), categories(&[Some("b"), None]));
        let numbers = Values::Numbers(vec![1.0, 2.0, 3.0]).take(&[2, 0]);
        assert_eq!(numbers, Values::Numbers(vec![3.0, 1.0]));
        assert_eq!((numbers.len(), numbers.is_empty()), (2, false));
    }

    #[test]
    fn rows_of_parts_are_those_of_the_whole() {
        let (above, below) = (categories(&[Some("a"), None]), categories(&[Some("b"), Some("a")]));
        assert_eq!(above.then(&below), categories(&[Some("a"), None, Some("b"), Some("a")]));
        assert!(Values::Numbers(vec![1.0]).then(&Values::Categories(above)).is_none());
    }

    #[test]
    fn a_row_with_a_name_that_is_not_there_is_noticed() {
        assert!(categories(&[Some("a"), None]).is_sound());
        assert!(!Categories { names: vec!["a".to_owned()], codes: vec![Some(1)] }.is_sound());
    }
}
