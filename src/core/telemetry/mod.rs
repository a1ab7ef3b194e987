//! What the process tells about itself.

pub mod build_info;
pub mod logging;
