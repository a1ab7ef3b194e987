//! A source on this machine, and the files in it.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::IntakeError;
use crate::core::archive::Member;
use crate::core::failure::Failure;
use crate::core::tabular::format::Promise;

/// What is to be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LocalSource {
    /// Everything below a folder.
    Folder(PathBuf),
    /// One file, and the name it goes by.
    File {
        /// Where it lies.
        path: PathBuf,
        /// Its name, which tells the format it promises.
        name: String,
    },
}

impl LocalSource {
    /// A file or folder on this machine.
    ///
    /// # Errors
    /// When it is not there.
    pub fn at(path: &Path) -> Result<Self, IntakeError> {
        let missing = || IntakeError::NoSource { source_path: path.to_owned() };
        if path.is_dir() {
            return Ok(Self::Folder(path.to_owned()));
        }
        let name = path.file_name().filter(|_| path.is_file()).ok_or_else(missing)?;
        Ok(Self::File { path: path.to_owned(), name: name.to_string_lossy().into_owned() })
    }

    /// The folder, if it is one.
    pub fn folder(&self) -> Option<&Path> {
        match self {
            Self::Folder(path) => Some(path),
            Self::File { .. } => None,
        }
    }

    /// Where it lies.
    pub fn path(&self) -> &Path {
        match self {
            Self::Folder(path) | Self::File { path, .. } => path,
        }
    }
}

/// A file of the source, or a folder that is left out as a whole.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// Where it lies, or the archive that it lies in.
    pub path: PathBuf,
    /// Which file of the archive at `path` it is.
    pub member: Option<Member>,
    /// Path inside the source, `/` between parts.
    pub name: String,
    /// Size in bytes.
    pub size_bytes: u64,
    /// What to do with it.
    pub step: Step,
}

impl SourceFile {
    /// Path inside the source of the archive that it lies in.
    pub fn archive_name(&self) -> Option<&str> {
        self.name.strip_suffix(&self.member.as_ref()?.name)?.strip_suffix('/')
    }
}

/// What to do with a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    /// Read it as what its name promises.
    Read(Promise),
    /// Leave it out.
    Skip(String),
    /// It can't be read, or nothing can be made of it.
    Refuse(Failure),
}

impl Step {
    /// What a file that is to be read is read as.
    pub fn promise(&self) -> Option<Promise> {
        match self {
            Self::Read(promise) => Some(*promise),
            Self::Skip(_) | Self::Refuse(_) => None,
        }
    }
}
