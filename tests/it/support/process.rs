//! A process of the built program that a test started: killed, paused, resumed, ended by its id, never outliving it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Instant;

use rustix::process::{Pid, Signal, kill_process};

use super::{DEADLINE, wait_until};

/// Lines that are kept of what a process said: the first ones, in which it says where it can be asked, and the last.
const FIRST_LINES: usize = 20;
const KEPT_LINES: usize = 200;

/// A running process; ended when dropped.
#[derive(Debug)]
pub(crate) struct Process {
    child: Child,
    said: Arc<Mutex<Vec<String>>>,
    listening: Option<JoinHandle<()>>,
}

impl Process {
    /// Starts a prepared command and reads what it says.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let said = Arc::new(Mutex::new(Vec::new()));
        let (lines, kept) = (BufReader::new(child.stderr.take().unwrap()).lines(), Arc::clone(&said));
        // Somebody must read all of it, or it would block.
        let listening = std::thread::spawn(move || {
            lines.map_while(Result::ok).for_each(|line| keep(&mut kept.lock().unwrap(), line));
        });
        Self { child, said, listening: Some(listening) }
    }

    /// The word of a line it said that begins like this, if it has said it.
    pub(crate) fn word(&self, prefix: &str) -> Option<String> {
        let said = self.said.lock().unwrap();
        said.iter().flat_map(|line| line.split_whitespace()).find(|word| word.starts_with(prefix)).map(str::to_owned)
    }

    /// Whether it has said this.
    pub(crate) fn has_said(&self, words: &str) -> bool {
        self.said.lock().unwrap().iter().any(|line| line.contains(words))
    }

    /// Waits until it says this; fails when it ends before.
    pub(crate) fn wait_for(&mut self, words: &str) {
        let begun = Instant::now();
        while !self.has_said(words) {
            assert!(self.exited().is_none(), "it ended without `{words}`: {}", self.last_words());
            assert!(begun.elapsed() < DEADLINE, "it never said `{words}`: {}", self.last_words());
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }

    /// What it said last.
    pub(crate) fn last_words(&self) -> String {
        self.said.lock().unwrap().join("\n")
    }

    /// Its id.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// How it ended, if it has.
    pub(crate) fn exited(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().unwrap()
    }

    /// Waits until it ends by itself, and has said all it had to say.
    pub(crate) fn ended(&mut self) -> ExitStatus {
        let mut ended = None;
        wait_until("it ends", || {
            ended = self.exited();
            ended.is_some()
        });
        self.listening.take().into_iter().for_each(|listening| listening.join().unwrap());
        ended.unwrap()
    }

    /// `kill -9`, on a paused one too.
    pub(crate) fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// `SIGSTOP`: it goes on, as if nothing had been, with [`Process::resume`].
    pub(crate) fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// `SIGCONT`
    pub(crate) fn resume(&self) {
        self.signal(Signal::CONT);
    }

    /// `kill -TERM`, and how it ended.
    pub(crate) fn terminate(&mut self) -> ExitStatus {
        self.signal(Signal::TERM);
        self.ended()
    }

    fn signal(&self, signal: Signal) {
        // The id can't be another process's: this one was not waited for.
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn keep(said: &mut Vec<String>, line: String) {
    if said.len() == KEPT_LINES {
        said.remove(FIRST_LINES);
    }
    said.push(line);
}

#[test]
fn what_a_process_said_first_and_last_is_kept() {
    let mut said = Vec::new();
    for number in 0..1_000 {
        keep(&mut said, number.to_string());
    }
    assert_eq!((said.len(), &*said[0], &*said[KEPT_LINES - 1]), (KEPT_LINES, "0", "999"));
}
