//! What we do it with: engines and storage that know nothing of operations, HTTP or the command line.

pub mod archive;
pub mod embeddings;
pub mod failure;
pub mod figures;
pub mod hash;
pub mod ids;
pub mod intake;
pub mod isolation;
pub mod jobs;
pub mod models;
pub mod nearest;
pub mod progress;
pub mod recent;
pub mod search;
pub mod shutdown;
pub mod stats;
pub mod storage;
pub mod tabular;
pub mod telemetry;
pub mod text;
