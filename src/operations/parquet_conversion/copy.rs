//! All rows of a table into its Parquet file and its rejects; large tables in two threads.

use std::fs::File;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use arrow_array::RecordBatch;
use parquet::errors::ParquetError;
use tokio_util::sync::CancellationToken;

use super::error::ConversionError;
use super::rejects::RejectsFile;
use super::stop::Stop;
use crate::core::hash::HashingWriter;
use crate::core::tabular::parquet::ParquetFile;
use crate::core::tabular::table::Batches;

/// Batches between the two threads.
const BATCHES_AHEAD: usize = 4;

/// Reads everything; how many rows were written, and the file. `parallel`: encodes in a second thread.
pub(super) fn copy(
    batches: &mut dyn Batches,
    rejects: &mut RejectsFile,
    mut file: ParquetFile,
    parallel: bool,
    cancel: &CancellationToken,
) -> Result<(u64, HashingWriter<File>), Stop> {
    if !parallel {
        while let Some(batch) = next(batches, rejects, cancel)? {
            file.write(&batch)?;
        }
        return Ok(file.finish()?);
    }
    thread::scope(|scope| {
        let (sender, receiver) = sync_channel(BATCHES_AHEAD);
        let encoder = scope.spawn(move || encode(file, &receiver));
        let read = feed(batches, rejects, &sender, cancel);
        drop(sender);
        let encoded = encoder.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        read.and(encoded.map_err(Stop::from))
    })
}

/// The encoder hangs up when it fails; its error is the one that counts.
fn feed(
    batches: &mut dyn Batches,
    rejects: &mut RejectsFile,
    encoder: &SyncSender<RecordBatch>,
    cancel: &CancellationToken,
) -> Result<(), Stop> {
    while let Some(batch) = next(batches, rejects, cancel)? {
        if encoder.send(batch).is_err() {
            break;
        }
    }
    Ok(())
}

fn next(
    batches: &mut dyn Batches,
    rejects: &mut RejectsFile,
    cancel: &CancellationToken,
) -> Result<Option<RecordBatch>, Stop> {
    if cancel.is_cancelled() {
        return Err(ConversionError::Cancelled.into());
    }
    Ok(batches.next_batch(rejects)?)
}

fn encode(mut file: ParquetFile, batches: &Receiver<RecordBatch>) -> Result<(u64, HashingWriter<File>), ParquetError> {
    while let Ok(batch) = batches.recv() {
        file.write(&batch)?;
    }
    file.finish()
}
