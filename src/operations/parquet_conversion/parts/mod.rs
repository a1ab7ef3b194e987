//! A conversion of a folder that several workers share: cut into parts, converted part by part, put together.
//!
//! For: what is special about it. A part is converted like a whole run, by the same code into the same destination.
//! Not for: who runs which part when (`core::jobs`). The one decision: all that is to be done is settled when the job is
//! divided, and all that was done when a part's outcome is stored. So it makes no difference which worker does what, in
//! which order or how often: the report is that of one run, byte for byte. Where others have worked in the destination
//! meanwhile, the parts' outcomes may say what is not so any more: then a whole run looks at everything once more, and
//! makes what has changed.
//!
//! An attempt at a part that finds the part's outcome stored hands that over and does nothing else. That is what stops a
//! worker that comes back too late; `staging::part` says what stops one that comes back in the middle.

mod found;
mod slices;
mod stored;

use std::borrow::Cow;
use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use walkdir::WalkDir;

use super::error::ConversionError;
use super::options::ConversionOptions;
use super::outcome::{ConversionOutcome, FileOutcome, Summary};
use super::plan;
use super::run::{UNIT, bytes, convert, convert_files};
use super::staging::{PartSeat, STAGING, Site, Staging};
use crate::core::intake::{LocalSource, SourceFile};
use crate::core::progress::Progress;
use crate::operations::context::RunContext;

/// The folder among what parts share that takes the outputs of a job without a destination.
const OUTPUTS: &str = "outputs";

/// A conversion that is, or may be, divided.
#[derive(Debug)]
pub(super) struct SharedWork<'a> {
    /// What is converted.
    pub(super) source: &'a LocalSource,
    /// The folder that takes the outputs; `None`: they become artifacts of the job.
    pub(super) destination: Option<&'a Path>,
    /// How.
    pub(super) options: &'a ConversionOptions,
    /// A folder that all its workers see.
    pub(super) shared: &'a Path,
}

/// A part of a division.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Part {
    /// Which division.
    pub(super) division: String,
    /// Its place, from 1.
    pub(super) number: u32,
    /// Where its lines begin in the plan, in bytes.
    pub(super) offset: u64,
    /// How many lines it has, those of files that are left out included.
    pub(super) lines: u64,
    /// Bytes to convert.
    pub(super) bytes: u64,
}

/// What a job was divided into.
#[derive(Debug)]
pub(super) struct Divided {
    /// Two or more.
    pub(super) parts: Vec<Part>,
    /// Bytes to convert.
    pub(super) bytes: u64,
}

