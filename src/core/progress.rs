//! How far a piece of work is: the only thing besides values that flows back up.
//!
//! For: engines and operations to say what they do. Not for: storing or showing it; the job runner and the command
//! line each give a [`ProgressSink`]. The one decision: a sink may drop reports, so callers report often and cheaply.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How far a piece of work is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Progress {
    /// Units done so far.
    pub done: u64,
    /// Units in all; `null` while it is not known.
    pub total: Option<u64>,
    /// What is counted: `bytes`, `files`, `rows`.
    pub unit: String,
    /// What is being worked on now; never text out of a user's file.
    pub message: Option<String>,
}

/// Takes reports of progress; called from any thread, must return at once.
pub trait ProgressSink: Send + Sync {
    /// Takes the latest state; earlier ones are void.
    fn report(&self, progress: &Progress);
}

/// A sink that forgets everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl ProgressSink for Silent {
    fn report(&self, _progress: &Progress) {}
}
