//! Everything below a folder, file by file, zip archives looked into; what can't be listed is said, not passed over.

use std::path::Path;

use walkdir::{DirEntry, WalkDir};

use super::filter::{Filter, HEAD};
use super::plan::{PlannedFile, Step};
use super::staging::STAGING;
use crate::core::archive::{self, Member};
use crate::core::failure::{Code, Fails, Failure};
use crate::core::tabular::input::UnpackLimits;

/// Lists every file below `root`, except what lies in the destination; `reserved` takes one line.
pub(super) fn walk(root: &Path, destination: &Path, reserved: Option<&Path>, filter: &Filter) -> Vec<PlannedFile> {
    let destination = destination.canonicalize().ok();
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
        let real = entry.path().canonicalize().ok();
        let reason = if entry.file_name() == STAGING || (real.is_some() && real == destination) {
            walk.skip_current_dir();
            continue;
        } else if entry.file_name().as_encoded_bytes().starts_with(b".") {
            "a hidden folder (its name begins with a dot)"
        } else if reserved.is_some() && real.as_deref() == reserved {
            "a folder of the service itself"
        } else {
            continue;
        };
        walk.skip_current_dir();
        files.push(folder_left_out(root, &entry, reason));
    }
    files
}

fn planned(root: &Path, entry: &DirEntry, filter: &Filter) -> Vec<PlannedFile> {
    let name = relative(root, entry.path());
    let size_bytes = entry.metadata().map_or(0, |metadata| metadata.len());
    let file = |step| PlannedFile { path: entry.path().to_owned(), member: None, name: name.clone(), size_bytes, step };
    match entry.file_type().is_file() {
        true if filter.opens(&name) => look_into(file, filter),
        true => vec![file(filter.step(&name, entry.path()))],
        false => vec![file(Step::Skip("a link or special file".to_owned()))],
    }
}

/// The files in an archive, which is a line itself only where there are none; `archive` makes that line.
pub(super) fn look_into(archive: impl Fn(Step) -> PlannedFile, filter: &Filter) -> Vec<PlannedFile> {
    let nothing = archive(Step::Skip("an archive without any file".to_owned()));
    match archive::list(&nothing.path, UnpackLimits::default()) {
        Ok(members) if members.is_empty() => vec![nothing],
        Ok(members) => members.into_iter().map(|member| planned_member(&nothing, member, filter)).collect(),
        Err(error) => vec![PlannedFile { step: Step::Refuse(error.to_failure()), ..nothing }],
    }
}

fn planned_member(archive: &PlannedFile, member: Member, filter: &Filter) -> PlannedFile {
    let name = format!("{}/{}", archive.name, member.name);
    let head = || archive::head(&archive.path, &member, HEAD).ok();
    let step = match (filter.member_step(&name, &archive.name, head), &member.refused) {
        // What is left out anyway need not be good.
        (Step::Convert(_), Some(refused)) => Step::Refuse(refused.to_failure()),
        (step, _) => step,
    };
    PlannedFile { path: archive.path.clone(), size_bytes: member.size_bytes, member: Some(member), name, step }
}

/// One line for all that it holds.
fn folder_left_out(root: &Path, entry: &DirEntry, reason: &str) -> PlannedFile {
    let step = Step::Skip(reason.to_owned());
    let name = format!("{}/", relative(root, entry.path()));
    PlannedFile { path: entry.path().to_owned(), member: None, name, size_bytes: 0, step }
}

/// A whole branch may be behind it: that is a failure, not a file left out.
fn unlisted(root: &Path, error: &walkdir::Error) -> PlannedFile {
    let path = error.path().unwrap_or(root).to_owned();
    let name = relative(root, &path);
    let why = error.io_error().map_or("it is part of a loop".to_owned(), |error| error.kind().to_string());
    let failure = Failure::new(Code::StorageFailure, format!("`{name}` can't be listed: {why}"))
        .with_hint("give the user that runs textmill the right to read and search it");
    PlannedFile { path, member: None, name, size_bytes: 0, step: Step::Refuse(failure) }
}

/// Path inside the source, `/` between parts.
fn relative(root: &Path, path: &Path) -> String {
    let inside = path.strip_prefix(root).unwrap_or(path);
    inside.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}