impl SharedWork<'_> {
    fn destination(&self) -> PathBuf {
        self.destination.map_or_else(|| self.shared.join(OUTPUTS), Path::to_owned)
    }

    fn site(&self, context: &RunContext) -> Result<Site, ConversionError> {
        // It goes with the job, and nobody who is late may make it anew.
        fs::metadata(self.shared).map_err(ConversionError::shared("find", self.shared))?;
        Site::new(&self.destination(), self.source, context.reserved.clone())
    }

    /// Cuts it into parts; `None`: it is not worth it. `job` names the job.
    pub(super) fn divide(&self, job: &str, context: &RunContext) -> Result<Option<Divided>, ConversionError> {
        if self.options.dry_run || self.source.folder().is_none() {
            return Ok(None);
        }
        let files = plan::plan(self.source, &self.destination(), self.options, context.reserved.as_deref())?;
        let slices = slices::slices(&files);
        // Such a name can't be written down as text, nor found again by it.
        if slices.len() < 2 || files.iter().any(|file| file.path.to_str().is_none()) {
            return Ok(None);
        }
        fs::create_dir_all(self.shared).map_err(ConversionError::shared("make the folder", self.shared))?;
        let division = format!("{job}-{}", uuid::Uuid::now_v7().simple());
        let mut parts = Vec::new();
        Staging::divide(&self.site(context)?, &division, |history| {
            let earlier = |file: &SourceFile| file.step.promise().and_then(|_| history.latest(&file.name));
            let offsets = stored::write_plan(self.shared, &division, &files, earlier)?;
            let part = |(number, slice): (u32, &Range<usize>)| Part {
                division: division.clone(),
                number,
                offset: offsets.get(slice.start).copied().unwrap_or_default(),
                lines: slice.len() as u64,
                bytes: bytes(files.get(slice.clone()).unwrap_or_default()),
            };
            parts.extend((1..).zip(&slices).map(part));
            Ok(())
        })?;
        Ok(Some(Divided { parts, bytes: bytes(&files) }))
    }

    /// Converts the files of a part, unless an earlier attempt has; its outcome becomes an artifact.
    pub(super) fn run_part(
        &self,
        part: &Part,
        artifacts: &Path,
        context: &RunContext,
    ) -> Result<Summary, ConversionError> {
        let files = match stored::read_outcome(self.shared, part)? {
            Some(files) => files,
            None => self.convert_part(part, context)?,
        };
        let done = Progress { done: part.bytes, total: Some(part.bytes), unit: UNIT.to_owned(), message: None };
        context.progress.report(&done);
        stored::hand_over(self.shared, part, artifacts)?;
        Ok(Summary::of(&files))
    }

    fn convert_part(&self, part: &Part, context: &RunContext) -> Result<Vec<FileOutcome>, ConversionError> {
        stored::check_plan(self.shared, &part.division)?;
        let seat = PartSeat::take(self.site(context)?, &part.division, part.number)?;
        // Another attempt may have ended while this one was about to begin.
        if let Some(files) = stored::read_outcome(self.shared, part)? {
            return Ok(files);
        }
        let mut lines = stored::part_lines(self.shared, part)?;
        lines.retain(|line| line.step.promise().is_some());
        let earlier = lines.iter_mut().filter_map(|line| line.earlier.take()).map(Cow::into_owned);
        let staging = seat.begin(earlier.collect())?;
        let files = found::found_again(self.source.path(), lines);
        let converted = convert_files(&files, self.options, &staging, context).and_then(|outcomes| {
            staging.flush()?;
            stored::write_outcome(self.shared, part, &outcomes)?;
            Ok(outcomes)
        });
        staging.leave();
        converted
    }

    /// Makes the outcome of what the parts left in these folders, in their order. Without a destination, outputs and
    /// report become artifacts.
    pub(super) fn merge(
        &self,
        parts: &[PathBuf],
        artifacts: &Path,
        context: &RunContext,
    ) -> Result<ConversionOutcome, ConversionError> {
        let outcome = match self.put_together(parts, context)? {
            Some(outcome) => outcome,
            None => convert(self.source, &self.destination(), self.options, context)?,
        };
        if self.destination.is_none() {
            link_all(&self.destination(), artifacts)?;
        }
        Ok(outcome)
    }

    /// `None`: the parts' outcomes can't be relied upon.
    fn put_together(
        &self,
        parts: &[PathBuf],
        context: &RunContext,
    ) -> Result<Option<ConversionOutcome>, ConversionError> {
        let site = self.site(context)?;
        let Some((division, files)) = stored::put_together(self.shared, parts) else { return Ok(None) };
        let Some(staging) = Staging::of_division(site, &division)? else { return Ok(None) };
        let outcome = staging.close(files)?;
        Ok(Some(outcome))
    }
}

/// Everything below a folder under a second name, as it stands there.
fn link_all(from: &Path, to: &Path) -> Result<(), ConversionError> {
    for entry in WalkDir::new(from).min_depth(1).into_iter().filter_entry(|entry| entry.file_name() != STAGING) {
        let entry = entry.map_err(|error| ConversionError::shared("list", from)(error.into()))?;
        let Ok(inside) = entry.path().strip_prefix(from) else { continue };
        let to = to.join(inside);
        if entry.file_type().is_dir() {
            fs::create_dir_all(&to).map_err(ConversionError::write("make the folder", &to))?;
        } else {
            stored::link(entry.path(), &to)?;
        }
    }
    Ok(())
}
