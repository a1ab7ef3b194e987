//! What the running program says about itself.

pub mod metrics;
