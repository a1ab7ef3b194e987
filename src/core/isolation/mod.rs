//! Parsers of untrusted files in a process of their own, under limits that only a process keeps.
//!
//! For: workbooks, PDFs, Office documents and markup. A worker is this same program, started as `textmill
//! isolated-reader`: it reads one file at a time and sends its tables back. `pool` keeps idle workers, `process` is one
//! of them as seen from here, `tables` makes its answers the usual tables, `worker` is the other side, `wire` what
//! goes between. Not for: plain text, which is read by code of ours without recursion.
//!
//! The one decision: batches come back as Arrow, not as finished files, so that writing, previewing and whatever else
//! uses tables is the same for every format, and parsing and writing use two cores.

mod limits;
mod pool;
mod process;
mod tables;
mod verdict;
mod wire;
mod worker;

pub use limits::Limits;
pub use pool::Isolation;
pub use worker::{COMMAND, work};
