//! The files of a part, found again by the lines of a plan.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::stored::Line;
use crate::core::archive::{self, ArchiveError, Member};
use crate::core::failure::{Code, Fails, Failure};
use crate::core::intake::{SourceFile, Step};
use crate::core::tabular::input::UnpackLimits;

/// The files of an archive, by name.
type Members = HashMap<String, Member>;

/// The files of a part where they lie now. What is gone fails when it is opened; what is gone from an archive, or with
/// it, fails here, in the same words as if it had gone while a run was going on.
pub(super) fn found_again(source: &Path, lines: Vec<Line<'_>>) -> Vec<SourceFile> {
    let mut archives = Archives::default();
    let file = |line: Line<'_>| {
        let mut file = SourceFile {
            path: source.join(&*line.name),
            member: None,
            name: line.name.into_owned(),
            size_bytes: line.size_bytes,
            step: line.step.into_owned(),
        };
        if let Some(member) = line.member {
            file.path = source.join(file.name.strip_suffix(&format!("/{member}")).unwrap_or(&file.name));
            match archives.member(&file.path, &member) {
                Ok(member) => file.member = Some(member),
                Err(failure) => file.step = Step::Refuse(failure),
            }
        }
        file
    };
    lines.into_iter().map(file).collect()
}

/// The archive that was looked into last: its files are neighbours in a plan.
#[derive(Debug, Default)]
struct Archives {
    latest: Option<(PathBuf, Result<Members, ArchiveError>)>,
}

impl Archives {
    fn member(&mut self, archive: &Path, name: &str) -> Result<Member, Failure> {
        if self.latest.as_ref().is_none_or(|(path, _)| path != archive) {
            self.latest = None;
        }
        let (_, members) = self.latest.get_or_insert_with(|| (archive.to_owned(), members(archive)));
        let members = members.as_ref().map_err(Fails::to_failure)?;
        members.get(name).cloned().ok_or_else(|| {
            Failure::new(Code::NotFound, "the archive has changed, and does not hold it any more")
                .with_hint("convert the folder again")
        })
    }
}

/// Of files with the same name, the first is the one that can be read.
fn members(archive: &Path) -> Result<Members, ArchiveError> {
    let members = archive::list(archive, UnpackLimits::default())?;
    Ok(members.into_iter().rev().map(|member| (member.name.clone(), member)).collect())
}
