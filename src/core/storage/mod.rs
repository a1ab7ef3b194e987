//! Where bytes live and who may touch them.

pub mod location;
pub mod sandbox;
pub mod uploads;
