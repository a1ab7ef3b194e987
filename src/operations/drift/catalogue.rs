//! What can be checked, in words: presets, checks, their parameters and conditions.
//!
//! The one decision: it is made of the registry, so that it can't say anything else than what is run.

use serde::Serialize;
use serde_json::Map;
use serde_json::Value;
use utoipa::ToSchema;

use super::checks::{Family, Need, REGISTRY, Registered, Run};
use super::condition::Condition;
use super::suite::Preset;

/// Presets and checks.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct Catalogue {
    /// The presets.
    pub suites: Vec<SuiteDescription>,
    /// The checks.
    pub checks: Vec<CheckDescription>,
}

/// A preset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SuiteDescription {
    /// Its name.
    #[schema(example = "incoming")]
    pub suite: &'static str,
    /// What it tells.
    pub description: &'static str,
    /// Whether it is used where none is named.
    pub is_default: bool,
    /// Names of its checks.
    pub checks: Vec<&'static str>,
}

/// A check.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct CheckDescription {
    /// Its name.
    #[schema(example = "label_drift")]
    pub check: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What it computes, and why one wants to know.
    pub definition: &'static str,
    /// What it is about: `data_integrity`, `comparison` or `model_evaluation`.
    pub family: &'static str,
    /// What it looks at: `one_set` or `both_sets`.
    pub looks_at: &'static str,
    /// What must be there besides texts.
    pub needs: Vec<String>,
    /// Its parameters and their defaults.
    #[schema(value_type = Object)]
    pub parameters: Map<String, Value>,
    /// What must hold, unless a suite says otherwise.
    pub conditions: Vec<Condition>,
}

/// Everything that can be checked.
pub fn catalogue() -> Catalogue {
    Catalogue {
        suites: Preset::ALL.into_iter().map(suite_description).collect(),
        checks: REGISTRY.iter().map(check_description).collect(),
    }
}

fn suite_description(preset: Preset) -> SuiteDescription {
    let of_preset = REGISTRY.iter().filter(|check| preset.has(check.about.family));
    SuiteDescription {
        suite: preset.as_str(),
        description: match preset {
            Preset::DataIntegrity => "whether the sets are sound, each by itself",
            Preset::TrainTestValidation => "whether what came in is like the reference",
            Preset::ModelEvaluation => "whether a model's predictions are still good",
            Preset::Incoming => {
                "whether what came in is sound and like the reference, and its predictions, where there are some, good"
            }
            Preset::Full => "everything, of both sets",
        },
        is_default: preset == Preset::default(),
        checks: of_preset.map(|check| check.about.name).collect(),
    }
}

fn check_description(check: &Registered) -> CheckDescription {
    let about = check.about;
    CheckDescription {
        check: about.name,
        title: about.title,
        definition: about.definition,
        family: match about.family {
            Family::DataIntegrity => "data_integrity",
            Family::Comparison => "comparison",
            Family::ModelEvaluation => "model_evaluation",
        },
        looks_at: match check.run {
            Run::One(_) => "one_set",
            Run::Pair(_) => "both_sets",
        },
        needs: about.needs.iter().map(in_words).collect(),
        // Defaults are what nothing completes to.
        parameters: (check.parameters)(Map::new()).unwrap_or_default(),
        conditions: (check.conditions)(),
    }
}

fn in_words(need: &Need) -> String {
    match need {
        Need::Labels => "a label column".to_owned(),
        Need::Predictions => "a prediction column".to_owned(),
        Need::Columns(fewest) => format!("at least {fewest} other columns that can be compared"),
        Need::Embeddings => "a model, or a column of vectors".to_owned(),
        Need::Tokenizer => "a model".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_check_is_described_with_conditions_on_named_measures_and_is_in_a_preset() {
        let catalogue = catalogue();
        for check in &catalogue.checks {
            assert!(check.definition.ends_with('.') && !check.title.is_empty(), "{}", check.check);
            let is_in = |suite: &SuiteDescription| suite.checks.contains(&check.check);
            assert!(catalogue.suites.iter().filter(|suite| is_in(suite)).count() >= 3, "{}", check.check);
        }
        assert_eq!(catalogue.suites.iter().filter(|suite| suite.is_default).count(), 1);
    }
}
