//! What to look at, with files that share a sentence under one entry.

use std::collections::HashMap;

use super::folders::Shown;
use super::more;
use crate::report::prose::Prose;
use crate::report::text::{Attention, Severity, count, counted};

/// Entries of one severity at most.
const ENTRIES: usize = 50;
/// Files named in an entry at most.
const FILES_NAMED: usize = 100;
/// Files named without opening the rest.
const FILES_FIRST: usize = 3;

/// Everything of one severity.
pub(super) struct ConcernGroup {
    pub(super) class: &'static str,
    pub(super) heading: &'static str,
    /// How many files, in words.
    pub(super) extent: String,
    pub(super) is_open: bool,
    pub(super) entries: Vec<Concern>,
    pub(super) more: Option<String>,
}

/// A sentence and the files it holds for.
pub(super) struct Concern {
    pub(super) sentence: Prose,
    pub(super) next: Option<Prose>,
    pub(super) first: Vec<FileLink>,
    pub(super) others: Vec<FileLink>,
    /// `5 more files`, above `others`.
    pub(super) others_said: String,
    pub(super) more: Option<String>,
}

/// A file's path, and where on the page it is described, if it is.
pub(super) struct FileLink {
    pub(super) path: String,
    pub(super) anchor: Option<String>,
}

/// Groups what `attention` lists, in its order.
pub(super) fn groups(attention: &[Attention], shown: &Shown) -> Vec<ConcernGroup> {
    let of = |severity| attention.iter().filter(move |attention| attention.severity == severity);
    let groups =
        Severity::ALL.into_iter().filter_map(|severity| group(severity, &of(severity).collect::<Vec<_>>(), shown));
    groups.collect()
}

fn group(severity: Severity, attention: &[&Attention], shown: &Shown) -> Option<ConcernGroup> {
    if attention.is_empty() {
        return None;
    }
    let mut entries: Vec<Vec<&Attention>> = Vec::new();
    let mut places = HashMap::new();
    for found in attention {
        let place = *places.entry((&found.sentence, &found.next)).or_insert(entries.len());
        match entries.get_mut(place) {
            Some(entry) => entry.push(found),
            None => entries.push(vec![found]),
        }
    }
    let files: std::collections::HashSet<_> = attention.iter().map(|found| &found.file).collect();
    Some(ConcernGroup {
        class: class(severity),
        heading: severity.heading(),
        extent: counted(files.len() as u64, "file"),
        is_open: severity != Severity::Note,
        more: more(entries.len(), ENTRIES),
        entries: entries.iter().take(ENTRIES).filter_map(|entry| concern(entry, shown)).collect(),
    })
}

/// `None` for an entry of no file.
fn concern(entry: &[&Attention], shown: &Shown) -> Option<Concern> {
    let said = entry.first()?;
    let link = |found: &&Attention| FileLink { path: found.file.clone(), anchor: shown.anchor(&found.file) };
    // Two files need no unfolding; of many, the first few are enough to see what kind they are.
    let first = if entry.len() == FILES_FIRST + 1 { FILES_FIRST + 1 } else { FILES_FIRST };
    let others = entry.iter().skip(first).take(FILES_NAMED).map(link).collect();
    Some(Concern {
        sentence: Prose::new(&said.sentence),
        next: said.next.as_deref().map(Prose::new),
        first: entry.iter().take(first).map(link).collect(),
        others,
        others_said: format!("{} more files", count(entry.len().saturating_sub(first) as u64)),
        more: more(entry.len(), first + FILES_NAMED),
    })
}

/// The class that gives a severity its colour.
pub(super) fn class(severity: Severity) -> &'static str {
    match severity {
        Severity::Failed => "bad",
        Severity::Loss => "loss",
        Severity::Check => "look",
        Severity::Note => "note",
    }
}
