//! A generation as it is read.

use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};
use std::marker::PhantomData;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::DeserializeOwned;

use super::{FILES, MANIFEST, OFFSET_BYTES, OFFSETS, RECORDS};
use crate::operations::knowledge_base::error::KnowledgeBaseError;
use crate::operations::knowledge_base::manifest::{FileEntry, Manifest};
use crate::operations::knowledge_base::name::KnowledgeBaseName;
use crate::operations::knowledge_base::record::Record;

const BUFFER_BYTES: usize = 1 << 18;

/// One state of a knowledge base. Its files stay open, so that it can be read after it was replaced. Cheap to clone.
#[derive(Debug, Clone)]
pub struct KnowledgeBase {
    name: KnowledgeBaseName,
    folder: PathBuf,
    manifest: Arc<Manifest>,
    records: Arc<File>,
    offsets: Arc<File>,
    files: Arc<File>,
}

impl KnowledgeBase {
    pub(super) fn open(name: KnowledgeBaseName, folder: &Path) -> Result<Self, KnowledgeBaseError> {
        let open = |name: &str| {
            let path = folder.join(name);
            File::open(&path).map(Arc::new).map_err(KnowledgeBaseError::at("open", &path))
        };
        let manifest = BufReader::new(open(MANIFEST)?);
        let manifest =
            serde_json::from_reader(manifest).map_err(KnowledgeBaseError::damaged(&folder.join(MANIFEST)))?;
        Ok(Self {
            name,
            folder: folder.to_owned(),
            manifest: Arc::new(manifest),
            records: open(RECORDS)?,
            offsets: open(OFFSETS)?,
            files: open(FILES)?,
        })
    }

    /// Its name.
    pub fn name(&self) -> &KnowledgeBaseName {
        &self.name
    }

    /// Which state of it this is.
    pub fn generation(&self) -> &str {
        &self.manifest.generation
    }

    /// What was said of it.
    pub fn manifest(&self) -> &Manifest {
        &self.manifest
    }

    /// Where its files lie, as long as it is the current state.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// How many records it has.
    pub fn len(&self) -> u64 {
        self.manifest.summary.records
    }

    /// Whether it has no record.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What became of each file of its source, by path.
    pub fn files(&self) -> Lines<FileEntry> {
        Lines::new(Arc::clone(&self.files), self.folder.join(FILES), 0)
    }

    /// All records, in their order.
    pub fn records(&self) -> Lines<Record> {
        self.records_at(0)
    }

    /// The records from this place on; places begin at 0.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn records_from(&self, place: u64) -> Result<Lines<Record>, KnowledgeBaseError> {
        Ok(self.records_at(self.offset(place.min(self.len()))?))
    }

    /// The record at this place; `None` beyond the last.
    ///
    /// # Errors
    /// When it can't be read.
    pub fn record(&self, place: u64) -> Result<Option<Record>, KnowledgeBaseError> {
        if place >= self.len() { Ok(None) } else { self.records_from(place)?.next().transpose() }
    }

    /// The lines of the records from one place to before another, as they stand in the file.
    ///
    /// # Errors
    /// When they can't be found.
    pub fn lines(&self, from: u64, to: u64) -> Result<impl Read + use<>, KnowledgeBaseError> {
        let (begin, end) = (self.offset(from)?, self.offset(to)?);
        Ok(At { file: Arc::clone(&self.records), position: begin }.take(end.saturating_sub(begin)))
    }

    fn records_at(&self, offset: u64) -> Lines<Record> {
        Lines::new(Arc::clone(&self.records), self.folder.join(RECORDS), offset)
    }

    /// Where a record begins; behind the last one, where it ends.
    fn offset(&self, place: u64) -> Result<u64, KnowledgeBaseError> {
        let mut bytes = [0; 8];
        let read = self.offsets.read_exact_at(&mut bytes, place.saturating_mul(OFFSET_BYTES));
        read.map(|()| u64::from_le_bytes(bytes)).map_err(|error| {
            let path = self.folder.join(OFFSETS);
            match error.kind() {
                ErrorKind::UnexpectedEof => {
                    KnowledgeBaseError::Damaged { path, what: format!("it has no entry for record {place}") }
                }
                _ => KnowledgeBaseError::at("read", &path)(error),
            }
        })
    }
}

/// Lines of a file, one value each.
#[derive(Debug)]
pub struct Lines<T> {
    file: BufReader<At>,
    path: PathBuf,
    line: Vec<u8>,
    values: PhantomData<T>,
}

impl<T> Lines<T> {
    pub(super) fn new(file: Arc<File>, path: PathBuf, position: u64) -> Self {
        let file = BufReader::with_capacity(BUFFER_BYTES, At { file, position });
        Self { file, path, line: Vec::new(), values: PhantomData }
    }
}

impl<T: DeserializeOwned> Iterator for Lines<T> {
    type Item = Result<T, KnowledgeBaseError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.line.clear();
        match self.file.read_until(b'\n', &mut self.line) {
            Ok(0) => None,
            Ok(_) => Some(serde_json::from_slice(&self.line).map_err(KnowledgeBaseError::damaged(&self.path))),
            Err(error) => Some(Err(KnowledgeBaseError::at("read", &self.path)(error))),
        }
    }
}

/// A place in a file that others read, too.
#[derive(Debug)]
struct At {
    file: Arc<File>,
    position: u64,
}

impl Read for At {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.file.read_at(buffer, self.position)?;
        self.position += count as u64;
        Ok(count)
    }
}
