//! The run: every planned file through the converter, on all cores, in a fixed order in the outcome.

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

use super::error::ConversionError;
use super::file::FileConverter;
use super::options::ConversionOptions;
use super::outcome::{ConversionOutcome, FileOutcome};
use super::plan;
use super::staging::{GROUP_FILES, Site, Staging};
use crate::core::intake::{LocalSource, SourceFile};
use crate::core::progress::Progress;
use crate::core::tabular::format::Promise;
use crate::operations::context::RunContext;

/// What progress counts.
pub(super) const UNIT: &str = "bytes";

/// Converts `source` into `destination`.
///
/// A file that can't be read is a line in the outcome, and the run goes on. Outputs appear whole or not at all; a run
/// that was killed is continued by the next one.
///
/// # Errors
/// When options are wrong, the source is not there, another run holds the destination, or it can't be written.
pub fn convert(
    source: &LocalSource,
    destination: &Path,
    options: &ConversionOptions,
    context: &RunContext,
) -> Result<ConversionOutcome, ConversionError> {
    let files = plan::plan(source, destination, options, context.reserved.as_deref())?;
    if options.dry_run {
        return look(&files, options, context);
    }
    let staging = Staging::open(Site::new(destination, source, context.reserved.clone())?)?;
    match convert_files(&files, options, &staging, context) {
        Ok(outcomes) => staging.close(outcomes),
        Err(error) => {
            staging.leave();
            Err(error)
        }
    }
}

/// These files into this staging, whether they are all of the source or a part; outcomes in their order.
pub(super) fn convert_files(
    files: &[SourceFile],
    options: &ConversionOptions,
    staging: &Staging,
    context: &RunContext,
) -> Result<Vec<FileOutcome>, ConversionError> {
    let converter = FileConverter::new(options, context);
    let convert = |index: usize, file: &SourceFile| {
        outcome_of(file, |promise| converter.convert(file, promise, staging, &index.to_string()))
    };
    Run::new(files, context).each(convert, |finished| staging.publish(&finished))
}

fn look(
    files: &[SourceFile],
    options: &ConversionOptions,
    context: &RunContext,
) -> Result<ConversionOutcome, ConversionError> {
    let converter = FileConverter::new(options, context);
    let look = |_, file: &SourceFile| outcome_of(file, |promise| converter.look(file, promise));
    let outcomes = Run::new(files, context).each(look, |looked_at| Ok(looked_at.iter().collect()))?;
    Ok(ConversionOutcome::new(true, outcomes, Vec::new()))
}

/// What comes of a file: `read` is asked for those that are to be converted.
fn outcome_of<T: From<FileOutcome>>(
    file: &SourceFile,
    read: impl FnOnce(Promise) -> Result<T, ConversionError>,
) -> Result<T, ConversionError> {
    match file.step.promise() {
        Some(promise) => read(promise),
        None => Ok(plan::line(&file.step, &file.name, file.size_bytes).into()),
    }
}

/// Bytes to be converted.
pub(super) fn bytes(files: &[SourceFile]) -> u64 {
    files.iter().filter(|file| file.step.promise().is_some()).map(|file| file.size_bytes).sum()
}

/// Files shared out among threads.
struct Run<'a> {
    files: &'a [SourceFile],
    context: &'a RunContext,
    next: AtomicUsize,
    stop: AtomicBool,
    done: Mutex<Progress>,
}

impl<'a> Run<'a> {
    fn new(files: &'a [SourceFile], context: &'a RunContext) -> Self {
        let done = Progress { done: 0, total: Some(bytes(files)), unit: UNIT.to_owned(), message: None };
        context.progress.report(&done);
        Self { files, context, next: AtomicUsize::new(0), stop: AtomicBool::new(false), done: Mutex::new(done) }
    }

    /// Calls `work` for every file, on all cores, and `settle` here for what comes of it; outcomes in the files' order.
    /// The first error ends it; what came before is settled all the same.
    fn each<T: Send>(
        &self,
        work: impl Fn(usize, &SourceFile) -> Result<T, ConversionError> + Sync,
        settle: impl FnOnce(Receiver<(usize, T)>) -> Result<Vec<(usize, FileOutcome)>, ConversionError>,
    ) -> Result<Vec<FileOutcome>, ConversionError> {
        let threads = thread::available_parallelism().map_or(1, usize::from).min(self.files.len());
        let mut outcomes = thread::scope(|scope| {
            let (sender, receiver) = sync_channel(GROUP_FILES);
            let work = &work;
            let worker = |_| {
                let sender = sender.clone();
                scope.spawn(move || self.work(work, &sender))
            };
            let workers: Vec<_> = (0..threads).map(worker).collect();
            drop(sender);
            let settled = settle(receiver);
            let worked: Vec<_> = workers.into_iter().map(thread::ScopedJoinHandle::join).collect();
            let worked = worked.into_iter().map(|ended| ended.unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
            // Workers without anybody to settle just end: why, the one who settles knows.
            settled.and_then(|outcomes| worked.collect::<Result<(), _>>().map(|()| outcomes))
        })?;
        outcomes.sort_by_key(|(index, _)| *index);
        Ok(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
    }

    fn work<T>(
        &self,
        work: &(impl Fn(usize, &SourceFile) -> Result<T, ConversionError> + Sync),
        done: &SyncSender<(usize, T)>,
    ) -> Result<(), ConversionError> {
        while !self.stop.load(Ordering::Relaxed) {
            let index = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(file) = self.files.get(index) else { break };
            if self.context.cancel.is_cancelled() {
                return Err(ConversionError::Cancelled);
            }
            let came_of_it = work(index, file).inspect_err(|_| self.stop.store(true, Ordering::Relaxed))?;
            if done.send((index, came_of_it)).is_err() {
                break;
            }
            self.advance(file);
        }
        Ok(())
    }

    fn advance(&self, file: &SourceFile) {
        if file.step.promise().is_none() {
            return;
        }
        let mut done = self.done.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        done.done += file.size_bytes;
        done.message = Some(file.name.clone());
        self.context.progress.report(&done);
    }
}
