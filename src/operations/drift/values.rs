//! Values of a column or property, a value a row: numbers or categories.

use std::collections::{BTreeMap, HashMap};

/// Values, a value a row.
#[derive(Debug, Clone, PartialEq)]
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
            Self::Categories(categories) => Self::Categories(Categories {
                names: categories.names.clone(),
                codes: rows.iter().map(|row| categories.codes[*row]).collect(),
            }),
        }
    }
}

/// Categories, a category a row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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

    /// The names by their numbers.
    pub(super) fn into_names(self) -> Vec<String> {
        let by_code: BTreeMap<u32, String> = self.codes.into_iter().map(|(name, code)| (code, name)).collect();
        by_code.into_values().collect()
    }
}
