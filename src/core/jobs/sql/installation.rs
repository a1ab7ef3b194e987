//! One database, one shared folder.
//!
//! For: refusing a folder that is not the one which all processes on a `PostgreSQL` database share: artifacts and uploads
//! would be on one machine and asked for on another. Not for: `SQLite`, which lies in that folder. The one decision: the
//! database has an id, and the folder carries it in a file; the first process that comes brings both together.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use super::SqlJobStore;
use super::database::{Database, ask};
use crate::core::jobs::store::StoreError;

/// The file in the shared folder.
const MARKER: &str = "textmill-database-id";
const DOING: &str = "look for the shared folder";
/// One process looks at a time. "tmil" and two more.
const LOOKING: &str = "SELECT pg_advisory_xact_lock(1953327470) IS NULL AS held";
const FIND: &str = "SELECT id, is_claimed FROM textmill.installation";
const CLAIM: &str = "UPDATE textmill.installation SET is_claimed = TRUE WHERE NOT is_claimed RETURNING id";

impl SqlJobStore {
    /// Makes sure that `folder`, which must exist, is the one that all processes on this database share; for `SQLite` it
    /// is.
    ///
    /// # Errors
    /// [`StoreError::NotShared`] for another folder, or one that can't be read or written.
    pub async fn share(&self, folder: &Path) -> Result<(), StoreError> {
        if let Database::Sqlite(_) = self.database {
            return Ok(());
        }
        let mut session = self.database.begin(DOING).await?;
        session.run(ask(DOING, LOOKING)).await?;
        let rows = session.run(ask(DOING, FIND)).await?;
        let row = rows.first().ok_or_else(|| refuse(folder, "the database has lost its own id"))?;
        let id = row.word("id")?;
        match read(folder) {
            Ok(Some(found)) if found == id => {}
            Ok(Some(_)) => return Err(refuse(folder, "it belongs to another database")),
            Ok(None) if row.is("is_claimed")? => {
                let why = format!("this database is used with another folder, which holds `{MARKER}` with {id}");
                return Err(refuse(folder, &why));
            }
            Ok(None) => write(folder, &id).map_err(|error| refuse(folder, &format!("it can't be written: {error}")))?,
            Err(error) => return Err(refuse(folder, &format!("`{MARKER}` in it can't be read: {error}"))),
        }
        // Said last: a process that dies before leaves a marker, which the next one takes for what it is.
        session.run(ask(DOING, CLAIM)).await?;
        session.commit(DOING).await
    }
}

fn read(folder: &Path) -> io::Result<Option<String>> {
    match fs::read_to_string(folder.join(MARKER)) {
        Ok(id) => Ok(Some(id.trim().to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// Whole or not at all.
fn write(folder: &Path, id: &str) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    writeln!(file, "{id}")?;
    file.as_file().sync_all()?;
    file.persist(folder.join(MARKER))?;
    File::open(folder)?.sync_all()
}

fn refuse(folder: &Path, why: &str) -> StoreError {
    StoreError::NotShared { folder: folder.to_owned(), why: why.to_owned() }
}
