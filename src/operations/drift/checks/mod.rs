//! The checks, and the registry of them.
//!
//! For: what a check is, and which there are. Not for: reading data (`set`), thresholds of a suite, verdicts. The one
//! decision: a check is a struct of its parameters. What it looks at is said by its trait, so that a check of one set can't ask
//! for a second one; and one line in [`REGISTRY`] is all that the rest knows of it.

mod class_imbalance;
mod column_drift;
mod conflicting_labels;
mod confusion_matrix;
mod drift_segments;
mod duplicates;
mod embeddings_drift;
mod equal_texts;
mod fact_drift;
mod frequent_substrings;
mod label_drift;
mod label_sets;
mod language_mix;
mod leakage;
mod long_texts;
mod missing_values;
mod near_duplicates;
mod near_leakage;
mod new_characters;
mod new_words;
mod novelty;
mod performance;
#[cfg(test)]
mod planted;
mod prediction_drift;
mod property_drift;
mod property_label_correlation;
mod property_outliers;
mod segment_search;
mod shown;
mod special_characters;
mod text_drift;
mod tokenizer;
mod under_annotated_metadata_segments;
mod under_annotated_segments;
mod unknown_tokens;
mod unseen_categories;
mod weak_segments;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use tokio_util::sync::CancellationToken;

use super::condition::Condition;
use super::engines::Engines;
use super::exhibit::Exhibit;
use super::outcome::{Measure, Which};
use super::reference::Reference;
use super::set::Set;
use crate::core::failure::Fails;

/// What is said of a check.
#[derive(Debug)]
pub struct About {
    /// Its name, e.g. `label_drift`.
    pub name: &'static str,
    /// Its name for people.
    pub title: &'static str,
    /// What it computes, and why one wants to know.
    pub definition: &'static str,
    /// To which preset it belongs.
    pub family: Family,
    /// What must be there for it.
    pub needs: &'static [Need],
}

/// What a check is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Family {
    /// Whether one set is sound.
    DataIntegrity,
    /// Whether what came in is like the reference.
    Comparison,
    /// Whether a model's predictions are still good.
    ModelEvaluation,
}

/// What a check needs besides texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Need {
    /// A label column.
    Labels,
    /// A prediction column.
    Predictions,
    /// Columns besides text, label and prediction: at least so many.
    Columns(usize),
    /// Vectors of the texts.
    Embeddings,
    /// The tokenizer of a model.
    Tokenizer,
}

/// Parameters and conditions that all checks have.
pub(super) trait Check: Serialize + DeserializeOwned + Default + Send + Sync {
    /// What is said of it.
    const ABOUT: About;

    /// What must hold, unless a suite says otherwise.
    fn conditions() -> Vec<Condition>;
}

/// Looks at one set.
pub(super) trait OneSetCheck: Check {
    /// Looks at one of the sets.
    ///
    /// # Errors
    /// When it can't be done; other checks go on.
    fn run(&self, which: Which, set: &Set, context: &CheckContext<'_>) -> Result<Findings, CheckError>;
}

/// Compares what came in with the reference.
pub(super) trait PairCheck: Check {
    /// Compares.
    ///
    /// # Errors
    /// When it can't be done; other checks go on.
    fn run(&self, reference: &Reference, incoming: &Set, context: &CheckContext<'_>) -> Result<Findings, CheckError>;
}

/// What a check gets besides data.
#[derive(Debug, Clone, Copy)]
pub struct CheckContext<'a> {
    /// What every random choice begins with.
    pub seed: u64,
    /// Somebody may say stop; looked at by checks that take long.
    pub cancel: &'a CancellationToken,
    /// The model's tokenizer, if there is one.
    pub engines: &'a Engines,
}

impl CheckContext<'_> {
    /// The seed for generators that take 32 bits.
    fn short_seed(&self) -> u32 {
        u32::try_from(self.seed & u64::from(u32::MAX)).unwrap_or_default()
    }
}

/// What a check found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Findings {
    /// Numbers.
    pub measures: Vec<Measure>,
    /// What to look at.
    pub exhibits: Vec<Exhibit>,
    /// What somebody should know about these numbers.
    pub notes: Vec<String>,
}

/// A check can't be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct CheckError {
    /// What failed, on what, why.
    pub message: String,
    /// What to do about it.
    pub hint: Option<String>,
}

