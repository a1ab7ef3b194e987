//! Workers that wait for the next file.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::limits::Limits;
use super::process::{Process, Starter};
use super::tables::WorkerTables;
use super::wire::{OpenRequest, Request};
use crate::core::tabular::error::TableError;
use crate::core::tabular::format::{Content, Promise};
use crate::core::tabular::input::Input;
use crate::core::tabular::open;
use crate::core::tabular::table::{TableOptions, Tables};

/// Workers that wait, at most.
const IDLE: usize = 8;
/// A worker that has read a larger file is not used again: its memory may be in pieces.
const LARGE: u64 = 1 << 20;

/// Reads files, those that need it in processes of their own. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Isolation {
    starter: Starter,
    idle: Arc<Mutex<Vec<Process>>>,
}

impl Isolation {
    /// Workers are held to these limits.
    pub fn new(limits: Limits) -> Self {
        Self { starter: Starter { limits, program: None }, idle: Arc::default() }
    }

    /// The same with another program than this one as the worker: for programs that only link this library.
    #[must_use]
    pub fn with_program(mut self, program: PathBuf) -> Self {
        self.starter.program = Some(program);
        self
    }

    /// The tables of a file.
    ///
    /// # Errors
    /// When it can't be read, or holds what no table is read from.
    pub fn tables(
        &self,
        input: Input,
        promise: Promise,
        options: &TableOptions,
    ) -> Result<Box<dyn Tables>, TableError> {
        let content = open::content(&input, promise)?;
        if content.is_plain_text() {
            return open::tables(input, content, options);
        }
        let again = (input.size_bytes() <= LARGE).then(|| self.clone());
        let process = self.open(input.path(), content, options)?;
        Ok(Box::new(WorkerTables::new(process, again, input.cancel().clone())))
    }

    /// A worker that has begun with a file. One that died while it waited costs nothing.
    fn open(&self, path: &Path, content: Content, options: &TableOptions) -> Result<Process, TableError> {
        // A worker's working directory is that of its parent, which is where relative paths start.
        let file = || OpenRequest { path: path.to_owned(), content, options: options.clone() };
        if let Some(mut process) = self.lock().pop() {
            process.begin();
            if process.ask(&Request::Open(Box::new(file()))).is_ok() {
                return Ok(process);
            }
        }
        let mut process = Process::start(&self.starter)?;
        process.begin();
        process.ask(&Request::Open(Box::new(file())))?;
        Ok(process)
    }

    /// Takes a worker back that has come to the end of a file.
    pub(super) fn give_back(&self, process: Process) {
        let mut idle = self.lock();
        if idle.len() < IDLE {
            idle.push(process);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Process>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
