//! Files that clients sent, each in a folder of its own until it expires.
//!
//! For: taking bytes as they come, listing, describing and forgetting. Not for: HTTP, or reading what is in a file. The
//! one decision: a folder appears under its id by one rename, after its bytes and its description are complete and on
//! disk; so a kill leaves nothing half done that is listed.
//!
//! Layout: `<dir>/<file id>/content` and `<dir>/<file id>/meta.json`; names with a dot in front are work in progress.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::fs;
use tokio::io::AsyncWriteExt;
use utoipa::ToSchema;

use crate::core::failure::{Code, Fails};
use crate::core::hash::to_hex;
use crate::core::ids::FileId;

const INCOMING: &str = ".incoming-";
/// Time between making a folder for a file and making the file.
const JUST_NOW: Duration = Duration::from_mins(1);
const REMOVED: &str = ".removed-";
const UNKNOWN_MEDIA_TYPE: &str = "application/octet-stream";
const MAX_NAME_CHARS: usize = 255;

/// An uploaded file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileMeta {
    /// Names it in a `source`.
    #[schema(value_type = String, pattern = "^file_[0-9a-f]{32}$", example = "file_01938c6f0b7a7c3e8d1f2a3b4c5d6e7f")]
    pub id: FileId,
    /// The name it was sent under, without folders and control characters.
    #[schema(example = "train.csv")]
    pub name: String,
    /// Size in bytes.
    #[schema(example = 1024)]
    pub size_bytes: u64,
    /// SHA-256 of the bytes, hexadecimal.
    #[schema(pattern = "^[0-9a-f]{64}$", example = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")]
    pub sha256: String,
    /// What the client said it is; nobody looked.
    #[schema(example = "text/csv")]
    pub media_type: String,
    /// When it was complete.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00Z")]
    pub created_at: DateTime<Utc>,
    /// When it may be removed.
    #[schema(value_type = String, format = DateTime, example = "2026-01-31T12:00:00Z")]
    pub expires_at: DateTime<Utc>,
}

/// Uploaded files, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilePage {
    /// The files, newest first.
    pub items: Vec<FileMeta>,
    /// Whether older ones follow.
    pub has_more: bool,
}

/// The folder of uploads can't be used.
#[derive(Debug, thiserror::Error)]
#[error("can't {doing} {}: {source}", path.display())]
pub struct UploadError {
    doing: &'static str,
    path: PathBuf,
    source: io::Error,
}

impl UploadError {
    fn at(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_path_buf();
        move |source| Self { doing, path, source }
    }
}

impl Fails for UploadError {
    fn code(&self) -> Code {
        Code::StorageFailure
    }

    fn hint(&self) -> Option<String> {
        Some("check that the state directory is writable and has free space".to_owned())
    }
}

/// The folder of uploads. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Uploads {
    dir: Arc<Path>,
    ttl: Duration,
}

impl Uploads {
    /// Makes the folder if need be, and removes what processes that have ended left half done.
    ///
    /// # Errors
    /// [`UploadError`] when the folder can't be made or read.
    pub async fn open(dir: PathBuf, ttl: Duration) -> Result<Self, UploadError> {
        fs::create_dir_all(&dir).await.map_err(UploadError::at("make the folder", &dir))?;
        for name in entry_names(&dir).await? {
            let path = dir.join(&name);
            if name.starts_with(REMOVED) || (name.starts_with(INCOMING) && !is_held(&path)) {
                match fs::remove_dir_all(&path).await {
                    // Another service starts on the same folder.
                    Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                    removed => removed.map_err(UploadError::at("remove", &path))?,
                }
            }
        }
        Ok(Self { dir: dir.into(), ttl })
    }

