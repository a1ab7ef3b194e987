//! Properties and vectors of both sides, for other tools.
//!
//! The one decision: a file a side under a fixed name, whoever asks, so that a pipeline finds it.

use std::path::{Path, PathBuf};

use super::error::DriftError;
use super::reference::Reference;
use super::run::Sides;
use super::set::save_properties;

/// Writes `properties_reference.parquet` and `properties_incoming.parquet` into a folder, which is made if it is not there; of a
/// reference that is a profile there are no rows to write. Gives the files.
///
/// # Errors
/// When a file can't be written.
pub fn save_sides(sides: &Sides, folder: &Path) -> Result<Vec<PathBuf>, DriftError> {
    std::fs::create_dir_all(folder).map_err(DriftError::storage(folder))?;
    let reference = sides.reference.as_ref().and_then(Reference::all_rows);
    let sides = [("reference", reference), ("incoming", sides.incoming.as_ref())];
    let mut files = Vec::new();
    for (name, set) in sides.into_iter().filter_map(|(name, set)| Some((name, set?))) {
        let file = folder.join(format!("properties_{name}.parquet"));
        save_properties(set, &file)?;
        files.push(file);
    }
    Ok(files)
}
