//! The splits, and how much of the rows each is to have.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How far a sum of shares may be from a whole: what numbers of binary fractions are off by.
const SLACK: f64 = 1e-9;

/// A split of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// What is learnt from.
    Train,
    /// What settings are chosen by.
    Validation,
    /// What is measured on.
    Test,
}

impl Split {
    /// All, in the order of time.
    pub const ALL: [Self; 3] = [Self::Train, Self::Validation, Self::Test];

    /// As in the column `train_test_split`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
            Self::Test => "test",
        }
    }
}

/// Shares of the splits; they add up to 1.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(try_from = "Written", into = "Written")]
#[schema(value_type = Written)]
pub struct Shares([f64; 3]);

/// Shares as they are written: parts of 1, or of 100.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize, ToSchema)]
#[serde(default, deny_unknown_fields)]
struct Written {
    /// What is learnt from.
    #[schema(example = 80)]
    train: f64,
    /// What settings are chosen by.
    #[schema(example = 0)]
    validation: f64,
    /// What is measured on.
    #[schema(example = 20)]
    test: f64,
}

impl Shares {
    /// The share of a split, 0 to 1.
    pub fn of(&self, split: Split) -> f64 {
        self.0[split as usize]
    }
}

impl Default for Shares {
    fn default() -> Self {
        Self([0.8, 0.0, 0.2])
    }
}

impl TryFrom<Written> for Shares {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let shares = [written.train, written.validation, written.test];
        if let Some(wrong) = shares.iter().find(|share| !(share.is_finite() && **share >= 0.0)) {
            return Err(format!("{wrong} is no share of a split"));
        }
        let sum: f64 = shares.iter().sum();
        let whole = [1.0, 100.0].into_iter().find(|whole| (sum - whole).abs() <= whole * SLACK);
        let whole = whole.ok_or_else(|| format!("the shares of the splits add up to {sum}, not to 1 or 100"))?;
        Ok(Self(shares.map(|share| share / whole)))
    }
}

impl From<Shares> for Written {
    fn from(Shares([train, validation, test]): Shares) -> Self {
        Self { train, validation, test }
    }
}

impl FromStr for Shares {
    type Err = String;

    /// `train=80,validation=10,test=10`
    fn from_str(text: &str) -> Result<Self, String> {
        let mut written = Written::default();
        for part in text.split(',') {
            let (name, share) = part.split_once('=').ok_or_else(|| format!("`{part}` is not SPLIT=SHARE"))?;
            let share = share.trim().parse().map_err(|_not| format!("`{share}` is no number"))?;
            match name.trim() {
                "train" => written.train = share,
                "validation" => written.validation = share,
                "test" => written.test = share,
                other => return Err(format!("there is no split `{other}`; they are train, validation and test")),
            }
        }
        Self::try_from(written)
    }
}

impl fmt::Display for Shares {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = Split::ALL.iter().filter(|split| self.of(**split) > 0.0);
        let named: Vec<_> = named.map(|split| format!("{}={}", split.as_str(), self.of(*split))).collect();
        f.write_str(&named.join(","))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_parts_of_one_or_of_a_hundred() {
        let eighty: Shares = "train=80,test=20".parse().unwrap();
        assert_eq!(eighty, Shares::default());
        assert_eq!(eighty.to_string(), "train=0.8,test=0.2");
        let tenth = "train=0.7,validation=0.1,test=0.2".parse::<Shares>().unwrap().of(Split::Validation);
        assert!((tenth - 0.1).abs() < SLACK);
        assert_eq!(
            serde_json::to_value(eighty).unwrap(),
            serde_json::json!({"train": 0.8, "validation": 0.0, "test": 0.2})
        );
    }

    #[test]
    fn shares_that_do_not_add_up_are_refused_with_their_sum() {
        let error = "train=80,test=30".parse::<Shares>().unwrap_err();
        assert_eq!(error, "the shares of the splits add up to 110, not to 1 or 100");
        for wrong in ["train=-10,test=110", "train=1,dev=0", "train", "train=x", "train=NaN"] {
            assert!(wrong.parse::<Shares>().is_err(), "{wrong}");
        }
        assert!(serde_json::from_str::<Shares>(r#"{"train": 0.5, "tset": 0.5}"#).is_err());
    }
}
