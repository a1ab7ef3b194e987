//! Where bytes live and who may touch them.

pub mod atomic;
pub mod location;
pub mod mapped;
pub mod sandbox;
pub mod staged;
pub mod uploads;
