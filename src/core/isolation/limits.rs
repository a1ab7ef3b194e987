//! What a worker may use, and how it is held to it.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// What reading one file may cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Address space of the worker, in bytes.
    pub memory: u64,
    /// Processor time for one file.
    pub cpu: Duration,
    /// Time for one file by the clock, reading and whatever its reader waits for.
    pub wall: Duration,
}

impl Default for Limits {
    /// 2 GiB, 60 s, 600 s.
    fn default() -> Self {
        Self { memory: 2 << 30, cpu: Duration::from_mins(1), wall: Duration::from_mins(10) }
    }
}

impl Limits {
    /// Holds this process to its memory, and sees to it that it leaves no core file.
    ///
    /// # Errors
    /// When the system refuses.
    #[cfg(unix)]
    pub(super) fn hold_process(&self) -> std::io::Result<()> {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let most = |value| Rlimit { current: Some(value), maximum: Some(value) };
        setrlimit(Resource::As, most(self.memory))?;
        setrlimit(Resource::Core, most(0))?;
        Ok(())
    }

    /// Gives this process the time of one more file. The system ends it when that is used up.
    ///
    /// # Errors
    /// When the system refuses.
    #[cfg(unix)]
    pub(super) fn hold_file(&self) -> std::io::Result<()> {
        use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
        use rustix::time::{ClockId, clock_gettime};
        let used = u64::try_from(clock_gettime(ClockId::ProcessCPUTime).tv_sec).unwrap_or(0);
        // Whole seconds: what is begun counts.
        let current = Some(used + 1 + self.cpu.as_secs());
        setrlimit(Resource::Cpu, Rlimit { current, maximum: getrlimit(Resource::Cpu).maximum })?;
        Ok(())
    }

    /// Other systems keep only the time by the clock.
    #[cfg(not(unix))]
    pub(super) fn hold_process(&self) -> std::io::Result<()> {
        Ok(())
    }

    /// Other systems keep only the time by the clock.
    #[cfg(not(unix))]
    pub(super) fn hold_file(&self) -> std::io::Result<()> {
        Ok(())
    }
}
