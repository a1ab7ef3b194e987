//! Which machine and process this is, for people who look at logs and workers.
//!
//! For: a name that tells writers of one folder apart. Not for: identity; containers may share a name, and ids of
//! processes come again.

/// The machine's own name; `localhost` where the system does not tell.
pub fn host_name() -> String {
    let told = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = told.trim();
    if name.is_empty() { "localhost".to_owned() } else { name.to_owned() }
}
