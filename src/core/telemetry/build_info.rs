//! Which build this is.
//!
//! For: `--version`, `/v1/info`, logs and the record of a job. Not for: the machine it runs on. The one decision: the
//! commit is whatever the environment of the build says (`BUILD_COMMIT`), so that a build needs no git and no network
//! and a commit alone never causes one.

use serde::Serialize;
use utoipa::ToSchema;

/// Which build this is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct BuildInfo {
    /// Version of the package.
    #[schema(example = "0.1.0")]
    pub version: &'static str,
    /// Commit it was built from; `unknown` when the build was not told.
    pub commit: &'static str,
    /// `debug`, with assertions; or `release`.
    pub profile: &'static str,
    /// Processor it was built for, e.g. `x86_64`.
    pub arch: &'static str,
    /// System it was built for, e.g. `linux`.
    pub os: &'static str,
    /// Cargo features it was built with, sorted; the package declares none yet.
    pub features: &'static [&'static str],
}

/// This build.
pub const BUILD: BuildInfo = BuildInfo {
    version: env!("CARGO_PKG_VERSION"),
    commit: match option_env!("BUILD_COMMIT") {
        Some(commit) if !commit.is_empty() => commit,
        _ => "unknown",
    },
    profile: if cfg!(debug_assertions) { "debug" } else { "release" },
    arch: std::env::consts::ARCH,
    os: std::env::consts::OS,
    features: &[],
};
