//! A place where several processes of the program work together: one data root, one state directory, one database.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use super::database::Database;
use super::postgres::Server;
use super::textmill;

/// Folders, settings and database that the processes share. Declared before them, so that it is dropped after them.
pub(crate) struct Site {
    folder: TempDir,
    variables: Vec<(&'static str, String)>,
    /// The test's own look into it.
    pub(crate) database: Database,
}

impl Site {
    /// With the database in the state directory.
    pub(crate) fn on_sqlite() -> Self {
        let folder = folders();
        let database = Database::sqlite(&folder.path().join("state"));
        Self { folder, variables: Vec::new(), database }
    }

    /// With a fresh database on the server.
    pub(crate) fn on_postgres(server: Server) -> Self {
        Self { folder: folders(), variables: Vec::new(), database: Database::postgres(server) }
    }

    /// Gives every process from now on this setting.
    pub(crate) fn set(&mut self, variable: &'static str, value: &str) {
        self.variables.push((variable, value.to_string()));
    }

    /// The data root, and the working directory of every process.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// The state directory.
    pub(crate) fn state(&self) -> PathBuf {
        self.folder.path().join("state")
    }

    /// Where the processes put what they need for a moment.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.folder.path().join("tmp")
    }

    /// The program with the settings of this place.
    pub(crate) fn command(&self) -> Command {
        let direct = self.database.server().map(Server::address);
        self.command_by(direct.map(|address| address.to_string()).as_deref())
    }

    /// The same, with the database server (if there is one) reached at `address`.
    pub(crate) fn command_by(&self, address: Option<&str>) -> Command {
        let mut command = textmill(&self.data());
        command.env("TEXTMILL_STATE_DIR", self.state()).env("TMPDIR", self.scratch());
        if let (Some(server), Some(name), Some(address)) = (self.database.server(), self.database.name(), address) {
            command.env("TEXTMILL_DATABASE_URL", server.url(address.parse().unwrap(), name));
        }
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Leaves the folders for somebody to look at.
    pub(crate) fn keep(&mut self) -> &Path {
        self.folder.disable_cleanup(true);
        self.folder.path()
    }
}

fn folders() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["data", "state", "tmp"] {
        std::fs::create_dir(folder.path().join(name)).unwrap();
    }
    folder
}
