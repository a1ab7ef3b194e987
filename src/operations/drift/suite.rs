//! Which checks are run, with which parameters and conditions.
//!
//! The one decision: a preset is a family of checks, not a list of names, so that a new check is in the presets that it
//! belongs to; what a suite of one's own says replaces defaults, check by check.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::checks::{Family, REGISTRY, Registered, registered};
use super::condition::Condition;
use super::error::DriftError;
use super::options::Named;
use crate::core::nearest::nearest;

/// A preset, or checks of one's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Suite {
    /// One of ours.
    Preset(Preset),
    /// One's own.
    Own(OwnSuite),
}

impl Default for Suite {
    fn default() -> Self {
        Self::Preset(Preset::Incoming)
    }
}

/// The suites that are there already.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Preset {
    /// Whether the sets are sound, each by itself.
    DataIntegrity,
    /// Whether what came in is like the reference.
    TrainTestValidation,
    /// Whether a model's predictions are still good.
    ModelEvaluation,
    /// Whether what came in is sound, and like the reference; and the predictions, where there are some.
    #[default]
    Incoming,
    /// Everything, of both sets.
    Full,
}

impl Preset {
    /// All of them.
    pub const ALL: [Self; 5] =
        [Self::DataIntegrity, Self::TrainTestValidation, Self::ModelEvaluation, Self::Incoming, Self::Full];

    /// As JSON says it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DataIntegrity => "data_integrity",
            Self::TrainTestValidation => "train_test_validation",
            Self::ModelEvaluation => "model_evaluation",
            Self::Incoming => "incoming",
            Self::Full => "full",
        }
    }

    /// Whether checks of this family are in it.
    pub fn has(self, family: Family) -> bool {
        match self {
            Self::DataIntegrity => family == Family::DataIntegrity,
            Self::TrainTestValidation => family == Family::Comparison,
            Self::ModelEvaluation => family == Family::ModelEvaluation,
            Self::Incoming | Self::Full => true,
        }
    }
}

/// A suite of one's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct OwnSuite {
    /// Its name.
    pub name: String,
    /// Its checks.
    pub checks: Vec<SuiteCheck>,
}

/// A check of a suite of one's own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SuiteCheck {
    /// Its name.
    pub check: String,
    /// Parameters that are not the default ones.
    #[serde(default)]
    #[schema(value_type = Object)]
    pub parameters: Map<String, Value>,
    /// What must hold instead of the default conditions.
    #[serde(default)]
    pub conditions: Option<Vec<Condition>>,
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Preset(preset) => f.write_str(preset.as_str()),
            Self::Own(own) => f.write_str(&own.name),
        }
    }
}

impl FromStr for Suite {
    type Err = String;

    /// A preset's name, or the path of a TOML or JSON file.
    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(preset) = Preset::ALL.into_iter().find(|preset| preset.as_str() == text) {
            return Ok(Self::Preset(preset));
        }
        let names = Preset::ALL.map(Preset::as_str).join(", ");
        let file = std::fs::read_to_string(text)
            .map_err(|error| format!("no preset ({names}), and no file that can be read: {error}"))?;
        let is_json = file.trim_start().starts_with('{');
        let own = if is_json {
            serde_json::from_str(&file).map_err(|error| error.to_string())
        } else {
            toml::from_str(&file).map_err(|error| error.to_string().trim_end().to_owned())
        };
        own.map(Self::Own)
    }
}

/// A check that is to be run.
pub(super) struct Planned {
    pub(super) check: &'static Registered,
    pub(super) parameters: Map<String, Value>,
    pub(super) conditions: Vec<Condition>,
    /// Somebody asked for this very check: that it can't be run is an error.
    pub(super) is_named: bool,
    /// A check of one set looks at the incoming one only, where there is one.
    pub(super) incoming_only: bool,
}

/// The checks of a suite, with thresholds replaced.
///
/// # Errors
/// When a check, a measure or a parameter is not known.
pub(super) fn planned(suite: &Suite, thresholds: &Named<f64>) -> Result<Vec<Planned>, DriftError> {
    let mut planned = match suite {
        Suite::Preset(preset) => {
            let of_preset = REGISTRY.iter().filter(|check| preset.has(check.about.family));
            of_preset.map(|check| preset_check(check, *preset)).collect::<Result<Vec<_>, _>>()?
        }
        Suite::Own(own) => own.checks.iter().map(own_check).collect::<Result<_, _>>()?,
    };
    for (name, threshold) in &thresholds.0 {
        replace(&mut planned, name, *threshold)?;
    }
    Ok(planned)
}

fn preset_check(check: &'static Registered, preset: Preset) -> Result<Planned, DriftError> {
    let parameters = (check.parameters)(Map::new()).map_err(|what| DriftError::suite(check.about.name, &what))?;
    let conditions = (check.conditions)();
    Ok(Planned { check, parameters, conditions, is_named: false, incoming_only: preset == Preset::Incoming })
}

fn own_check(own: &SuiteCheck) -> Result<Planned, DriftError> {
    let check = registered(&own.check).ok_or_else(|| unknown_check(&own.check))?;
    let parameters = (check.parameters)(own.parameters.clone()).map_err(|what| DriftError::suite(&own.check, &what))?;
    let conditions = own.conditions.clone().unwrap_or_else(check.conditions);
    Ok(Planned { check, parameters, conditions, is_named: true, incoming_only: false })
}

fn unknown_check(name: &str) -> DriftError {
    let names = || REGISTRY.iter().map(|check| check.about.name);
    let meant = nearest(name, names()).map(str::to_owned);
    DriftError::UnknownCheck { name: name.to_owned(), known: names().collect::<Vec<_>>().join(", "), meant }
}

/// Puts another threshold into all conditions on `check.measure`.
fn replace(planned: &mut [Planned], name: &str, threshold: f64) -> Result<(), DriftError> {
    let (check, measure) = name.split_once('.').unwrap_or((name, ""));
    if registered(check).is_none() {
        return Err(unknown_check(check));
    }
    let mut known = Vec::new();
    let mut is_replaced = false;
    for planned in planned.iter_mut().filter(|planned| planned.check.about.name == check) {
        for condition in &mut planned.conditions {
            known.push(condition.measure.clone());
            if condition.measure == measure {
                condition.threshold = threshold;
                is_replaced = true;
            }
        }
    }
    if is_replaced { Ok(()) } else { Err(DriftError::UnknownMeasure { name: name.to_owned(), known }) }
}
