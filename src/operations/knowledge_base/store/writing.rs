//! Records on their way to the disk: their lines, and where each begins.

use std::fs::File;
use std::io::{self, BufWriter, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

use super::{OFFSET_BYTES, OFFSETS, RECORDS};
use crate::core::hash::{HashMark, HashingWriter};
use crate::operations::knowledge_base::error::KnowledgeBaseError;

const BUFFER_BYTES: usize = 1 << 20;

/// Takes records, as lines of JSON.
#[derive(Debug)]
pub struct RecordsWriter {
    records: HashingWriter<BufWriter<File>>,
    offsets: BufWriter<File>,
    path: PathBuf,
    size_bytes: u64,
    count: u64,
}

/// How far a [`RecordsWriter`] was.
#[derive(Debug, Clone)]
pub(in crate::operations::knowledge_base) struct RecordsMark {
    hash: HashMark,
    size_bytes: u64,
    count: u64,
}

/// Records that are written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenRecords {
    /// How many.
    pub count: u64,
    /// SHA-256 of their file, hexadecimal.
    pub sha256: String,
    /// Size of their file in bytes.
    pub size_bytes: u64,
}

impl RecordsWriter {
    pub(super) fn create(folder: &Path) -> Result<Self, KnowledgeBaseError> {
        let (path, offsets_path) = (folder.join(RECORDS), folder.join(OFFSETS));
        let records = File::create(&path).map_err(KnowledgeBaseError::at("write", &path))?;
        let offsets = File::create(&offsets_path).map_err(KnowledgeBaseError::at("write", &offsets_path))?;
        Ok(Self {
            records: HashingWriter::new(BufWriter::with_capacity(BUFFER_BYTES, records)),
            offsets: BufWriter::new(offsets),
            path,
            size_bytes: 0,
            count: 0,
        })
    }

    /// How many were taken: the place of the next one.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// Takes records, each a line with its end.
    ///
    /// # Errors
    /// When they can't be written.
    pub fn push_lines(&mut self, lines: &[u8]) -> Result<(), KnowledgeBaseError> {
        self.write(lines).map_err(KnowledgeBaseError::at("write", &self.path))
    }

    /// What was taken so far, to come back to.
    pub(in crate::operations::knowledge_base) fn mark(&self) -> RecordsMark {
        RecordsMark { hash: self.records.mark(), size_bytes: self.size_bytes, count: self.count }
    }

    /// Takes back what was taken since.
    ///
    /// # Errors
    /// When the files can't be cut.
    pub(in crate::operations::knowledge_base) fn return_to(
        &mut self,
        mark: RecordsMark,
    ) -> Result<(), KnowledgeBaseError> {
        (self.size_bytes, self.count) = (mark.size_bytes, mark.count);
        let records = self.records.return_to(mark.hash);
        let cut = cut(records, mark.size_bytes).and_then(|()| cut(&mut self.offsets, mark.count * OFFSET_BYTES));
        cut.map_err(KnowledgeBaseError::at("cut", &self.path))
    }

    fn write(&mut self, lines: &[u8]) -> io::Result<()> {
        let mut begin = 0;
        for end in memchr::memchr_iter(b'\n', lines) {
            self.offsets.write_all(&(self.size_bytes + begin).to_le_bytes())?;
            self.count += 1;
            begin = end as u64 + 1;
        }
        self.size_bytes += lines.len() as u64;
        self.records.write_all(lines)
    }

    /// Writes what is left, and where the last one ends.
    ///
    /// # Errors
    /// When it can't be written.
    pub fn finish(mut self) -> Result<WrittenRecords, KnowledgeBaseError> {
        let end = self.size_bytes.to_le_bytes();
        let written = self.offsets.write_all(&end).and_then(|()| self.offsets.flush());
        written.and_then(|()| self.records.flush()).map_err(KnowledgeBaseError::at("write", &self.path))?;
        let (_, sha256, size_bytes) = self.records.finish();
        Ok(WrittenRecords { count: self.count, sha256, size_bytes })
    }
}

/// Leaves so many bytes.
fn cut(file: &mut BufWriter<File>, size_bytes: u64) -> io::Result<()> {
    file.flush()?;
    file.get_mut().set_len(size_bytes)?;
    file.seek(SeekFrom::Start(size_bytes)).map(drop)
}
