//! PDF: pages by the parser of others, headings, forms and text by our own code.
#![no_main]

use libfuzzer_sys::fuzz_target;
use textmill::core::tabular::format::Promise;
use textmill_fuzz::{Reader, options_of, read_twice, watch_panics};

fuzz_target!(init: watch_panics(Reader::InWorker), |bytes: &[u8]| read_twice(bytes, Promise::Pdf, options_of(bytes)));
