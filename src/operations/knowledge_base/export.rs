//! A knowledge base as two files for others: its records, and its contents nested as its folders are.
//!
//! The one decision: the nested file has a key for each folder, and in it one for each file: the file's name without
//! its ending, or the whole name where anything else in that folder has, or could have, the short one. So neighbours never
//! overwrite each other, and a name says what it is without looking at the others' order.
//!
//! Memory: the paths of all files, and one record.

use std::collections::{BTreeMap, HashMap};
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::ops::Range;
use std::path::Path;

use tempfile::NamedTempFile;
use tokio_util::sync::CancellationToken;

use super::error::KnowledgeBaseError;
use super::manifest::FileStatus;
use super::record::Record;
use super::store::KnowledgeBase;

/// The contents, nested as the folders are.
pub const NESTED: &str = "knowledge.json";
/// The records, a line each.
pub const RECORD_LINES: &str = "knowledge.jsonl";

/// Writes both files into a folder, which is made if need be: each whole, or as it was.
///
/// # Errors
/// When the knowledge base can't be read, the folder can't be written, or somebody says stop.
pub(super) fn export(
    base: &KnowledgeBase,
    folder: &Path,
    cancel: &CancellationToken,
) -> Result<(), KnowledgeBaseError> {
    fs::create_dir_all(folder).map_err(KnowledgeBaseError::at("make the folder", folder))?;
    let lines = scratch(folder)?;
    copy_records(base, lines.as_file()).map_err(KnowledgeBaseError::at("write", folder))?;
    let nested = scratch(folder)?;
    let mut writer = Writer { out: BufWriter::new(nested.as_file()), base, cancel, folder };
    writer.folder(&Folder::of(base)?)?;
    writer.out.flush().map_err(KnowledgeBaseError::at("write", folder))?;
    drop(writer);
    keep(lines, &folder.join(RECORD_LINES))?;
    keep(nested, &folder.join(NESTED))
}

fn scratch(folder: &Path) -> Result<NamedTempFile, KnowledgeBaseError> {
    let made = tempfile::Builder::new().prefix(".knowledge-").tempfile_in(folder);
    made.map_err(KnowledgeBaseError::at("write into", folder))
}

fn copy_records(base: &KnowledgeBase, mut to: &File) -> io::Result<()> {
    let mut lines = base.lines(0, base.len()).map_err(io::Error::other)?;
    io::copy(&mut lines, &mut to).map(drop)
}

fn keep(file: NamedTempFile, place: &Path) -> Result<(), KnowledgeBaseError> {
    let synced = file.as_file().sync_all();
    let readable = synced.and_then(|()| for_others(file.as_file()));
    let kept = readable.and_then(|()| file.persist(place).map(drop).map_err(|error| error.error));
    kept.map_err(KnowledgeBaseError::at("move into place", place))
}

/// Scratch files are for their owner alone; what becomes of them is not.
fn for_others(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    file.set_permissions(fs::Permissions::from_mode(0o644))
}

/// A folder of the source, and the places of the records of its files.
#[derive(Debug, Default)]
struct Folder {
    folders: BTreeMap<String, Folder>,
    files: Vec<(String, Range<u64>)>,
}

impl Folder {
    fn of(base: &KnowledgeBase) -> Result<Self, KnowledgeBaseError> {
        let mut root = Self::default();
        for file in base.files() {
            let file = file?;
            if file.status == FileStatus::Read {
                root.add(&file.path, file.first_record..file.first_record + file.records);
            }
        }
        Ok(root)
    }

    fn add(&mut self, path: &str, records: Range<u64>) {
        match path.split_once('/') {
            Some((folder, rest)) => self.folders.entry(folder.to_owned()).or_default().add(rest, records),
            None => self.files.push((path.to_owned(), records)),
        }
    }

    /// What each file is called in the nested file.
    fn names(&self) -> Vec<(&str, &Range<u64>)> {
        let mut claims: HashMap<&str, usize> = HashMap::new();
        let whole = self.files.iter().map(|(name, _)| name.as_str());
        let short = whole.clone().filter(|name| stem(name) != *name).map(stem);
        for name in self.folders.keys().map(String::as_str).chain(whole).chain(short) {
            *claims.entry(name).or_default() += 1;
        }
        let chosen = |name: &'_ str| claims.get(stem(name)).is_some_and(|claims| *claims == 1);
        let named = self.files.iter().map(|(name, records)| {
            let called = if chosen(name) { stem(name) } else { name.as_str() };
            (called, records)
        });
        let mut named: Vec<_> = named.collect();
        named.sort_by_key(|(name, _)| *name);
        named
    }
}

