//! The concepts of a knowledge base, read from its lists of phrases.
//!
//! For: records in, concepts and banned phrases out. Not for: finding phrases. The one decision: a list is a text file whose
//! columns have no names. A table's columns mean something, a list's are all the same: phrases. So a folder may hold lists,
//! tables and documents side by side, and only lists name concepts; globs say otherwise.

use std::collections::BTreeMap;

use super::error::AnnotationError;
use super::lexicon::{Ban, Concept, Lexicon};
use super::options::AnnotationOptions;
use crate::core::intake::globs;
use crate::core::tabular::format::FormatName;
use crate::operations::knowledge_base::{FileEntry, FileStatus, KnowledgeBase, Meta, Record};

/// The stem of files that hold phrases which must not match.
const BANLIST: &str = "BANLIST";

/// Reads the lists of a knowledge base.
///
/// # Errors
/// When it can't be read, a glob is none, or no list has a phrase.
pub fn lexicon_of(base: &KnowledgeBase, options: &AnnotationOptions) -> Result<Lexicon, AnnotationError> {
    let chosen = (!options.lists.is_empty()).then(|| globs(&options.lists)).transpose()?;
    let mut lists = Lists::default();
    for file in base.files() {
        let file = file?;
        let may_be_list = match &chosen {
            Some(globs) => globs.is_match(&file.path),
            None => file.format == Some(FormatName::Delimited),
        };
        if may_be_list && file.status == FileStatus::Read {
            lists.read(base, &file, chosen.is_some())?;
        }
    }
    let (concepts, bans) = lists.finish();
    if concepts.is_empty() {
        return Err(AnnotationError::NoConcepts { name: base.name().to_string() });
    }
    Ok(Lexicon::new(&concepts, &bans, options.language))
}

/// What lists hold.
#[derive(Debug, Default)]
struct Lists {
    /// Phrases by concept; in the order of names, whichever way files are sorted.
    concepts: BTreeMap<String, Vec<String>>,
    /// Banned phrases, and the folder of their list.
    bans: Vec<(String, String)>,
}

impl Lists {
    fn read(&mut self, base: &KnowledgeBase, file: &FileEntry, is_chosen: bool) -> Result<(), AnnotationError> {
        let records = base.records_from(file.first_record)?;
        let count = usize::try_from(file.records).unwrap_or(usize::MAX);
        for record in records.take(count) {
            let record = record?;
            if is_chosen || has_no_names(&record.meta) {
                self.take(&record);
            }
        }
        Ok(())
    }

    fn take(&mut self, record: &Record) {
        let folder = record.meta.folders.join("/");
        let stem = stem(&record.meta.file);
        let phrases = record.content.split('\t').map(str::trim).filter(|cell| is_phrase(cell)).map(str::to_owned);
        if stem.eq_ignore_ascii_case(BANLIST) {
            self.bans.extend(phrases.map(|phrase| (folder.clone(), phrase)));
            return;
        }
        let name = if folder.is_empty() { stem.to_owned() } else { format!("{folder}/{stem}") };
        let mut phrases = phrases.peekable();
        if phrases.peek().is_some() {
            self.concepts.entry(name).or_default().extend(phrases);
        }
    }

    /// A list of bans in a folder that holds no concept is for all of them.
    fn finish(self) -> (Vec<Concept>, Vec<Ban>) {
        let concepts: Vec<_> = self.concepts.into_iter().map(|(name, phrases)| Concept { name, phrases }).collect();
        let holds_any = |folder: &str| {
            let inside = |name: &str| name.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
            concepts.iter().any(|concept| inside(&concept.name))
        };
        let ban = |(folder, phrase): (String, String)| Ban { folder: holds_any(&folder).then_some(folder), phrase };
        let bans = self.bans.into_iter().map(ban).collect();
        (concepts, bans)
    }
}

/// Columns without names are numbered.
fn has_no_names(meta: &Meta) -> bool {
    meta.columns.keys().all(|name| name.bytes().all(|byte| byte.is_ascii_digit()))
}

/// A cell that says something, and is no comment.
fn is_phrase(cell: &str) -> bool {
    !cell.starts_with('#') && cell.chars().any(char::is_alphabetic)
}

/// A file's name without what says how it is packed and written.
fn stem(file: &str) -> &str {
    let is_packed = |ending: &str| ending.eq_ignore_ascii_case("gz") || ending.eq_ignore_ascii_case("zst");
    let bare = file.rsplit_once('.').filter(|(_, ending)| is_packed(ending)).map_or(file, |(bare, _)| bare);
    bare.rsplit_once('.').map_or(bare, |(stem, _)| stem)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(path: &str, content: &str, columns: &[(&str, &str)]) -> Record {
        let mut folders: Vec<String> = path.split('/').map(str::to_owned).collect();
        let file = folders.pop().unwrap();
        let columns = columns.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        let (sheet, page, heading, chunk) = (None, None, None, None);
        let (format, sha256, path) = (FormatName::Delimited, String::new(), path.to_owned());
        let meta = Meta { path, folders, file, format, sha256, sheet, page, row: Some(1), heading, chunk, columns };
        Record::new(content.to_owned(), meta)
    }

    fn lists(records: &[(&str, &str)]) -> (Vec<Concept>, Vec<Ban>) {
        let mut lists = Lists::default();
        for (path, content) in records {
            lists.take(&record(path, content, &[]));
        }
        lists.finish()
    }

    #[test]
    fn folders_and_the_files_stem_name_a_concept_and_each_cell_is_a_phrase() {
        let (concepts, bans) = lists(&[
            ("DFG/Primary/RECYCLING.tsv", "closed loop"),
            ("DFG/Primary/RECYCLING.tsv", "recycle\tKreislauf"),
            ("DFG/Primary/RECYCLING.tsv", "# circular\t2030\t "),
            ("a.b.tsv.gz", "x"),
        ]);
        assert_eq!(bans, []);
        let phrases = ["closed loop", "recycle", "Kreislauf"].map(str::to_owned).to_vec();
        assert_eq!(concepts[0], Concept { name: "DFG/Primary/RECYCLING".to_owned(), phrases });
        assert_eq!(concepts[1].name, "a.b");
    }

    #[test]
    fn a_ban_is_for_the_concepts_of_its_folder_or_for_all_if_there_are_none() {
        let (_, bans) = lists(&[
            ("Impact/Waste/IMPACT.tsv", "waste"),
            ("Impact/Waste/BANLIST.tsv", "waste of time"),
            ("Bans/Controversial/BANLIST.tsv", "weapon"),
            ("banlist.txt", "lorem"),
        ]);
        let folders: Vec<_> = bans.iter().map(|ban| ban.folder.as_deref()).collect();
        assert_eq!(folders, [Some("Impact/Waste"), None, None]);
    }

    #[test]
    fn a_table_with_names_is_no_list() {
        assert!(has_no_names(&record("a.csv", "x", &[]).meta));
        assert!(has_no_names(&record("a.csv", "x\ty", &[("0", "x"), ("1", "y")]).meta));
        assert!(!has_no_names(&record("a.csv", "x", &[("term", "x")]).meta));
    }
}
