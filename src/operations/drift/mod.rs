//! The check of incoming data: is it sound, is it like the reference, and are a model's predictions still good?
//!
//! For: a verdict before anybody trains or predicts, with the numbers and rows behind it. Not for: mending data, or showing
//! results (`report`). The one decision: a check is parameters → what it found → conditions → verdict, each plain data; the
//! reference is known by its facts, which a saved profile has as well as the rows.
//!
//! - `options` and `suite` say what is asked (`refusal`: what can't be), `outcome` (with `exhibit`, `condition`, `verdict`) what
//!   came of it.
//! - `set` has the rows of one side (`labels`, `values`), `facts` what can be counted of them; `profile` keeps facts,
//!   `reference` is either.
//! - `catalogue` says what can be checked, `scores` what is kept of a run for its series.
//! - `checks` has a file for each check, and the registry. `run` puts it together, `job` is its binding to the queue.

mod catalogue;
mod checks;
mod condition;
mod engines;
mod error;
mod exhibit;
mod facts;
mod job;
mod labels;
mod options;
mod outcome;
mod profile;
mod reference;
mod refusal;
mod run;
mod saving;
mod scores;
mod set;
mod suite;
mod values;
mod verdict;

pub use catalogue::{Catalogue, CheckDescription, SuiteDescription, catalogue};
pub use checks::{About, Family, Need, REGISTRY, Registered, Run};
pub use condition::{Condition, Otherwise, Rule};
pub use engines::Engines;
pub use error::DriftError;
pub use exhibit::{
    Bar, Bars, Distribution, Example, Examples, Exhibit, Group, Groups, Map, Mark, Matrix, Point, Segment, Segments,
    Word, Words,
};
pub use job::{CheckingModels, DriftHandler, KIND};
pub use options::{DriftOptions, DriftRequest, Named};
pub use outcome::{
    CheckFailure, CheckOutcome, ColumnUse, ConditionOutcome, DriftOutcome, Measure, NotRun, SideOutcome, VerdictCounts,
    Which,
};
pub use profile::{Profile, ProfileOptions, ProfileOutcome, merge_profiles, write_profile};
pub use reference::Reference;
pub use refusal::check_options;
pub use run::{Sides, check, makes_vectors};
pub use saving::save_sides;
pub use scores::{DriftResult, DriftSummary};
pub use set::Set;
pub use suite::{OwnSuite, Preset, Suite, SuiteCheck};
pub use verdict::Verdict;
