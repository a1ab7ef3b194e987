//! The one who writes: records, rejects and entries, in the order of the files.
//!
//! The one decision: records are written as they come, before it is known whether their file can be read to its end; if it
//! can't, they are cut off again. So a file of any size streams, and is there as a whole or not at all.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::PathBuf;

use super::REJECTS;
use super::made::{Ends, FileEnd, Made};
use super::reuse::columns_of;
use crate::core::text::normalise::TextKey;
use crate::operations::knowledge_base::dedupe::{Duplicates, KeyLog};
use crate::operations::knowledge_base::error::KnowledgeBaseError;
use crate::operations::knowledge_base::manifest::{FileEntry, FileStatus};
use crate::operations::knowledge_base::options::Dedupe;
use crate::operations::knowledge_base::store::{Draft, RECORDS, RecordsMark, RecordsWriter, WrittenRecords};

const BUFFER_BYTES: usize = 1 << 18;
/// Records before duplicates are left out, in the draft's folder.
const ALL_RECORDS: &str = ".all-records";
/// Begins the names of files in the draft's folder that digests are sorted in.
const KEYS: &str = ".keys-";

/// Writes a draft.
pub(super) struct Writer<'a> {
    draft: &'a Draft,
    records: RecordsWriter,
    rejects: RejectsFile,
    keys: KeyLog,
    files: Vec<DoneFile>,
    columns: BTreeMap<String, u64>,
    /// Where the file began that is being written.
    open: Option<Begin>,
    reused: u64,
}

/// A file that is done.
struct DoneFile {
    entry: FileEntry,
    /// Numbers of its records.
    numbers: Range<u64>,
}

/// How far everything was when a file began.
struct Begin {
    records: RecordsMark,
    rejects: u64,
    number: u64,
}

/// What was written.
pub(super) struct WrittenDraft {
    pub(super) records: WrittenRecords,
    pub(super) files: Vec<FileEntry>,
    /// Columns of the tables, and how many records have a value of each.
    pub(super) columns: BTreeMap<String, u64>,
    /// Files whose records are those of the earlier generation.
    pub(super) reused: u64,
}

impl<'a> Writer<'a> {
    pub(super) fn new(draft: &'a Draft) -> Result<Self, KnowledgeBaseError> {
        Ok(Self {
            draft,
            records: draft.records()?,
            rejects: RejectsFile { path: draft.folder().join(REJECTS), file: None, size_bytes: 0 },
            keys: KeyLog::new(draft.folder().join(KEYS)),
            files: Vec::new(),
            columns: BTreeMap::new(),
            open: None,
            reused: 0,
        })
    }

    /// Takes what was made next.
    pub(super) fn take(&mut self, made: Made) -> Result<(), KnowledgeBaseError> {
        let mut from = Ends::default();
        for end in made.ends {
            let until = end.until;
            self.push((&made.lines, &made.keys, &made.rejects), from, until)?;
            self.end(end)?;
            from = until;
        }
        let rest = Ends { lines: made.lines.len(), keys: made.keys.len(), rejects: made.rejects.len() };
        if from == rest { Ok(()) } else { self.push((&made.lines, &made.keys, &made.rejects), from, rest) }
    }

    /// Adds to the file that is being written.
    fn push(
        &mut self,
        (lines, keys, rejects): (&[u8], &[TextKey], &[u8]),
        from: Ends,
        until: Ends,
    ) -> Result<(), KnowledgeBaseError> {
        if self.open.is_none() {
            let (records, rejects, number) = (self.records.mark(), self.rejects.size_bytes, self.keys.next());
            self.open = Some(Begin { records, rejects, number });
        }
        self.records.push_lines(lines.get(from.lines..until.lines).unwrap_or_default())?;
        self.rejects.push(rejects.get(from.rejects..until.rejects).unwrap_or_default())?;
        let mut keys = keys.get(from.keys..until.keys).unwrap_or_default().iter();
        keys.try_for_each(|key| self.keys.push(*key)).map_err(KnowledgeBaseError::at("write in", self.draft.folder()))
    }

    fn end(&mut self, end: FileEnd) -> Result<(), KnowledgeBaseError> {
        let FileEnd { mut entry, is_reused, columns, .. } = end;
        let Some(begin) = self.open.take() else { return Ok(()) };
        if entry.status == FileStatus::Read {
            for (name, count) in columns {
                *self.columns.entry(name).or_default() += count;
            }
            self.reused += u64::from(is_reused);
        } else {
            self.take_back(&begin)?;
            entry.rejected = 0;
        }
        let numbers = begin.number..self.keys.next();
        // Numbers are not used again: those of a file that failed are void.
        let numbers = if entry.status == FileStatus::Read { numbers } else { numbers.end..numbers.end };
        entry.records = numbers.end - numbers.start;
        self.files.push(DoneFile { entry, numbers });
        Ok(())
    }

