//! What only a language model can score: known, and not to be had.
//!
//! deepchecks measures these with transformers of several hundred megabytes. They stand here so that who asks for one
//! learns why it has no value.

use super::{Measure, Property};

const REASON: &str = "needs a transformer for classification, which textmill does not run";

const fn unavailable(id: &'static str, title: &'static str, meaning: &'static str) -> Property {
    Property { id, title, meaning, is_english_only: true, is_default: false, measure: Measure::Unavailable(REASON) }
}

pub(super) const TOXICITY: Property = unavailable("toxicity", "Toxicity", "how harmful a text is, 0 to 1");
pub(super) const FLUENCY: Property = unavailable("fluency", "Fluency", "how well a text reads, 0 to 1");
pub(super) const FORMALITY: Property = unavailable("formality", "Formality", "how formal a text is, 0 to 1");