/// A file's name without its last ending; a name that is nothing but an ending stays.
fn stem(name: &str) -> &str {
    match name.rsplit_once('.') {
        Some((stem, _)) if !stem.is_empty() => stem,
        _ => name,
    }
}

/// Writes the nested file.
struct Writer<'a> {
    out: BufWriter<&'a File>,
    base: &'a KnowledgeBase,
    cancel: &'a CancellationToken,
    folder: &'a Path,
}

impl Writer<'_> {
    fn folder(&mut self, folder: &Folder) -> Result<(), KnowledgeBaseError> {
        self.text("{")?;
        let mut parted = false;
        for (name, inner) in &folder.folders {
            self.key(name, &mut parted)?;
            self.folder(inner)?;
        }
        for (name, records) in folder.names() {
            self.key(name, &mut parted)?;
            self.contents(records)?;
        }
        self.text("}")
    }

    fn key(&mut self, name: &str, parted: &mut bool) -> Result<(), KnowledgeBaseError> {
        if std::mem::replace(parted, true) {
            self.text(",")?;
        }
        self.string(name)?;
        self.text(":")
    }

    fn contents(&mut self, records: &Range<u64>) -> Result<(), KnowledgeBaseError> {
        self.text("[")?;
        for (number, record) in self.records(records)?.enumerate() {
            if self.cancel.is_cancelled() {
                return Err(KnowledgeBaseError::Cancelled);
            }
            if number > 0 {
                self.text(",")?;
            }
            self.string(&record?.content)?;
        }
        self.text("]")
    }

    fn records(
        &self,
        places: &Range<u64>,
    ) -> Result<impl Iterator<Item = Result<Record, KnowledgeBaseError>> + use<>, KnowledgeBaseError> {
        let count = usize::try_from(places.end - places.start).unwrap_or(usize::MAX);
        Ok(self.base.records_from(places.start)?.take(count))
    }

    fn string(&mut self, text: &str) -> Result<(), KnowledgeBaseError> {
        let written = serde_json::to_writer(&mut self.out, text).map_err(io::Error::from);
        written.map_err(KnowledgeBaseError::at("write into", self.folder))
    }

    fn text(&mut self, text: &str) -> Result<(), KnowledgeBaseError> {
        self.out.write_all(text.as_bytes()).map_err(KnowledgeBaseError::at("write into", self.folder))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn called(files: &[&str], folders: &[&str]) -> Vec<String> {
        let mut folder = Folder::default();
        for file in files {
            folder.add(file, 0..0);
        }
        for inner in folders {
            folder.add(&format!("{inner}/x"), 0..0);
        }
        folder.names().into_iter().map(|(name, _)| name.to_owned()).collect()
    }

    #[test]
    fn a_file_is_called_by_its_stem_unless_something_beside_it_has_that_name() {
        assert_eq!(called(&["RECYCLING.tsv", "README", ".hidden"], &[]), [".hidden", "README", "RECYCLING"]);
        assert_eq!(called(&["notes.csv", "notes.tsv", "other.csv"], &[]), ["notes.csv", "notes.tsv", "other"]);
        assert_eq!(called(&["notes.txt"], &["notes"]), ["notes.txt"]);
        assert_eq!(called(&["README", "README.md"], &[]), ["README", "README.md"]);
        assert_eq!(called(&["a.csv", "a.csv.gz"], &[]), ["a", "a.csv.gz"]);
    }

    proptest! {
        #[test]
        fn no_two_names_of_a_folder_are_equal(
            files in prop::collection::btree_set("[ab.]{1,4}", 0..8),
            folders in prop::collection::btree_set("[ab.]{1,3}", 0..4),
        ) {
            let files: Vec<&str> = files.iter().filter(|file| !folders.contains(*file)).map(String::as_str).collect();
            let folders: Vec<&str> = folders.iter().map(String::as_str).collect();
            let mut names = called(&files, &folders);
            names.extend(folders.iter().map(|folder| (*folder).to_owned()));
            let count = names.len();
            names.sort();
            names.dedup();
            prop_assert_eq!(names.len(), count);
        }
    }
}