    /// Begins a file. It is listed once [`UploadWriter::finish`] has returned, and gone if that is never called.
    ///
    /// # Errors
    /// [`UploadError`] when the disk refuses.
    pub async fn create(&self, name: &str, media_type: Option<&str>) -> Result<UploadWriter, UploadError> {
        let id = FileId::new();
        let partial = self.dir.join(format!("{INCOMING}{id}"));
        fs::create_dir(&partial).await.map_err(UploadError::at("make the folder", &partial))?;
        let partial = Partial { path: Some(partial) };
        let content = partial.join("content");
        let file = std::fs::File::create_new(&content).map_err(UploadError::at("make", &content))?;
        // Held until the file is closed: another service on the same folder knows by it that the upload lives.
        file.try_lock().map_err(io::Error::from).map_err(UploadError::at("lock", &content))?;
        let file = fs::File::from_std(file);
        Ok(UploadWriter {
            uploads: self.clone(),
            id,
            name: clean_name(name),
            media_type: clean_media_type(media_type),
            partial,
            file,
            hasher: Sha256::new(),
            size_bytes: 0,
        })
    }

    /// Describes one file; `None` if there is none.
    ///
    /// # Errors
    /// [`UploadError`] when its description can't be read.
    pub async fn get(&self, id: &FileId) -> Result<Option<FileMeta>, UploadError> {
        let path = self.dir.join(id.as_str()).join("meta.json");
        let text = match fs::read(&path).await {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(UploadError::at("read", &path)(error)),
        };
        let meta = serde_json::from_slice(&text).map_err(io::Error::from).map_err(UploadError::at("read", &path))?;
        Ok(Some(meta))
    }

    /// Files, newest first, those older than `before` when given; `limit` at most. Reads the names of all files.
    ///
    /// # Errors
    /// [`UploadError`] when the folder or a description can't be read.
    pub async fn list(&self, before: Option<&FileId>, limit: u32) -> Result<FilePage, UploadError> {
        let mut ids = self.ids().await?;
        ids.retain(|id| before.is_none_or(|before| id < before));
        ids.sort_unstable_by(|a, b| b.cmp(a));
        let limit = limit as usize;
        let mut items = Vec::with_capacity(limit.min(ids.len()));
        let has_more = ids.len() > limit;
        for id in ids.iter().take(limit) {
            // One that was deleted meanwhile is left out.
            items.extend(self.get(id).await?);
        }
        Ok(FilePage { items, has_more })
    }

    /// Forgets a file at once; `false`: there is none.
    ///
    /// # Errors
    /// [`UploadError`] when the disk refuses.
    pub async fn delete(&self, id: &FileId) -> Result<bool, UploadError> {
        let path = self.dir.join(id.as_str());
        let removed = self.dir.join(format!("{REMOVED}{id}"));
        match fs::rename(&path, &removed).await {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(false),
            Err(error) => return Err(UploadError::at("remove", &path)(error)),
        }
        fs::remove_dir_all(&removed).await.map_err(UploadError::at("remove", &removed))?;
        Ok(true)
    }

    /// Where the bytes of a file are, whether it exists or not.
    pub fn content_path(&self, id: &FileId) -> PathBuf {
        self.dir.join(id.as_str()).join("content")
    }

    /// Files past their time; who still needs one may keep it.
    ///
    /// # Errors
    /// When the folder can't be read.
    pub async fn expired(&self) -> Result<Vec<FileId>, UploadError> {
        let now = Utc::now();
        let mut expired = Vec::new();
        for id in self.ids().await? {
            if self.get(&id).await?.is_some_and(|meta| meta.expires_at <= now) {
                expired.push(id);
            }
        }
        Ok(expired)
    }

    async fn ids(&self) -> Result<Vec<FileId>, UploadError> {
        Ok(entry_names(&self.dir).await?.iter().filter_map(|name| name.parse().ok()).collect())
    }
}

/// A file that is being taken in.
#[derive(Debug)]
pub struct UploadWriter {
    uploads: Uploads,
    id: FileId,
    name: String,
    media_type: String,
    partial: Partial,
    file: fs::File,
    hasher: Sha256,
    size_bytes: u64,
}

