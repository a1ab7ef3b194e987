//! XML, by its repeated elements; what begins like a web page is read as one, and as its tables.
#![no_main]

use libfuzzer_sys::fuzz_target;
use textmill::core::tabular::format::Promise;
use textmill_fuzz::{Reader, options_of, read_twice, watch_panics};

fuzz_target!(init: watch_panics(Reader::InWorker), |bytes: &[u8]| {
    if bytes.starts_with(b"<html") || bytes.starts_with(b"<table") {
        read_twice(bytes, Promise::Html, options_of(bytes));
        read_twice(bytes, Promise::Workbook, options_of(bytes));
    } else {
        read_twice(bytes, Promise::Xml, options_of(bytes));
    }
});
