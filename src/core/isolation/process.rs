//! A worker as seen from the process that started it.
//!
//! Answers are read by a thread of their own into a short queue, so that a wait can be ended by a cancelled run or by
//! the clock, and a worker that is ahead waits.

use std::io::{BufReader, BufWriter, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, sync_channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::limits::Limits;
use super::verdict;
use super::wire::{Frame, Request, read_frame, write_words};
use super::worker::COMMAND;
use crate::core::failure::{Code, Failure};
use crate::core::tabular::error::TableError;
use crate::core::tabular::input::InputError;

/// Frames that may lie between the two processes.
const FRAMES_AHEAD: usize = 4;
/// How often a wait looks whether it should end.
const LOOK: Duration = Duration::from_millis(50);
/// Where large packed files are unpacked to.
const TEMP_DIR: &str = "TMPDIR";
/// Bytes of what a worker says to standard error that are kept, from the end.
const SAID: usize = 4096;

/// How workers are started.
#[derive(Debug, Clone, Default)]
pub(super) struct Starter {
    /// What they are held to.
    pub(super) limits: Limits,
    /// The program; `None`: this one.
    pub(super) program: Option<PathBuf>,
}

/// A worker. It is ended when this is dropped.
#[derive(Debug)]
pub(super) struct Process {
    child: Child,
    requests: BufWriter<ChildStdin>,
    answers: Receiver<Frame>,
    said: Option<JoinHandle<String>>,
    limits: Limits,
    deadline: Instant,
}

impl Process {
    /// Starts a worker.
    ///
    /// # Errors
    /// When the program can't be started.
    pub(super) fn start(starter: &Starter) -> Result<Self, Failure> {
        let failed = |error: std::io::Error| {
            Failure::new(Code::StorageFailure, format!("can't start a process that reads the file: {error}"))
                .with_hint("look at the limits on processes and memory of this machine: `textmill doctor`")
        };
        let mut command = Command::new(starter.program.clone().map_or_else(program, Ok).map_err(failed)?);
        // Nothing of the environment is its business: keys least of all.
        command.arg(COMMAND).env_clear().env(TEMP_DIR, std::env::temp_dir());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        leave_group(&mut command);
        let mut child = command.spawn().map_err(failed)?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(failed(std::io::ErrorKind::BrokenPipe.into()));
        };
        let (sender, answers) = sync_channel(FRAMES_AHEAD);
        thread::spawn(move || {
            let mut from = BufReader::with_capacity(64 << 10, stdout);
            // A worker that ends, or talks nonsense, ends the queue: the one who waits looks at how it ended.
            while let Ok(Some(frame)) = read_frame(&mut from) {
                if sender.send(frame).is_err() {
                    break;
                }
            }
        });
        let said = Some(thread::spawn(move || last_words(stderr)));
        let requests = BufWriter::new(stdin);
        let limits = starter.limits;
        let mut process = Self { child, requests, answers, said, limits, deadline: Instant::now() };
        process.tell(&limits)?;
        Ok(process)
    }

    /// Gives the worker the time of a new file.
    pub(super) fn begin(&mut self) {
        self.deadline = Instant::now() + self.limits.wall;
    }

    /// Asks for something.
    ///
    /// # Errors
    /// When the worker is gone: then why.
    pub(super) fn ask(&mut self, request: &Request) -> Result<(), Failure> {
        self.tell(request)
    }

    fn tell(&mut self, words: &impl serde::Serialize) -> Result<(), Failure> {
        write_words(&mut self.requests, words).map_err(|_gone| self.end())
    }

    /// Waits for an answer.
    ///
    /// # Errors
    /// When the run was cancelled, or the worker has used up its time or is gone.
    pub(super) fn answer(&mut self, cancel: &CancellationToken) -> Result<Frame, TableError> {
        loop {
            match self.answers.recv_timeout(LOOK) {
                _ if cancel.is_cancelled() => return Err(InputError::Cancelled.into()),
                _ if Instant::now() >= self.deadline => return Err(verdict::too_slow(&self.limits).into()),
                Ok(frame) => return Ok(frame),
                Err(RecvTimeoutError::Disconnected) => return Err(self.end().into()),
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
    }

    /// Why it is gone. Its pipes close when it ends, and how it ends is settled before they do; so this ends only one
    /// that still runs because it has talked nonsense.
    fn end(&mut self) -> Failure {
        let _ = self.child.kill();
        let status = self.child.wait();
        let said = self.said.take().and_then(|thread| thread.join().ok()).unwrap_or_default();
        status.map_or_else(|_| verdict::crashed(""), |status| verdict::of_end(status, &said, &self.limits))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It holds nothing that anybody needs.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Ctrl-C in a terminal goes to a whole group: it is the parent that it means, which then ends its workers.
#[cfg(unix)]
fn leave_group(command: &mut Command) {
    use std::os::unix::process::CommandExt;
    command.process_group(0);
}

#[cfg(not(unix))]
fn leave_group(_command: &mut Command) {}

/// This program. On Linux also after it was replaced by another version.
fn program() -> std::io::Result<PathBuf> {
    if cfg!(target_os = "linux") { Ok("/proc/self/exe".into()) } else { std::env::current_exe() }
}

fn last_words(mut from: impl Read) -> String {
    let (mut said, mut chunk) = (Vec::new(), [0; SAID]);
    while let Ok(read @ 1..) = from.read(&mut chunk) {
        said.extend_from_slice(&chunk[..read]);
        said.drain(..said.len().saturating_sub(SAID));
    }
    String::from_utf8_lossy(&said).into_owned()
}