impl UploadWriter {
    /// Takes the next bytes.
    ///
    /// # Errors
    /// [`UploadError`] when the disk refuses.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), UploadError> {
        self.file.write_all(bytes).await.map_err(UploadError::at("write", &self.partial.join("content")))?;
        self.hasher.update(bytes);
        self.size_bytes += bytes.len() as u64;
        Ok(())
    }

    /// Bytes taken so far.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    /// Makes the file appear, whole and on disk.
    ///
    /// # Errors
    /// [`UploadError`] when the disk refuses; then nothing is left.
    pub async fn finish(mut self) -> Result<FileMeta, UploadError> {
        let created_at = Utc::now();
        let meta = FileMeta {
            id: self.id.clone(),
            name: self.name,
            size_bytes: self.size_bytes,
            sha256: to_hex(&self.hasher.finalize()),
            media_type: self.media_type,
            created_at,
            expires_at: created_at + self.uploads.ttl,
        };
        let content = self.partial.join("content");
        self.file.flush().await.map_err(UploadError::at("write", &content))?;
        self.file.sync_all().await.map_err(UploadError::at("write", &content))?;
        write_synced(&self.partial.join("meta.json"), &meta).await?;
        let path = self.uploads.dir.join(meta.id.as_str());
        let partial = self.partial.join("");
        fs::rename(&partial, &path).await.map_err(UploadError::at("publish", &path))?;
        self.partial.path = None;
        sync_folder(&self.uploads.dir).await.map_err(UploadError::at("publish", &path))?;
        Ok(meta)
    }
}

async fn write_synced(path: &Path, meta: &FileMeta) -> Result<(), UploadError> {
    let text = serde_json::to_vec(meta).map_err(io::Error::from).map_err(UploadError::at("write", path))?;
    let mut file = fs::File::create_new(path).await.map_err(UploadError::at("make", path))?;
    file.write_all(&text).await.map_err(UploadError::at("write", path))?;
    file.sync_all().await.map_err(UploadError::at("write", path))
}

/// Brings a rename to the disk: an upload that was answered with 201 survives a power cut.
async fn sync_folder(dir: &Path) -> io::Result<()> {
    fs::File::open(dir).await?.sync_all().await
}

/// A folder that goes with its writer unless it was published: a client that hangs up leaves nothing.
#[derive(Debug)]
struct Partial {
    path: Option<PathBuf>,
}

impl Partial {
    fn join(&self, name: &str) -> PathBuf {
        self.path.as_deref().unwrap_or(Path::new("")).join(name)
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if let Some(path) = self.path.take() {
            // What stays is removed when the folder is opened next.
            let _ = std::fs::remove_dir_all(path);
        }
    }
}

/// Whether a living process writes to an incoming file, or has made the folder for one just now.
fn is_held(partial: &Path) -> bool {
    let Ok(file) = std::fs::File::open(partial.join("content")) else {
        let age = partial.metadata().and_then(|folder| folder.modified()).map(|made| made.elapsed());
        return age.is_ok_and(|age| age.is_ok_and(|age| age < JUST_NOW));
    };
    matches!(file.try_lock(), Err(std::fs::TryLockError::WouldBlock))
}

async fn entry_names(dir: &Path) -> Result<Vec<String>, UploadError> {
    let mut entries = fs::read_dir(dir).await.map_err(UploadError::at("read the folder", dir))?;
    let mut names = Vec::new();
    while let Some(entry) = entries.next_entry().await.map_err(UploadError::at("read the folder", dir))? {
        names.extend(entry.file_name().into_string());
    }
    Ok(names)
}

/// The last part of a client's file name, fit to be shown and to be sent back in a header.
fn clean_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let clean: String = last.chars().filter(|c| !c.is_control()).take(MAX_NAME_CHARS).collect();
    let clean = clean.trim();
    if clean.is_empty() || clean == "." || clean == ".." { "upload".to_owned() } else { clean.to_owned() }
}

