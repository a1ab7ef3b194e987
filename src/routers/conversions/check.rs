//! What can be said of a conversion before it queues, all faults at once.

use crate::core::failure::{Code, Fails, Failure};
use crate::core::storage::location::{Destination, Source};
use crate::core::storage::sandbox::SandboxError;
use crate::operations::parquet_conversion::{ConversionRequest, check_options};
use crate::operations::sources::no_bucket;
use crate::routers::problem::{Faults, Problem};
use crate::routers::state::Places;

/// Refuses what could not be done anyway.
pub(crate) async fn check(request: &ConversionRequest, places: &Places) -> Result<(), Problem> {
    let mut faults = Faults::default();
    check_source(&request.source, places, &mut faults).await?;
    if let Some(destination) = &request.destination {
        check_destination(destination, places, &mut faults).await?;
    }
    for (place, error) in check_options(&request.options) {
        faults.at(format!("/options/{place}"), error.to_failure());
    }
    faults.into_result()
}

/// Whether there is such a source, named as `source`.
pub(crate) async fn check_source(source: &Source, places: &Places, faults: &mut Faults) -> Result<(), Problem> {
    check_source_at("/source", source, places, faults).await
}

/// Whether there is such a source, named at this place of the body.
pub(crate) async fn check_source_at(
    at: &str,
    source: &Source,
    places: &Places,
    faults: &mut Faults,
) -> Result<(), Problem> {
    match source {
        Source::File { file_id } => {
            if places.uploads.get(file_id).await?.is_none() {
                let failure = Failure::new(Code::NotFound, format!("there is no file `{file_id}`"));
                faults.at(format!("{at}/file_id"), failure.with_hint("upload it with POST /v1/files; files expire"));
            }
        }
        Source::Path { path } => {
            let (roots, path) = (places.roots.clone(), path.clone());
            let resolved = blocking(move || roots.resolve_existing(&path).map(|_found| ())).await?;
            note(&format!("{at}/path"), resolved, faults)?;
        }
        Source::Uri { uri } => faults.at(format!("{at}/uri"), no_bucket(uri)),
    }
    Ok(())
}

/// Whether a folder can be written there.
pub(crate) async fn check_destination(
    destination: &Destination,
    places: &Places,
    faults: &mut Faults,
) -> Result<(), Problem> {
    match destination {
        Destination::Path { path } => {
            let (roots, path) = (places.roots.clone(), path.clone());
            let shown = path.clone();
            let resolved = blocking(move || roots.resolve_new(&path).map(|place| place.is_file())).await?;
            if matches!(resolved, Ok(true)) {
                let failure = Failure::new(Code::InvalidParameter, format!("the destination `{shown}` is a file"));
                faults.at("/destination/path", failure.with_hint("name a folder; it is made if it is not there"));
            }
            note("/destination/path", resolved.map(drop), faults)
        }
        Destination::Uri { uri } => {
            faults.at("/destination/uri", no_bucket(uri));
            Ok(())
        }
    }
}

/// A refusal is the client's; a disk that fails is not.
fn note(pointer: &str, resolved: Result<(), SandboxError>, faults: &mut Faults) -> Result<(), Problem> {
    match resolved {
        Ok(()) => Ok(()),
        Err(error) if error.code() == Code::StorageFailure => Err(error.into()),
        Err(error) => {
            faults.at(pointer, error.to_failure());
            Ok(())
        }
    }
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Problem> {
    tokio::task::spawn_blocking(work).await.map_err(|error| Problem::internal(format!("a check broke off: {error}")))
}
