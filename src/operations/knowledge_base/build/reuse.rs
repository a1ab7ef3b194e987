//! What of the earlier generation can stay: the records of files that have not changed.
//!
//! The one decision: digests decide, of the source file and of the earlier records alike. What was made with other
//! settings, or is not as it was written, is made anew.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::fs::File;
use std::io::{BufRead, BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::ops::Range;
use std::path::Path;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use super::REJECTS;
use super::made::{Gathering, RejectLine};
use crate::core::hash::HashingReader;
use crate::core::text::normalise::normal_key;
use crate::operations::knowledge_base::error::KnowledgeBaseError;
use crate::operations::knowledge_base::index::{TEXT_FOLDER, VECTORS_FOLDER};
use crate::operations::knowledge_base::making::MakingError;
use crate::operations::knowledge_base::manifest::{FileEntry, FileStatus};
use crate::operations::knowledge_base::options::Dedupe;
use crate::operations::knowledge_base::store::KnowledgeBase;

const BUFFER_BYTES: usize = 1 << 18;

/// An earlier generation that was made with the same settings, and is as it was written.
#[derive(Debug)]
pub(super) struct Earlier {
    base: KnowledgeBase,
    /// All entries, by path.
    entries: Vec<FileEntry>,
    /// Places of those that can be used again.
    usable: HashMap<String, usize>,
    /// Where the rejects of a file lie, and how many there are.
    rejects: HashMap<String, Range<u64>>,
}

/// What is looked at of a record: its content, and which columns it has.
#[derive(Deserialize)]
struct Known<'a> {
    #[serde(borrow)]
    content: Cow<'a, str>,
    meta: KnownMeta,
}

#[derive(Deserialize)]
struct KnownMeta {
    #[serde(deserialize_with = "keys")]
    columns: Vec<String>,
}

/// The keys of a map, without its values.
fn keys<'de, D: Deserializer<'de>>(map: D) -> Result<Vec<String>, D::Error> {
    struct Keys;
    impl<'de> Visitor<'de> for Keys {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Vec<String>, A::Error> {
            let mut keys = Vec::new();
            while let Some((key, IgnoredAny)) = map.next_entry()? {
                keys.push(key);
            }
            Ok(keys)
        }
    }
    map.deserialize_map(Keys)
}

/// Names of the columns of a record's line.
pub(super) fn columns_of(line: &[u8]) -> serde_json::Result<Vec<String>> {
    serde_json::from_slice::<Known<'_>>(line).map(|known| known.meta.columns)
}

impl Earlier {
    /// Looks at all of it.
    pub(super) fn of(base: &KnowledgeBase, settings: &str, dedupe: Dedupe) -> Option<Self> {
        if base.manifest().settings != settings || !is_whole(base) {
            return None;
        }
        let entries: Vec<FileEntry> = base.files().collect::<Result<_, _>>().ok()?;
        // Records that were left out because another file has them are no longer known.
        let is_complete = |entry: &FileEntry| dedupe == Dedupe::Report || entry.duplicates == 0;
        let usable = entries.iter().enumerate();
        let usable = usable.filter(|(_, entry)| entry.status == FileStatus::Read && is_complete(entry));
        let usable = usable.map(|(place, entry)| (entry.path.clone(), place)).collect();
        let rejects = rejects(&base.folder().join(REJECTS)).ok()?;
        Some(Self { base: base.clone(), entries, usable, rejects })
    }

    /// The entry of a file of this size, if there is one.
    pub(super) fn candidate(&self, path: &str, size_bytes: u64) -> Option<&FileEntry> {
        let entry = self.entries.get(*self.usable.get(path)?)?;
        (entry.size_bytes == size_bytes).then_some(entry)
    }

    /// All entries, by path.
    pub(super) fn entries(&self) -> &[FileEntry] {
        &self.entries
    }

    /// The generation.
    pub(super) fn base(&self) -> &KnowledgeBase {
        &self.base
    }

    /// Hands the records and rejects of a file over as they are, and its end.
    pub(super) fn copy(&self, entry: &FileEntry, gathering: &mut Gathering<'_>) -> Result<(), MakingError> {
        gathering.begin(&entry.path);
        let from = entry.first_record;
        let mut lines = BufReader::with_capacity(BUFFER_BYTES, self.base.lines(from, from + entry.records)?);
        let mut columns: BTreeMap<String, u64> = BTreeMap::new();
        let mut line = Vec::new();
        let at = self.base.folder();
        while lines.read_until(b'\n', &mut line).map_err(KnowledgeBaseError::at("read", at))? > 0 {
            let known: Known<'_> = serde_json::from_slice(&line).map_err(KnowledgeBaseError::damaged(at))?;
            for name in known.meta.columns {
                *columns.entry(name).or_default() += 1;
            }
            gathering.line(&line, normal_key(&known.content))?;
            line.clear();
        }
        if let Some(range) = self.rejects.get(&entry.path) {
            self.copy_rejects(range, entry.rejected, gathering)?;
        }
        gathering.end(entry.clone(), true, columns);
        Ok(())
    }

    fn copy_rejects(&self, range: &Range<u64>, count: u64, gathering: &mut Gathering<'_>) -> Result<(), MakingError> {
        let path = self.base.folder().join(REJECTS);
        let mut lines = Vec::new();
        let read = File::open(&path).and_then(|mut file| {
            file.seek(SeekFrom::Start(range.start))?;
            file.take(range.end - range.start).read_to_end(&mut lines)
        });
        read.map_err(KnowledgeBaseError::at("read", &path))?;
        gathering.rejects(&lines, count)
    }
}

/// Whether the records are those that were written, and are indexed.
pub(super) fn is_whole(base: &KnowledgeBase) -> bool {
    let manifest = base.manifest();
    let has = |folder: &str| base.folder().join(folder).is_dir();
    if !has(TEXT_FOLDER) || manifest.options.meaning && !has(VECTORS_FOLDER) {
        return false;
    }
    let Ok(lines) = base.lines(0, base.len()) else { return false };
    let mut lines = HashingReader::new(lines);
    let read = std::io::copy(&mut lines, &mut std::io::sink());
    read.is_ok() && lines.finish() == (manifest.sha256.clone(), manifest.size_bytes)
}

/// Where the rejects of each file lie; they stand together.
fn rejects(path: &Path) -> std::io::Result<HashMap<String, Range<u64>>> {
    let mut ranges: HashMap<String, Range<u64>> = HashMap::new();
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(ranges),
        other => other?,
    };
    let mut file = BufReader::with_capacity(BUFFER_BYTES, file);
    let (mut line, mut at) = (Vec::new(), 0);
    while file.read_until(b'\n', &mut line)? > 0 {
        let reject: RejectLine<'_> = serde_json::from_slice(&line)?;
        let end = at + line.len() as u64;
        ranges.entry(reject.path.into_owned()).or_insert(at..end).end = end;
        at = end;
        line.clear();
    }
    Ok(ranges)
}