fn clean_media_type(media_type: Option<&str>) -> String {
    let valid =
        |text: &&str| text.len() <= 127 && text.contains('/') && text.bytes().all(|b| (b' '..=b'~').contains(&b));
    media_type.filter(valid).unwrap_or(UNKNOWN_MEDIA_TYPE).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);

    async fn upload(uploads: &Uploads, name: &str, bytes: &[u8]) -> FileMeta {
        let mut writer = uploads.create(name, Some("text/csv")).await.unwrap();
        for chunk in bytes.chunks(2) {
            writer.write(chunk).await.unwrap();
        }
        writer.finish().await.unwrap()
    }

    #[tokio::test]
    async fn a_file_is_there_whole_or_not_at_all() {
        let temp = tempfile::tempdir().unwrap();
        let uploads = Uploads::open(temp.path().to_path_buf(), DAY).await.unwrap();
        let mut abandoned = uploads.create("a.csv", None).await.unwrap();
        abandoned.write(b"half").await.unwrap();
        assert!(uploads.list(None, 10).await.unwrap().items.is_empty());
        drop(abandoned);
        assert_eq!(std::fs::read_dir(temp.path()).unwrap().count(), 0);

        let meta = upload(&uploads, "../etc/a\n.csv", b"abc").await;
        assert_eq!((meta.name.as_str(), meta.size_bytes), ("a.csv", 3));
        assert_eq!(meta.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
        assert_eq!(uploads.get(&meta.id).await.unwrap().unwrap(), meta);
        assert_eq!(std::fs::read(uploads.content_path(&meta.id)).unwrap(), b"abc");
        assert!(uploads.delete(&meta.id).await.unwrap());
        assert!(!uploads.delete(&meta.id).await.unwrap());
        assert!(uploads.get(&meta.id).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn opening_clears_what_a_killed_process_left() {
        let temp = tempfile::tempdir().unwrap();
        for folder in [".incoming-file_x", ".incoming-file_z", ".removed-file_y"] {
            std::fs::create_dir_all(temp.path().join(folder)).unwrap();
        }
        std::fs::write(temp.path().join(".incoming-file_x/content"), "hal").unwrap();
        Uploads::open(temp.path().to_path_buf(), DAY).await.unwrap();
        // Another service may have made it this moment, and its file not yet.
        let left: Vec<_> = std::fs::read_dir(temp.path()).unwrap().map(|left| left.unwrap().file_name()).collect();
        assert_eq!(left, [".incoming-file_z"]);
    }

    #[tokio::test]
    async fn lists_newest_first_in_pages() {
        let temp = tempfile::tempdir().unwrap();
        let uploads = Uploads::open(temp.path().to_path_buf(), DAY).await.unwrap();
        let mut ids = Vec::new();
        for n in 0..3 {
            ids.insert(0, upload(&uploads, &format!("{n}.csv"), b"x").await.id);
        }
        let first = uploads.list(None, 2).await.unwrap();
        assert!(first.has_more);
        assert_eq!(first.items.iter().map(|meta| &meta.id).collect::<Vec<_>>(), [&ids[0], &ids[1]]);
        let rest = uploads.list(Some(&ids[1]), 2).await.unwrap();
        assert!(!rest.has_more);
        assert_eq!(rest.items[0].id, ids[2]);
    }

    #[tokio::test]
    async fn files_past_their_time_are_named() {
        let temp = tempfile::tempdir().unwrap();
        let brief = Uploads::open(temp.path().to_path_buf(), Duration::ZERO).await.unwrap();
        let gone = upload(&brief, "gone.csv", b"x").await.id;
        let lasting = Uploads::open(temp.path().to_path_buf(), Duration::from_hours(1)).await.unwrap();
        upload(&lasting, "kept.csv", b"x").await;
        assert_eq!(lasting.expired().await.unwrap(), [gone]);
    }
}
