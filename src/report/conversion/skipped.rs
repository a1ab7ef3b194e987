//! Files that were left out, by reason.

use super::more;
use crate::operations::parquet_conversion::{FileOutcome, FileStatus};
use crate::report::prose::Prose;
use crate::report::text::{counted, sentence};

/// Files that were left out for the same reason.
pub(super) struct SkippedGroup<'a> {
    pub(super) reason: Prose,
    pub(super) extent: String,
    pub(super) files: Vec<&'a str>,
    pub(super) more: Option<String>,
}

/// The most frequent reason first; `limit` files are named, shared out from the top.
pub(super) fn groups<'a>(files: &'a [FileOutcome], limit: usize) -> Vec<SkippedGroup<'a>> {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for file in files.iter().filter(|file| file.status == FileStatus::Skipped) {
        let reason = file.reason.as_deref().unwrap_or("no reason is known");
        match reasons.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, files)) => files.push(&file.source),
            None => reasons.push((reason, vec![&file.source])),
        }
    }
    reasons.sort_by_key(|(_, files)| std::cmp::Reverse(files.len()));
    let mut left = limit;
    let group = |(reason, mut files): (&'a str, Vec<&'a str>)| {
        let all = files.len();
        files.truncate(left);
        left -= files.len();
        SkippedGroup {
            reason: Prose::new(&sentence(reason)),
            extent: counted(all as u64, "file"),
            more: more(all, files.len()),
            files,
        }
    };
    reasons.into_iter().map(group).collect()
}
