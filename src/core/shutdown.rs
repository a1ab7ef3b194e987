//! One way for everything to stop.
//!
//! For: one token that says stop, one tracker of every task, one deadline. Not for: what a task does when it is told;
//! each looks at the token at its safe points. The one decision: a task that is not spawned here does not exist, so
//! that "all tasks have ended" is a fact and not a hope.

use std::future::Future;
use std::io;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

/// Tells every task to stop and waits for all of them. Cheap to clone; clones are the same one.
#[derive(Debug, Clone, Default)]
pub struct Shutdown {
    token: CancellationToken,
    tracker: TaskTracker,
}

/// Tasks were still running when the deadline came.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{tasks} tasks were still running after {} s", .deadline.as_secs_f32())]
pub struct Unfinished {
    /// How many.
    pub tasks: usize,
    /// How long they had.
    pub deadline: Duration,
}

impl Shutdown {
    /// Nothing runs, nothing is asked to stop.
    pub fn new() -> Self {
        Self::default()
    }

    /// Cancelled once everything must stop.
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// Asks everything to stop; again is the same.
    pub fn begin(&self) {
        self.token.cancel();
    }

    /// Runs a task that [`Shutdown::wait`] waits for.
    pub fn spawn<F>(&self, task: F) -> JoinHandle<F::Output>
    where
        F: Future + Send + 'static,
        F::Output: Send + 'static,
    {
        self.tracker.spawn(task)
    }

    /// Waits until every task has ended, `deadline` at most. Does not ask them to: see [`Shutdown::begin`].
    ///
    /// # Errors
    /// When tasks still run at the deadline; they go on until the runtime is dropped.
    pub async fn wait(&self, deadline: Duration) -> Result<(), Unfinished> {
        self.tracker.close();
        let waited = tokio::time::timeout(deadline, self.tracker.wait()).await;
        waited.map_err(|_elapsed| Unfinished { tasks: self.tracker.len(), deadline })
    }
}

/// Why the process is asked to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// The supervisor's wish.
    Terminate,
}

/// Signals of the operating system, none of them missed from [`Signals::listen`] on.
#[derive(Debug)]
pub struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    /// Takes SIGINT and SIGTERM over from the system, for good: whoever listens must act. Needs a tokio runtime.
    ///
    /// # Errors
    /// When the system refuses the handler.
    #[cfg(unix)]
    pub fn listen() -> io::Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Takes Ctrl-C over from the system.
    ///
    /// # Errors
    /// Never on this system.
    #[cfg(not(unix))]
    pub fn listen() -> io::Result<Self> {
        Ok(Self {})
    }

    /// The next signal; a second one usually means "now". Safe to drop and call again.
    #[cfg(unix)]
    pub async fn next(&mut self) -> Signal {
        tokio::select! {
            _ = self.interrupt.recv() => Signal::Interrupt,
            _ = self.terminate.recv() => Signal::Terminate,
        }
    }

    /// The next signal; a second one usually means "now".
    #[cfg(not(unix))]
    pub async fn next(&mut self) -> Signal {
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
        Signal::Interrupt
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn waits_for_a_task_that_stops_when_it_is_told() {
        let shutdown = Shutdown::new();
        let token = shutdown.token();
        let task = shutdown.spawn(async move {
            token.cancelled().await;
            7
        });
        assert_eq!(shutdown.wait(Duration::from_millis(1)).await.unwrap_err().tasks, 1);
        shutdown.begin();
        shutdown.wait(Duration::from_secs(5)).await.unwrap();
        assert_eq!(task.await.unwrap(), 7);
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_signal_sent_before_anybody_waits_is_not_missed() {
        use rustix::process::{Signal as Number, getpid, kill_process};
        let mut signals = Signals::listen().unwrap();
        kill_process(getpid(), Number::TERM).unwrap();
        assert_eq!(tokio::time::timeout(Duration::from_secs(5), signals.next()).await.unwrap(), Signal::Terminate);
        kill_process(getpid(), Number::INT).unwrap();
        assert_eq!(tokio::time::timeout(Duration::from_secs(5), signals.next()).await.unwrap(), Signal::Interrupt);
    }
}
