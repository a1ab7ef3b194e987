//! Where outputs may stand: inside the destination, and in nobody else's place.

use std::collections::HashSet;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::core::intake::LocalSource;
use crate::operations::parquet_conversion::error::ConversionError;

/// Folders of which is known that files can stand in them.
pub(super) type Folders = HashSet<PathBuf>;

/// A destination, and what its outputs must keep out of.
#[derive(Debug)]
pub(in crate::operations::parquet_conversion) struct Site {
    /// Links followed: outputs must lie inside.
    pub(super) destination: PathBuf,
    /// Outputs must not lie in it.
    reserved: Option<Arc<Path>>,
    /// The source folder, where the destination lies around it: outputs must not lie among the sources.
    source: Option<PathBuf>,
}

impl Site {
    /// Makes the destination if need be.
    pub(in crate::operations::parquet_conversion) fn new(
        destination: &Path,
        source: &LocalSource,
        reserved: Option<Arc<Path>>,
    ) -> Result<Self, ConversionError> {
        fs::create_dir_all(destination).map_err(ConversionError::write("make the folder", destination))?;
        let real = destination.canonicalize().map_err(ConversionError::write("find", destination))?;
        // The service itself may write there: a job's artifacts.
        let reserved = reserved.filter(|folder| !real.starts_with(folder));
        let source = source.folder().and_then(|folder| folder.canonicalize().ok());
        let source = source.filter(|folder| !real.starts_with(folder));
        Ok(Self { destination: real, reserved, source })
    }

    /// Why no file can stand at a path, if so: a folder in its place, a file in the place of its folder, or a link that
    /// leads out of the destination. Folders that are `known` are not looked at again.
    pub(super) fn obstacle(&self, path: &str, known: &mut Folders) -> Option<String> {
        let target = self.destination.join(path);
        match target.symlink_metadata() {
            Ok(there) if there.is_dir() || target.is_dir() => {
                return Some(format!("a folder named `{path}` is in the way in the destination"));
            }
            Err(error) if error.kind() == ErrorKind::InvalidFilename => {
                return Some("its path in the destination would be longer than the system takes".to_owned());
            }
            _ => {}
        }
        let folder = target.parent().filter(|folder| !known.contains(*folder))?;
        let existing = folder.ancestors().find(|folder| folder.symlink_metadata().is_ok())?;
        match existing.canonicalize() {
            Ok(real) if self.reserved.as_ref().is_some_and(|folder| real.starts_with(folder)) => {
                Some(format!("`{path}` would lie in a folder of the service itself"))
            }
            Ok(real) if self.source.as_ref().is_some_and(|folder| real.starts_with(folder)) => {
                Some(format!("`{path}` would lie among the source files"))
            }
            Ok(real) if !real.starts_with(&self.destination) => {
                Some(format!("a link in the destination leads out of it, on the way to `{path}`"))
            }
            Ok(real) if real.is_dir() => {
                known.insert(folder.to_owned());
                None
            }
            _ => Some(format!("a file is in the way of a folder in the destination, on the way to `{path}`")),
        }
    }
}
