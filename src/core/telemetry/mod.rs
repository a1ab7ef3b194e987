//! What the running program says about itself: its build, its machine, its logs, its metrics.

pub mod build_info;
pub mod embedding;
pub mod logging;
pub mod machine;
pub mod metrics;
