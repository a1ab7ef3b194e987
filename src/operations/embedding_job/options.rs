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
    pub engine: EngineChoice,
    /// Where to compute; `auto`: on a CUDA device if this build knows of them and there is one
    #[arg(long, value_enum, default_value_t, value_name = "DEVICE")]
    pub device: DeviceChoice,
    /// Numbers to compute in; `auto`: f16 on a CUDA device, f32 on the processor, which has no other
    #[arg(long, value_enum, default_value_t, value_name = "DTYPE")]
    pub dtype: DtypeChoice,
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
        let engine = match self.engine {
            EngineChoice::Auto => Engine::Auto,
            EngineChoice::Packed => Engine::Packed,
            EngineChoice::Candle => Engine::Candle,
        };
        let device = match self.device {
            DeviceChoice::Auto => Device::Auto,
            DeviceChoice::Cpu => Device::Cpu,
            DeviceChoice::Cuda => Device::Cuda,
        };
        let dtype = match self.dtype {
            DtypeChoice::Auto => Dtype::Auto,
            DtypeChoice::F32 => Dtype::F32,
            DtypeChoice::F16 => Dtype::F16,
            DtypeChoice::Bf16 => Dtype::Bf16,
        };
        let (threads, precision) = (self.threads.map(usize::from), self.precision);
        LocalOptions { engine, threads, device, dtype, precision, prompt: self.prompt.clone() }
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

/// What computes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum EngineChoice {
    /// `packed` where it takes the model, else `candle`
    #[default]
    Auto,
    /// The fast engine
    Packed,
    /// The reference
    Candle,
}

/// Where to compute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum DeviceChoice {
    /// A CUDA device if this build knows of them and there is one, else the processor
    #[default]
    Auto,
    /// The processor
    Cpu,
    /// The first CUDA device
    Cuda,
}

/// Numbers to compute in.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum DtypeChoice {
    /// `f16` on a CUDA device, `f32` on the processor
    #[default]
    Auto,
    /// 32 bits
    F32,
    /// 16 bits, 11 of them exact; on a CUDA device
    F16,
    /// 16 bits with the range of 32, 8 of them exact; on a CUDA device
    Bf16,
}
