//! What can be asked of an embedding, declared once.

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::core::embeddings::{Device, Dtype, Engine, LocalOptions, Precision};

/// How to embed; every field has a default.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct EmbeddingOptions {
    /// What the input holds; without it, what the file's name says, and `txt` for standard input
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub input_format: Option<InputFormat>,
    /// Column of the texts, in all formats but `txt`
    #[arg(long, default_value = "text", value_name = "NAME")]
    pub text_column: String,
    /// What to write
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    pub format: VectorFormat,
    /// What computes: `packed` is the fast engine, `candle` the reference
    #[arg(long, value_enum, default_value_t, value_name = "ENGINE")]
    pub engine: Engine,
    /// Where to compute; `auto`: on a CUDA device if this build knows of them and there is one
    #[arg(long, value_enum, default_value_t, value_name = "DEVICE")]
    pub device: Device,
    /// Numbers to compute in; `auto`: f16 on a CUDA device, f32 on the processor, which has no other
    #[arg(long, value_enum, default_value_t, value_name = "DTYPE")]
    pub dtype: Dtype,
    /// Which of the model's prompts to put before every text, such as `query` [default: the model's own choice, if any]
    #[arg(long, value_name = "NAME")]
    pub prompt: Option<String>,
    /// How exactly to compute: `fast` has 16 bits for weights and their inputs, and is for `packed` alone
    #[arg(long, value_enum, default_value_t, value_name = "PRECISION")]
    pub precision: Precision,
    /// Threads to compute on, 1 to 1024 [default: as many as there are cores]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub threads: Option<u16>,
}

impl EmbeddingOptions {
    /// How a model of this machine is run.
    pub fn local(&self) -> LocalOptions {
        LocalOptions {
            engine: self.engine,
            threads: self.threads.map(usize::from),
            device: self.device,
            dtype: self.dtype,
            precision: self.precision,
            prompt: self.prompt.clone(),
        }
    }
}

/// What the input holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InputFormat {
    /// A text a line, empty lines too
    Txt,
    /// Delimited text: comma, semicolon, tab or pipe, found out
    Csv,
    /// A JSON record a line
    Jsonl,
    /// Parquet
    Parquet,
}

/// What is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum VectorFormat {
    /// `{"text": …, "embedding": […]}` a line
    #[default]
    Jsonl,
    /// NumPy's array of rows and columns, `float32`; a row without a text is all NaN
    Npy,
    /// Columns `text` and `embedding`, a list of fixed size
    Parquet,
}
