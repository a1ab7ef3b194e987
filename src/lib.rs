//! textmill mills raw text data into data that can be trained on.
pub mod cli;
pub mod config;
pub mod core;
pub mod operations;
pub mod report;
