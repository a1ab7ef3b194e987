//! Profiles from tables, and from profiles of parts.

use std::path::{Path, PathBuf};

use serde::Serialize;
use utoipa::ToSchema;

use super::file;
use super::kept::Kept;
use super::options::ProfileOptions;
use crate::core::intake::LocalSource;
use crate::operations::context::RunContext;
use crate::operations::drift::engines::Engines;
use crate::operations::drift::error::DriftError;
use crate::operations::drift::set::{ReadOptions, read};

/// A profile that was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct ProfileOutcome {
    /// The file.
    #[schema(value_type = String)]
    pub output: PathBuf,
    /// SHA-256 of its bytes, as hexadecimal digits.
    pub sha256: String,
    /// Its size.
    pub size_bytes: u64,
    /// Tables that it was made of.
    pub tables: u64,
    /// Rows that it was made of.
    pub rows: u64,
    /// Rows that are kept whole.
    pub sample_rows: u64,
    /// Rows that can't be read.
    pub rejected: u64,
    /// Where and why the first of them.
    pub first_reject: Option<String>,
    /// The model of its vectors and the model's revision.
    pub model: Option<String>,
}

/// Makes a profile of a table.
///
/// # Errors
/// When the table can't be read or the file can't be written, options do not fit, or somebody said stop.
pub fn write_profile(
    source: &LocalSource,
    options: &ProfileOptions,
    output: &Path,
    engines: &Engines,
    context: &RunContext,
) -> Result<ProfileOutcome, DriftError> {
    let of_set = options.of_set();
    let mut set = read(source, ReadOptions { options: &of_set, uses: None, keeps_raw_columns: true }, context)?;
    let mut model = None;
    if let Some(embedder) = engines.embedder.as_deref().filter(|_| options.embedding_column.is_none()) {
        set.embed(embedder, (options.sample_rows, options.seed), &context.cancel)?;
        model.clone_from(&engines.model);
    }
    let kept = Kept::of(&set, options, model);
    // What was computed after somebody said stop is not what it says.
    if context.cancel.is_cancelled() {
        return Err(DriftError::Cancelled);
    }
    written(&kept, output)
}

/// Makes one profile of those of parts, in the order in which the whole would have their rows.
///
/// # Errors
/// When one can't be read, they were made with different options, or the file can't be written.
pub fn merge_profiles(parts: &[PathBuf], output: &Path) -> Result<ProfileOutcome, DriftError> {
    let (first, others) = parts.split_first().ok_or(DriftError::NoSet)?;
    let mut whole = file::read(first)?.0;
    for path in others {
        let part = file::read(path)?.0;
        whole = whole.then(part).map_err(|what| DriftError::NotMergeable {
            name: path.display().to_string(),
            first: first.display().to_string(),
            what,
        })?;
    }
    written(&whole, output)
}

fn written(kept: &Kept, output: &Path) -> Result<ProfileOutcome, DriftError> {
    let written = file::write(output, kept)?;
    Ok(ProfileOutcome {
        output: output.to_owned(),
        sha256: written.sha256,
        size_bytes: written.size_bytes,
        tables: kept.sources.len() as u64,
        rows: kept.rows(),
        sample_rows: kept.sample.rows.len() as u64,
        rejected: kept.rejected(),
        first_reject: kept.first_reject(),
        model: kept.model.clone(),
    })
}
