//! The PostgreSQL that `tests/support/postgres.sh` started: databases of a test's own, restarts, plain questions.

use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Tests that restart the server hold it alone, all others together.
static SERVER: RwLock<()> = RwLock::new(());
static DATABASES: AtomicU32 = AtomicU32::new(0);

/// How a test holds the server.
#[expect(dead_code, reason = "held, not read")]
enum Hold {
    Shared(RwLockReadGuard<'static, ()>),
    Alone(RwLockWriteGuard<'static, ()>),
}

/// The server, held as long as this lives.
pub(crate) struct Server {
    _hold: Hold,
    /// Of a superuser, in the database `postgres`.
    url: String,
    control: Control,
}

/// `pg_ctl` for the server.
#[derive(Clone)]
struct Control {
    program: String,
}

/// How the server is restarted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Restart {
    /// Connections are ended, everything is written down first.
    Fast,
    /// As a crash: it recovers from its log.
    Immediate,
}

impl Server {
    /// For a test that others may run beside.
    pub(crate) fn shared() -> Self {
        Self::held(Hold::Shared(SERVER.read().unwrap_or_else(PoisonError::into_inner)))
    }

    /// For a test that restarts it.
    pub(crate) fn alone() -> Self {
        Self::held(Hold::Alone(SERVER.write().unwrap_or_else(PoisonError::into_inner)))
    }

    fn held(hold: Hold) -> Self {
        let control = Control { program: variable("TEST_POSTGRES_CTL") };
        Self { _hold: hold, url: variable("TEST_DATABASE_URL"), control }
    }

    /// Where it listens.
    pub(crate) fn address(&self) -> SocketAddr {
        let (_, after_user) = self.url.split_once('@').unwrap();
        after_user.split('/').next().unwrap().parse().unwrap()
    }

    /// The URL of a database on it; of its proxy, when `address` is one's.
    pub(crate) fn url(&self, address: SocketAddr, database: &str) -> String {
        let (user, _) = self.url.split_once('@').unwrap();
        format!("{user}@{address}/{database}")
    }

    /// A name for a database that no other test has.
    pub(crate) fn fresh_name() -> String {
        format!("test_{}_{}", std::process::id(), DATABASES.fetch_add(1, Ordering::Relaxed))
    }

    /// The URL of the superuser, in the database `postgres`.
    pub(crate) fn maintenance_url(&self) -> &str {
        &self.url
    }

    /// Restarts it and waits until it takes connections.
    pub(crate) fn restart(&self, how: Restart) {
        let mode = match how {
            Restart::Fast => "fast",
            Restart::Immediate => "immediate",
        };
        self.control.run(&["restart", "-m", mode]);
    }

    /// Stops it until the answer is dropped.
    pub(crate) fn stop(&self) -> Stopped {
        self.control.run(&["stop", "-m", "fast"]);
        Stopped { control: self.control.clone() }
    }
}

/// The server does not run; it is started again when this is dropped.
#[must_use]
pub(crate) struct Stopped {
    control: Control,
}

impl Drop for Stopped {
    fn drop(&mut self) {
        // Not `start`: only this takes the settings of the last start.
        self.control.run(&["restart", "-m", "fast"]);
    }
}

impl Control {
    fn run(&self, arguments: &[&str]) {
        let mut command = Command::new(&self.program);
        let status = command.args(arguments).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        assert!(status.unwrap().success(), "pg_ctl {arguments:?} failed");
    }
}

fn variable(name: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "not a setting of the program")]
    let value = std::env::var(name);
    value.unwrap_or_else(|_| panic!("{name} is not set: run this by `make test-postgres`"))
}
