//! Everything below a folder, file by file, zip archives looked into; what can't be listed is said, not passed over.

use std::path::Path;

use walkdir::{DirEntry, WalkDir};

use super::Bounds;
use super::filter::{Filter, HEAD};
use super::source::{SourceFile, Step};
use crate::core::archive::{self, Member};
use crate::core::failure::{Code, Fails, Failure};
use crate::core::tabular::input::UnpackLimits;

/// Lists every file below `root`, in no order; a folder that is not entered takes one line.
pub(super) fn walk(root: &Path, filter: &Filter, bounds: Bounds<'_>) -> Vec<SourceFile> {
    let mut files = Vec::new();
    // The root itself is no file of the source, even where it is a link to a folder.
    let mut walk = WalkDir::new(root).min_depth(1).sort_by_file_name().into_iter();
    while let Some(entry) = walk.next() {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                files.push(unlisted(root, &error));
                continue;
            }
        };
        if !entry.file_type().is_dir() {
            files.extend(planned(root, &entry, filter));
            continue;
        }
        let is_reserved =
            || bounds.reserved.is_some() && entry.path().canonicalize().ok().as_deref() == bounds.reserved;
        let reason = if (bounds.is_own)(entry.path()) {
            walk.skip_current_dir();
            continue;
        } else if entry.file_name().as_encoded_bytes().starts_with(b".") {
            "a hidden folder (its name begins with a dot)"
        } else if is_reserved() {
            "a folder of the service itself"
        } else {
            continue;
        };
        walk.skip_current_dir();
        files.push(folder_left_out(root, &entry, reason));
    }
    files
}

/// The lines of one file that goes by `name`.
pub(super) fn one(path: &Path, name: &str, filter: &Filter) -> Vec<SourceFile> {
    let size_bytes = path.metadata().map_or(0, |metadata| metadata.len());
    let file = |step| SourceFile { path: path.to_owned(), member: None, name: name.to_owned(), size_bytes, step };
    if filter.opens(name) { look_into(file, filter) } else { vec![file(filter.step(name, path))] }
}

fn planned(root: &Path, entry: &DirEntry, filter: &Filter) -> Vec<SourceFile> {
    let name = relative(root, entry.path());
    let size_bytes = entry.metadata().map_or(0, |metadata| metadata.len());
    let file = |step| SourceFile { path: entry.path().to_owned(), member: None, name: name.clone(), size_bytes, step };
    match entry.file_type().is_file() {
        true if filter.opens(&name) => look_into(file, filter),
        true => vec![file(filter.step(&name, entry.path()))],
        false => vec![file(Step::Skip("a link or special file".to_owned()))],
    }
}

/// The files in an archive, which is a line itself only where there are none; `archive` makes that line.
fn look_into(archive: impl Fn(Step) -> SourceFile, filter: &Filter) -> Vec<SourceFile> {
    let nothing = archive(Step::Skip("an archive without any file".to_owned()));
    match archive::list(&nothing.path, UnpackLimits::default()) {
        Ok(members) if members.is_empty() => vec![nothing],
        Ok(members) => members.into_iter().map(|member| planned_member(&nothing, member, filter)).collect(),
        Err(error) => vec![SourceFile { step: Step::Refuse(error.to_failure()), ..nothing }],
    }
}

fn planned_member(archive: &SourceFile, member: Member, filter: &Filter) -> SourceFile {
    let name = format!("{}/{}", archive.name, member.name);
    let head = || archive::head(&archive.path, &member, HEAD).ok();
    let step = match (filter.member_step(&name, &archive.name, head), &member.refused) {
        // What is left out anyway need not be good.
        (Step::Read(_), Some(refused)) => Step::Refuse(refused.to_failure()),
        (step, _) => step,
    };
    SourceFile { path: archive.path.clone(), size_bytes: member.size_bytes, member: Some(member), name, step }
}

/// One line for all that it holds.
fn folder_left_out(root: &Path, entry: &DirEntry, reason: &str) -> SourceFile {
    let step = Step::Skip(reason.to_owned());
    let name = format!("{}/", relative(root, entry.path()));
    SourceFile { path: entry.path().to_owned(), member: None, name, size_bytes: 0, step }
}

/// A whole branch may be behind it: that is a failure, not a file left out.
fn unlisted(root: &Path, error: &walkdir::Error) -> SourceFile {
    let path = error.path().unwrap_or(root).to_owned();
    let name = relative(root, &path);
    let why = error.io_error().map_or("it is part of a loop".to_owned(), |error| error.kind().to_string());
    let failure = Failure::new(Code::StorageFailure, format!("`{name}` can't be listed: {why}"))
        .with_hint("give the user that runs textmill the right to read and search it");
    SourceFile { path, member: None, name, size_bytes: 0, step: Step::Refuse(failure) }
}

/// Path inside the source, `/` between parts.
fn relative(root: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(root).unwrap_or(path);
    inside.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}
