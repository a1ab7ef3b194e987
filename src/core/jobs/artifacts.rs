//! Where the files of jobs lie, and how an attempt's files become a job's.
//!
//! For: `<root>/<job>` (published), `<root>/.attempts/<job>-<attempt>-<token>` (in the making) and `<root>/.shared/<job>`
//! (what a divided job and its parts share). Not for: deciding
//! who may publish; the runner asks the store. The one decision: files are published by renaming their folder, under
//! a lock that all workers on this folder share, so that a worker that was paused can't move its folder over the
//! one of the worker that took its job.

use std::fs::{self, File, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::thread;

use walkdir::{DirEntry, WalkDir};

use super::handler::Artifact;
use super::model::Job;
use super::store::Lease;
use crate::core::hash::sha256_file;
use crate::core::ids::JobId;

const ATTEMPTS: &str = ".attempts";
const SHARED: &str = ".shared";
const GONE: &str = ".gone-";
const LOCK: &str = "publish.lock";
/// Threads that describe artifacts side by side.
const DESCRIBERS: usize = 8;

/// The folder that holds all artifacts. All methods that touch the disk block, the async one excepted.
#[derive(Debug, Clone)]
pub(super) struct ArtifactFolders {
    root: PathBuf,
}

/// A folder of an attempt, found by its name.
#[derive(Debug)]
pub(super) struct AttemptFolder {
    pub(super) path: PathBuf,
    pub(super) job_id: JobId,
    pub(super) attempt: u32,
}

impl ArtifactFolders {
    pub(super) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Where a file of a job lies, whether it exists or not; `None` for a name that leaves the job's folder.
    pub(super) fn file(&self, id: &JobId, name: &str) -> Option<PathBuf> {
        let is_plain = |part: &str| !matches!(part, "" | "." | "..") && !part.contains(['\\', '\0']);
        name.split('/').all(is_plain).then(|| self.published(id).join(name))
    }

    /// The folder of a job's artifacts, whether it exists or not.
    pub(super) fn published(&self, id: &JobId) -> PathBuf {
        self.root.join(id.as_str())
    }

    /// Whether a job has a folder of artifacts.
    pub(super) fn has_published(&self, id: &JobId) -> io::Result<bool> {
        self.published(id).try_exists()
    }

    /// The folder that a divided job and its parts share, whether it exists or not.
    pub(super) fn shared(&self, id: &JobId) -> PathBuf {
        self.root.join(SHARED).join(id.as_str())
    }

    fn attempts(&self) -> PathBuf {
        self.root.join(ATTEMPTS)
    }

    /// Makes the folder of an attempt, and removes those of the job's earlier ones: their lease is gone.
    pub(super) fn begin(&self, job: &Job, lease: &Lease) -> io::Result<PathBuf> {
        let token: String = lease.token.chars().take(8).collect();
        let path = self.attempts().join(format!("{}-{}-{token}", job.id, job.attempt));
        fs::create_dir_all(&path)?;
        for earlier in self.unfinished()? {
            if earlier.job_id == job.id && earlier.path != path {
                remove(&earlier.path)?;
            }
        }
        Ok(path)
    }

    /// The folders of all attempts.
    pub(super) fn unfinished(&self) -> io::Result<Vec<AttemptFolder>> {
        Ok(names(&self.attempts())?
            .into_iter()
            .filter_map(|(path, name)| {
                let mut parts = name.split('-');
                let (job_id, attempt) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
                Some(AttemptFolder { path, job_id, attempt })
            })
            .collect())
    }

    /// The jobs that have a folder shared with their parts.
    pub(super) fn shared_jobs(&self) -> io::Result<Vec<JobId>> {
        Ok(names(&self.root.join(SHARED))?.into_iter().filter_map(|(_, name)| name.parse().ok()).collect())
    }

    /// Removes the folder that a job shared with its parts, if there is one. All of it vanishes at once: who comes late
    /// finds nothing, never a half.
    pub(super) fn remove_shared(&self, id: &JobId) -> io::Result<()> {
        let gone = self.root.join(SHARED).join(format!("{GONE}{id}"));
        remove(&gone)?;
        match fs::rename(self.shared(id), &gone) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            Err(error) => Err(error),
            Ok(()) => remove(&gone),
        }
    }

    /// Removes what a kill left of such folders.
    pub(super) fn remove_gone(&self) -> io::Result<()> {
        let mut left = names(&self.root.join(SHARED))?.into_iter().filter(|(_, name)| name.starts_with(GONE));
        left.try_for_each(|(path, _)| remove(&path))
    }

    /// The jobs that have a folder.
    pub(super) fn jobs(&self) -> io::Result<Vec<JobId>> {
        Ok(names(&self.root)?.into_iter().filter_map(|(_, name)| name.parse().ok()).collect())
    }

    /// The right to publish, if no other worker on this folder has it now; it ends with the file.
    pub(super) fn try_lock(&self) -> io::Result<Option<File>> {
        let file = File::options().create(true).truncate(false).write(true).open(self.attempts().join(LOCK))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// Makes an attempt's folder the job's, in place of one whose worker died before it could say so.
    pub(super) fn publish(&self, attempt: &Path, id: &JobId) -> io::Result<()> {
        let published = self.published(id);
        remove(&published)?;
        if names(attempt)?.is_empty() {
            return remove(attempt);
        }
        fs::rename(attempt, published)?;
        sync(&self.root)
    }

    /// Removes a job's folder, if there is one, on a thread that may block; what stays is logged.
    pub(super) async fn forget(&self, id: &JobId) {
        let folder = self.published(id);
        let removed = tokio::task::spawn_blocking(move || remove(&folder)).await;
        if let Ok(Err(error)) = removed {
            tracing::warn!(job_id = %id, %error, "the job is forgotten but its files can't be removed now");
        }
    }
}

/// Removes a folder, if there is one.
pub(super) fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

/// Describes every file below a folder, by name; reads each once and makes sure that it is on the disk. Side by side: the
/// disk takes what many ask for at once.
pub(super) fn describe(folder: &Path) -> io::Result<Vec<Artifact>> {
    let entries = WalkDir::new(folder).sort_by_file_name().into_iter().collect::<Result<Vec<_>, _>>()?;
    // Without files there is nothing that a folder must not lose.
    if entries.iter().all(|entry| entry.file_type().is_dir()) {
        return Ok(Vec::new());
    }
    let share = |entries: &[DirEntry]| -> io::Result<Vec<Artifact>> {
        entries.iter().filter_map(|entry| describe_one(folder, entry).transpose()).collect()
    };
    let shares = thread::scope(|scope| {
        let shares = entries.chunks(entries.len().div_ceil(DESCRIBERS).max(1));
        let threads: Vec<_> = shares.map(|entries| scope.spawn(move || share(entries))).collect();
        let join = |thread: thread::ScopedJoinHandle<'_, _>| {
            thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        threads.into_iter().map(join).collect::<io::Result<Vec<_>>>()
    })?;
    Ok(shares.into_iter().flatten().collect())
}

/// `None`: a folder.
fn describe_one(folder: &Path, entry: &DirEntry) -> io::Result<Option<Artifact>> {
    sync(entry.path())?;
    if entry.file_type().is_dir() {
        return Ok(None);
    }
    let name = name_of(folder, entry.path()).ok_or_else(|| {
        io::Error::new(io::ErrorKind::InvalidData, format!("`{}` can't be an artifact", entry.path().display()))
    })?;
    let (sha256, size_bytes) = sha256_file(entry.path())?;
    Ok(Some(Artifact { media_type: media_type(&name).to_owned(), name, size_bytes, sha256 }))
}

/// The path below `folder` with `/` between its parts; `None` for what is not Unicode or not a plain file.
fn name_of(folder: &Path, path: &Path) -> Option<String> {
    let is_plain = path.symlink_metadata().is_ok_and(|metadata| metadata.is_file());
    let parts: Option<Vec<&str>> = path.strip_prefix(folder).ok()?.iter().map(|part| part.to_str()).collect();
    parts.filter(|_| is_plain).map(|parts| parts.join("/"))
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit_once('.').map_or("", |(_, extension)| extension).to_ascii_lowercase().as_str() {
        "parquet" => "application/vnd.apache.parquet",
        "json" => "application/json",
        "jsonl" => "application/x-ndjson",
        "html" => "text/html; charset=utf-8",
        _ => "application/octet-stream",
    }
}

fn sync(path: &Path) -> io::Result<()> {
    // Elsewhere a folder can't be opened to be synced, and a file not without the right to write.
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}

/// What lies in a folder; nothing lies in one that does not exist.
fn names(folder: &Path) -> io::Result<Vec<(PathBuf, String)>> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    entries.map(|entry| entry.map(|entry| (entry.path(), entry.file_name().to_string_lossy().into_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_leaves_its_jobs_folder() {
        let folders = ArtifactFolders::new(PathBuf::from("/state/artifacts"));
        let id = JobId::new();
        let folder = Path::new("/state/artifacts").join(id.as_str());
        for name in ["report.json", "a/b/c.parquet", "..a", "ü.jsonl"] {
            assert_eq!(folders.file(&id, name), Some(folder.join(name)));
        }
        for name in ["", "..", ".", "../x", "a/../x", "a//b", "/etc/passwd", "a/", "a\\..\\b", "a\0b", "./a"] {
            assert_eq!(folders.file(&id, name), None, "{name:?}");
        }
    }

    #[test]
    fn every_file_is_described_by_name() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("deep")).unwrap();
        for name in ["report.HTML", "deep/table.parquet", "lines.jsonl", "report.json", "plain"] {
            fs::write(folder.path().join(name), "abc").unwrap();
        }
        let artifacts = describe(folder.path()).unwrap();
        let kinds: Vec<_> = artifacts.iter().map(|one| (one.name.as_str(), one.media_type.as_str())).collect();
        assert_eq!(
            kinds,
            [
                ("deep/table.parquet", "application/vnd.apache.parquet"),
                ("lines.jsonl", "application/x-ndjson"),
                ("plain", "application/octet-stream"),
                ("report.HTML", "text/html; charset=utf-8"),
                ("report.json", "application/json"),
            ]
        );
        assert!(artifacts.iter().all(|one| one.size_bytes == 3 && one.sha256.starts_with("ba7816bf")));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_is_not_an_artifact() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("/etc/hostname", folder.path().join("link.json")).unwrap();
        assert!(describe(folder.path()).is_err());
    }

    #[test]
    fn only_one_may_publish_at_a_time() {
        let root = tempfile::tempdir().unwrap();
        let folders = ArtifactFolders::new(root.path().to_owned());
        fs::create_dir(folders.attempts()).unwrap();
        let held = folders.try_lock().unwrap();
        assert!(held.is_some() && folders.try_lock().unwrap().is_none());
        drop(held);
        assert!(folders.try_lock().unwrap().is_some());
    }
}
