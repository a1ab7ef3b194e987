//! What can be said of options before anything is read.

use super::error::DriftError;
use super::facts::Wanted;
use super::options::{DriftOptions, Named};
use super::suite::planned;

/// What is wrong with options, each with the option that it is in.
pub fn check_options(options: &DriftOptions) -> Vec<(&'static str, DriftError)> {
    let suite = planned(&options.suite, &Named::default()).err().map(|error| ("suite", error));
    // Thresholds of a suite that is wrong can't be looked for.
    let thresholds = || planned(&options.suite, &options.thresholds).err().map(|error| ("thresholds", error));
    let properties = Wanted::of(&options.properties).err().map(|error| ("properties", error));
    suite.or_else(thresholds).into_iter().chain(properties).collect()
}
