//! Why a worker ended without an answer, in words for the file it was reading.

use std::process::ExitStatus;

use super::limits::Limits;
use crate::core::failure::{Code, Failure};

/// What Rust says when the system gives no more memory.
const NO_MEMORY: &str = "memory allocation of";
/// What Rust says when the stack is used up.
const NO_STACK: &str = "has overflowed its stack";

/// The file took longer than it may, by the clock.
pub(super) fn too_slow(limits: &Limits) -> Failure {
    Failure::new(Code::Timeout, format!("reading it took more than {} s", limits.wall.as_secs()))
        .with_hint("split it, or allow more with the setting `isolation.wall_s`")
}

/// The worker ended by itself or by the system.
pub(super) fn of_end(status: ExitStatus, said: &str, limits: &Limits) -> Failure {
    if is_out_of_time(status) {
        let text = format!("reading it took more than {} s of processor time", limits.cpu.as_secs());
        return Failure::new(Code::Timeout, text)
            .with_hint("split it, or allow more with the setting `isolation.cpu_s`");
    }
    if said.contains(NO_MEMORY) {
        let text = format!("reading it takes more than {} MiB of memory", limits.memory >> 20);
        return Failure::new(Code::MemoryLimit, text)
            .with_hint("split it, or allow more with the setting `isolation.memory_mib`");
    }
    let how = if said.contains(NO_STACK) { "it is nested too deeply".to_owned() } else { status.to_string() };
    crashed(&format!(" ({how})"))
}

/// The reader has met a file that it was not made for; `how` follows the sentence.
pub(super) fn crashed(how: &str) -> Failure {
    Failure::new(Code::Crashed, format!("its reader broke down on this file{how}"))
        .with_hint("open it in the program that made it, save it again, and convert again")
}

#[cfg(unix)]
fn is_out_of_time(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    status.signal() == Some(rustix::process::Signal::XCPU.as_raw())
}

#[cfg(not(unix))]
fn is_out_of_time(_status: ExitStatus) -> bool {
    false
}