    fn take_back(&mut self, begin: &Begin) -> Result<(), KnowledgeBaseError> {
        if self.keys.next() > begin.number {
            self.records.return_to(begin.records.clone())?;
            self.keys.take_back(begin.number);
        }
        self.rejects.return_to(begin.rejects)
    }

    /// Writes what is left, finds duplicates, leaves them out if that is wished, and writes the entries.
    pub(super) fn finish(self, dedupe: Dedupe) -> Result<WrittenDraft, KnowledgeBaseError> {
        let Self { draft, records, rejects, keys, mut files, mut columns, reused, .. } = self;
        let mut records = records.finish()?;
        rejects.finish()?;
        let duplicates = keys.finish().map_err(KnowledgeBaseError::at("sort in", draft.folder()))?;
        for DoneFile { entry, numbers } in &mut files {
            entry.duplicates = duplicates.among(numbers.clone());
        }
        if dedupe == Dedupe::Drop && duplicates.count() > 0 {
            records = leave_out(&duplicates, draft, &files, &mut columns)?;
            for DoneFile { entry, .. } in &mut files {
                entry.records -= entry.duplicates;
            }
        }
        let mut first_record = 0;
        for DoneFile { entry, .. } in &mut files {
            entry.first_record = first_record;
            first_record += entry.records;
        }
        let files: Vec<_> = files.into_iter().map(|file| file.entry).collect();
        draft.write_files(&files)?;
        Ok(WrittenDraft { records, files, columns, reused })
    }
}

/// Writes the records anew without the duplicates.
fn leave_out(
    duplicates: &Duplicates,
    draft: &Draft,
    files: &[DoneFile],
    columns: &mut BTreeMap<String, u64>,
) -> Result<WrittenRecords, KnowledgeBaseError> {
    let all = draft.folder().join(ALL_RECORDS);
    fs::rename(draft.folder().join(RECORDS), &all).map_err(KnowledgeBaseError::at("move", &all))?;
    let mut lines = File::open(&all)
        .map(|file| BufReader::with_capacity(BUFFER_BYTES, file))
        .map_err(KnowledgeBaseError::at("open", &all))?;
    let mut records = draft.records()?;
    let mut line = Vec::new();
    for number in files.iter().flat_map(|file| file.numbers.clone()) {
        line.clear();
        lines.read_until(b'\n', &mut line).map_err(KnowledgeBaseError::at("read", &all))?;
        if !duplicates.contains(number) {
            records.push_lines(&line)?;
            continue;
        }
        for name in columns_of(&line).map_err(KnowledgeBaseError::damaged(&all))? {
            if let Some(count) = columns.get_mut(&name) {
                *count -= 1;
            }
        }
    }
    fs::remove_file(&all).map_err(KnowledgeBaseError::at("remove", &all))?;
    records.finish()
}

/// Rows that can't be records; the file is made with the first.
#[derive(Debug)]
struct RejectsFile {
    path: PathBuf,
    file: Option<BufWriter<File>>,
    size_bytes: u64,
}

impl RejectsFile {
    fn push(&mut self, lines: &[u8]) -> Result<(), KnowledgeBaseError> {
        if lines.is_empty() {
            return Ok(());
        }
        let file = match &mut self.file {
            Some(file) => file,
            none => {
                let file = File::create(&self.path).map_err(KnowledgeBaseError::at("write", &self.path))?;
                none.insert(BufWriter::new(file))
            }
        };
        self.size_bytes += lines.len() as u64;
        file.write_all(lines).map_err(KnowledgeBaseError::at("write", &self.path))
    }

    fn return_to(&mut self, size_bytes: u64) -> Result<(), KnowledgeBaseError> {
        let Some(file) = self.file.as_mut().filter(|_| self.size_bytes > size_bytes) else { return Ok(()) };
        self.size_bytes = size_bytes;
        let cut = file.flush().and_then(|()| file.get_mut().set_len(size_bytes));
        let cut = cut.and_then(|()| file.seek(SeekFrom::Start(size_bytes)));
        cut.map(drop).map_err(KnowledgeBaseError::at("cut", &self.path))
    }

    /// A file that holds nothing is none.
    fn finish(mut self) -> Result<(), KnowledgeBaseError> {
        let Some(file) = &mut self.file else { return Ok(()) };
        file.flush().map_err(KnowledgeBaseError::at("write", &self.path))?;
        if self.size_bytes > 0 {
            return Ok(());
        }
        fs::remove_file(&self.path).map_err(KnowledgeBaseError::at("remove", &self.path))
    }
}
