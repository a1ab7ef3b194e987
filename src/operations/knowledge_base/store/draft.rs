//! A generation that is being written, and how it becomes the current one.

use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::Serialize;
use walkdir::WalkDir;

use super::reading::{KnowledgeBase, Lines};
use super::writing::RecordsWriter;
use super::{CURRENT, DRAFT, FILES, Lock, MANIFEST, RECORDS, remove_folder, sync};
use crate::operations::knowledge_base::error::KnowledgeBaseError;
use crate::operations::knowledge_base::manifest::{FileEntry, Manifest};
use crate::operations::knowledge_base::name::KnowledgeBaseName;
use crate::operations::knowledge_base::record::Record;

/// A generation that is being written. What is not published is removed when it is dropped.
#[derive(Debug)]
pub struct Draft {
    _lock: Lock,
    name: KnowledgeBaseName,
    /// The folder of all generations.
    home: PathBuf,
    /// The folder of this one.
    folder: PathBuf,
    earlier: Option<KnowledgeBase>,
}

impl Draft {
    pub(super) fn begin(
        lock: Lock,
        home: &Path,
        name: KnowledgeBaseName,
        earlier: Option<KnowledgeBase>,
    ) -> Result<Self, KnowledgeBaseError> {
        let folder = home.join(DRAFT);
        remove_folder(&folder)?;
        fs::create_dir_all(&folder).map_err(KnowledgeBaseError::at("make the folder", &folder))?;
        Ok(Self { _lock: lock, name, home: home.to_owned(), folder, earlier })
    }

    /// The generation that this one replaces.
    pub fn earlier(&self) -> Option<&KnowledgeBase> {
        self.earlier.as_ref()
    }

    /// Where everything of this generation is written.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Takes the records.
    ///
    /// # Errors
    /// When the files can't be made.
    pub fn records(&self) -> Result<RecordsWriter, KnowledgeBaseError> {
        RecordsWriter::create(&self.folder)
    }

    /// The records that were written.
    ///
    /// # Errors
    /// When there are none, or they can't be opened.
    pub(in crate::operations::knowledge_base) fn written(&self) -> Result<Lines<Record>, KnowledgeBaseError> {
        let path = self.folder.join(RECORDS);
        let file = File::open(&path).map_err(KnowledgeBaseError::at("open", &path))?;
        Ok(Lines::new(Arc::new(file), path, 0))
    }

    /// Writes down what became of each file, by path.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn write_files<'a>(&self, files: impl IntoIterator<Item = &'a FileEntry>) -> Result<(), KnowledgeBaseError> {
        let path = self.folder.join(FILES);
        let written = || {
            let mut file = BufWriter::new(File::create(&path)?);
            files.into_iter().try_for_each(|entry| write_line(&mut file, entry))?;
            file.flush()
        };
        written().map_err(KnowledgeBaseError::at("write", &path))
    }

    /// Makes this the current generation, and removes all others. Records and files must be written.
    ///
    /// # Errors
    /// When something is missing, or the folder can't be written; then the earlier generation stays.
    pub fn publish(self, manifest: &Manifest) -> Result<KnowledgeBase, KnowledgeBaseError> {
        let path = self.folder.join(MANIFEST);
        let written = File::create(&path).and_then(|mut file| write_line(&mut file, manifest));
        written.map_err(KnowledgeBaseError::at("write", &path))?;
        self.flush()?;
        let place = self.place(&manifest.generation);
        // A build that was killed between the two renames left it.
        remove_folder(&place)?;
        fs::rename(&self.folder, &place).map_err(KnowledgeBaseError::at("move into place", &place))?;
        self.switch(&place)?;
        self.remove_others(&place)?;
        KnowledgeBase::open(self.name.clone(), &place)
    }

    /// Where a generation goes: beside an equal one that is there already, of which nobody knows whether it is whole.
    fn place(&self, generation: &str) -> PathBuf {
        let place = self.home.join(generation);
        match &self.earlier {
            Some(earlier) if earlier.folder() == place => self.home.join(format!("{generation}-again")),
            _ => place,
        }
    }

    /// Everything that was written is on the disk before `current` names it.
    fn flush(&self) -> Result<(), KnowledgeBaseError> {
        for entry in WalkDir::new(&self.folder) {
            let entry = entry.map_err(|error| KnowledgeBaseError::at("list", &self.folder)(error.into()))?;
            sync(entry.path())?;
        }
        Ok(())
    }

    fn switch(&self, place: &Path) -> Result<(), KnowledgeBaseError> {
        let (next, current) = (self.home.join(".current"), self.home.join(CURRENT));
        let folder = place.file_name().unwrap_or_default().as_encoded_bytes();
        fs::write(&next, folder).map_err(KnowledgeBaseError::at("write", &next))?;
        sync(&next)?;
        fs::rename(&next, &current).map_err(KnowledgeBaseError::at("move into place", &current))?;
        sync(&self.home)
    }

    fn remove_others(&self, place: &Path) -> Result<(), KnowledgeBaseError> {
        let entries = fs::read_dir(&self.home).map_err(KnowledgeBaseError::at("list", &self.home))?;
        for entry in entries {
            let path = entry.map_err(KnowledgeBaseError::at("list", &self.home))?.path();
            if path.is_dir() && path != place {
                remove_folder(&path)?;
            }
        }
        Ok(())
    }
}

impl Drop for Draft {
    fn drop(&mut self) {
        // Best effort: the next build clears what stays. After publishing there is nothing under this name.
        let _ = remove_folder(&self.folder);
        // Only where there was no generation before, and is none now.
        let _ = fs::remove_dir(&self.home);
    }
}

fn write_line(file: &mut impl Write, value: &impl Serialize) -> std::io::Result<()> {
    serde_json::to_writer(&mut *file, value)?;
    file.write_all(b"\n")
}