impl CheckError {
    /// What failed, on what, why.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None }
    }

    /// And what to do about it.
    #[must_use]
    pub fn with_hint(self, hint: impl Into<String>) -> Self {
        Self { hint: Some(hint.into()), ..self }
    }

    /// What failed below.
    pub fn from_failure(error: &impl Fails) -> Self {
        Self { message: error.to_string(), hint: error.hint() }
    }
}

/// What the rest knows of a check.
pub struct Registered {
    /// What is said of it.
    pub about: &'static About,
    /// What must hold, unless a suite says otherwise.
    pub conditions: fn() -> Vec<Condition>,
    /// Its parameters, completed by defaults; what is wrong with them.
    pub parameters: Complete,
    /// Runs it with parameters that were completed.
    pub run: Run,
}

/// The parameters of a check by name.
type Parameters = Map<String, Value>;
type Complete = fn(Parameters) -> Result<Parameters, String>;
type RunOne = fn(&Parameters, Which, &Set, &CheckContext<'_>) -> Result<Findings, CheckError>;
type RunPair = fn(&Parameters, &Reference, &Set, &CheckContext<'_>) -> Result<Findings, CheckError>;

/// How a check is run.
#[derive(Clone, Copy)]
pub enum Run {
    /// On one set.
    One(RunOne),
    /// On both.
    Pair(RunPair),
}

/// All checks, in the order in which suites list them.
pub static REGISTRY: &[Registered] = &[
    // one set
    one::<class_imbalance::ClassImbalance>(),
    one::<missing_values::MissingValues>(),
    one::<duplicates::Duplicates>(),
    one::<near_duplicates::NearDuplicates>(),
    one::<conflicting_labels::ConflictingLabels>(),
    one::<property_outliers::PropertyOutliers>(),
    one::<property_label_correlation::PropertyLabelCorrelation>(),
    one::<under_annotated_segments::UnderAnnotatedSegments>(),
    one::<under_annotated_metadata_segments::UnderAnnotatedMetadataSegments>(),
    one::<special_characters::SpecialCharacters>(),
    one::<frequent_substrings::FrequentSubstrings>(),
    one::<unknown_tokens::UnknownTokens>(),
    one::<long_texts::LongTexts>(),
    // reference and incoming
    pair::<label_drift::LabelDrift>(),
    pair::<label_sets::LabelSets>(),
    pair::<embeddings_drift::EmbeddingsDrift>(),
    pair::<text_drift::TextDrift>(),
    pair::<new_words::NewWords>(),
    pair::<new_characters::NewCharacters>(),
    pair::<language_mix::LanguageMix>(),
    pair::<property_drift::PropertyDrift>(),
    pair::<column_drift::ColumnDrift>(),
    pair::<unseen_categories::UnseenCategories>(),
    pair::<drift_segments::DriftSegments>(),
    pair::<leakage::Leakage>(),
    pair::<near_leakage::NearLeakage>(),
    // model
    pair::<prediction_drift::PredictionDrift>(),
    pair::<performance::Performance>(),
    one::<confusion_matrix::ConfusionMatrix>(),
    one::<weak_segments::WeakSegments>(),
];

/// The check of a name.
pub(super) fn registered(name: &str) -> Option<&'static Registered> {
    REGISTRY.iter().find(|check| check.about.name == name)
}

const fn one<C: OneSetCheck>() -> Registered {
    Registered {
        about: &C::ABOUT,
        conditions: C::conditions,
        parameters: completed::<C>,
        run: Run::One(|parameters, which, set, context| made::<C>(parameters)?.run(which, set, context)),
    }
}

const fn pair<C: PairCheck>() -> Registered {
    Registered {
        about: &C::ABOUT,
        conditions: C::conditions,
        parameters: completed::<C>,
        run: Run::Pair(|parameters, reference, incoming, context| {
            made::<C>(parameters)?.run(reference, incoming, context)
        }),
    }
}

fn completed<C: Check>(parameters: Parameters) -> Result<Parameters, String> {
    let check: C = serde_json::from_value(Value::Object(parameters)).map_err(|error| error.to_string())?;
    match serde_json::to_value(check) {
        Ok(Value::Object(completed)) => Ok(completed),
        Ok(_) => Ok(Map::new()),
        Err(error) => Err(error.to_string()),
    }
}

fn made<C: Check>(parameters: &Parameters) -> Result<C, CheckError> {
    serde_json::from_value(Value::Object(parameters.clone())).map_err(|error| CheckError::new(error.to_string()))
}
