//! Statistics that compare two samples, and what they need of a sample: one file a statistic, pure functions on plain data.
//!
//! They know nothing of texts, checks or thresholds. Decided here: a sample is kept as counts of its distinct values (numbers
//! in [`Distribution`], categories in [`Counts`], answers of a classifier in [`Confusion`]), because that is what a saved
//! profile can hold and what adds up, and every statistic works on these counts. Formulas that users compare with another
//! program's are computed as that program computes them; where they are flawed, the right one stands beside.

mod auc;
mod benjamini_hochberg;
mod boosting;
mod bootstrap;
mod chi_square;
mod confusion;
mod counts;
mod cramers_v;
mod distribution;
pub mod domain_classifier;
mod drift_categories;
mod entropy;
mod fisher_exact;
mod histogram;
mod homogeneity;
mod jensen_shannon;
mod kolmogorov_smirnov;
pub mod mean_distance;
pub mod minhash;
pub mod mmd;
pub mod numpy_random;
mod outliers;
mod pca;
pub mod pps;
pub mod projection;
mod psi;
mod ratio_excess;
pub mod segments;
mod sgd;
mod similarities;
mod size;
mod splits;
mod target_encoding;
mod tfidf;
mod tree;
pub mod vectors;
mod wasserstein;
pub mod words_classifier;

pub use auc::{Auc, auc};
pub use benjamini_hochberg::benjamini_hochberg;
pub use bootstrap::{Resample, Resampling, interval, null_p_value};
pub use chi_square::{ChiSquare, chi_square};
pub use confusion::{ClassAnswers, Confusion, answers_by_class, macro_f1, right_answers};
pub use counts::Counts;
pub use cramers_v::{cramers_v, cramers_v_balanced};
pub use distribution::{Distribution, MAX_DISTINCT};
pub use drift_categories::{Category, CategoryOptions, CategoryPair, SortBy, drift_categories};
pub use entropy::normalised_entropy;
pub use fisher_exact::fisher_exact;
pub use histogram::{Histogram, histogram};
pub use homogeneity::{homogeneity, proportions};
pub use jensen_shannon::jensen_shannon_distance;
pub use kolmogorov_smirnov::{ks_p_value, ks_statistic};
pub use outliers::{Limits, iqr_limits, sharp_drop_limit};
pub use psi::psi;
pub use ratio_excess::{RatioExcess, ratio_excess};
pub use wasserstein::{earth_movers_distance, normed_wasserstein, wasserstein_distance};

/// A count as a real number: exact below 2⁵³, which no count of rows reaches.
#[expect(clippy::cast_precision_loss, reason = "no set has 2^53 rows")]
pub(crate) fn real(count: u64) -> f64 {
    count as f64
}

/// The number of things in a collection, as a count.
pub(crate) fn count_of(length: usize) -> u64 {
    u64::try_from(length).unwrap_or(u64::MAX)
}

/// `part` of `whole`, from 0 to 1; nothing of nothing is 0.
pub(crate) fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { real(part) / real(whole) }
}
