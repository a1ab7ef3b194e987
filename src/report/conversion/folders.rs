//! Files by folder, and which of them are shown where there are too many.

use std::collections::{BTreeMap, HashMap};

use super::concerns::class;
use super::file::FileView;
use super::{FILES_OPEN, FILES_SHOWN};
use crate::operations::parquet_conversion::{ConversionOutcome, FileOutcome, FileStatus, Summary};
use crate::report::text::{Attention, Severity, count, counted};

/// Columns on one page, about; what bounds its size.
const COLUMNS_ON_PAGE: usize = 50_000;
/// Columns shown of a table at least and at most.
const COLUMNS_SHOWN: (usize, usize) = (20, 200);

/// Files that are described on the page.
pub(super) struct Shown {
    /// Places in the outcome, ascending.
    pub(super) places: Vec<usize>,
    anchors: HashMap<String, usize>,
    /// What is to be looked at, by file: how often each severity.
    flags: HashMap<String, [u64; 4]>,
    converted: u64,
    failed: u64,
    /// Columns shown of a table at most.
    columns: usize,
}

/// A short word on a file or folder.
pub(super) struct Flag {
    pub(super) class: &'static str,
    pub(super) word: String,
}

/// A folder and its files.
pub(super) struct Folder<'a> {
    /// Path inside the source; empty for the source itself.
    pub(super) path: &'a str,
    pub(super) extent: String,
    pub(super) flags: Vec<Flag>,
    pub(super) is_open: bool,
    pub(super) files: Vec<FileView<'a>>,
    /// Files of it that are not shown.
    pub(super) more: Option<String>,
}

impl Shown {
    /// Of each status the first files, those to be looked at before the others.
    pub(super) fn choose(outcome: &ConversionOutcome, attention: &[Attention]) -> Self {
        let mut flags: HashMap<String, [u64; 4]> = HashMap::new();
        for found in attention {
            flags.entry(found.file.clone()).or_default()[found.severity as usize] += 1;
        }
        let is_flagged = |file: &FileOutcome| {
            flags
                .get(&file.source)
                .is_some_and(|counts| counts[..Severity::Note as usize].iter().any(|count| *count > 0))
        };
        let of = |status| {
            let files = outcome.files.iter().enumerate().filter(move |(_, file)| file.status == status);
            let mut places: Vec<_> = files.map(|(place, file)| (!is_flagged(file), place)).collect();
            places.sort_unstable();
            places.truncate(FILES_SHOWN);
            places.into_iter().map(|(_, place)| place).collect::<Vec<_>>()
        };
        let (converted, failed) = (of(FileStatus::Converted), of(FileStatus::Failed));
        let (least, most) = COLUMNS_SHOWN;
        let columns = (COLUMNS_ON_PAGE / converted.len().max(1)).clamp(least, most);
        let numbers = (converted.len() as u64, failed.len() as u64);
        let mut places = [converted, failed].concat();
        places.sort_unstable();
        let anchors = places.iter().map(|place| (outcome.files[*place].source.clone(), *place)).collect();
        Self { places, anchors, flags, converted: numbers.0, failed: numbers.1, columns }
    }

    /// Where on the page a file is described; `None`: it is not.
    pub(super) fn anchor(&self, source: &str) -> Option<String> {
        self.anchors.get(source).map(|place| format!("file-{place}"))
    }

    /// Says which files are not listed.
    pub(super) fn cuts(&self, summary: &Summary) -> Vec<String> {
        let cut = |shown: u64, all: u64, what: &str| {
            let (shown_text, all_text) = (count(shown), counted(all, what));
            (shown < all)
                .then(|| format!("{shown_text} of {all_text} are listed, those to be looked at before the others."))
        };
        [cut(self.converted, summary.converted, "converted file"), cut(self.failed, summary.failed, "unreadable file")]
            .into_iter()
            .flatten()
            .collect()
    }

    /// What is to be looked at in a file, in short.
    pub(super) fn flags(&self, file: &FileOutcome) -> Vec<Flag> {
        let counts = self.flags.get(&file.source).copied().unwrap_or_default();
        let unchanged = file.unchanged.then(|| Flag { class: "same", word: "unchanged".to_owned() });
        flags_of(counts, file.rows_rejected).into_iter().chain(unchanged).collect()
    }
}

fn flags_of(counts: [u64; 4], rejected: u64) -> Vec<Flag> {
    let flag = |severity: Severity| {
        let number = counts[severity as usize];
        let word = match severity {
            Severity::Failed => "can't be read".to_owned(),
            Severity::Loss if rejected > 0 => format!("{} rejected", counted(rejected, "row")),
            Severity::Loss => "values left out".to_owned(),
            Severity::Check => format!("{} to check", count(number)),
            Severity::Note => counted(number, "note"),
        };
        (number > 0).then(|| Flag { class: class(severity), word })
    };
    Severity::ALL.into_iter().filter_map(flag).collect()
}

/// Sums over all files of a folder, shown or not.
#[derive(Default)]
struct Sums {
    files: u64,
    rows: u64,
    failed: u64,
    rejected: u64,
}

/// Folders with a shown file, by path.
pub(super) fn folders<'a>(outcome: &'a ConversionOutcome, shown: &Shown) -> Vec<Folder<'a>> {
    let mut sums: HashMap<&str, Sums> = HashMap::new();
    for file in outcome.files.iter().filter(|file| file.status != FileStatus::Skipped) {
        let sum = sums.entry(parts(&file.source).0).or_default();
        sum.files += 1;
        sum.rows += file.rows_out;
        sum.failed += u64::from(file.status == FileStatus::Failed);
        sum.rejected += file.rows_rejected;
    }
    let mut folders: BTreeMap<&str, Vec<FileView<'a>>> = BTreeMap::new();
    for place in &shown.places {
        let file = &outcome.files[*place];
        let view = FileView::new(*place, file, shown.flags(file), shown.columns, outcome.dry_run);
        folders.entry(parts(&file.source).0).or_default().push(view);
    }
    let is_open = shown.places.len() <= FILES_OPEN;
    let folder = |(path, files): (&'a str, Vec<FileView<'a>>)| {
        let sum = sums.remove(path).unwrap_or_default();
        Folder {
            path,
            extent: extent(&sum, outcome.dry_run),
            flags: folder_flags(&sum),
            is_open,
            more: super::more(usize::try_from(sum.files).unwrap_or(usize::MAX), files.len()),
            files,
        }
    };
    folders.into_iter().map(folder).collect()
}

fn extent(sum: &Sums, dry_run: bool) -> String {
    let files = counted(sum.files, "file");
    if dry_run { files } else { format!("{files}, {}", counted(sum.rows, "row")) }
}

fn folder_flags(sum: &Sums) -> Vec<Flag> {
    let failed = (sum.failed > 0).then(|| Flag { class: "bad", word: format!("{} can't be read", count(sum.failed)) });
    let rejected =
        (sum.rejected > 0).then(|| Flag { class: "loss", word: format!("{} rejected", counted(sum.rejected, "row")) });
    failed.into_iter().chain(rejected).collect()
}

/// Folder and name of a path.
pub(super) fn parts(path: &str) -> (&str, &str) {
    path.rsplit_once('/').unwrap_or(("", path))
}
