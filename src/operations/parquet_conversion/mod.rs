//! Folder in, the same folder in Parquet out, with every row accounted for.

mod options;

pub use options::{AmbiguousDates, Compression, ConversionOptions, ConversionRequest, SchemaMode};
