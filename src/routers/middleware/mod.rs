//! What every request passes through, outermost first: request id, log, count, problem bodies, panics, limits, site, key.

pub(crate) mod access_log;
pub(crate) mod auth;
pub(crate) mod cross_site;
pub(crate) mod headers;
pub(crate) mod limits;
pub(crate) mod metrics;
pub(crate) mod panic;
pub(crate) mod request_id;
