//! Where is computed: this machine's processor, or a CUDA device.
//!
//! For: the choice, and the thread that owns a device. Not for: what is computed (`candle`). The one decision: nothing
//! else knows of the cargo feature `cuda`. A device belongs to one thread, so that whoever asks at once does not mix its
//! memory; the next batch is made ready by its caller while one is computed.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use candle_core::{DType, Tensor};

use super::Encoder;
use super::batching::{Batch, Budget};
use super::candle::{CandleEncoder, Padded};
use super::error::EmbeddingError;
use super::pooling::Pooling;

/// What computes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Device {
    /// A CUDA device if this build knows of them and there is one, else the processor
    #[default]
    Auto,
    /// The processor
    Cpu,
    /// The first CUDA device
    Cuda,
}

/// Numbers that an encoder computes in. Pooling is always in `f32`, and so is everything on the processor.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum Dtype {
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

/// A device, and what it computes in.
#[derive(Debug, Clone)]
pub(super) struct Place {
    device: candle_core::Device,
    dtype: DType,
}

impl Place {
    /// Finds it.
    ///
    /// # Errors
    /// When there is none such, or it does not compute in these numbers.
    pub(super) fn of(device: Device, dtype: Dtype) -> Result<Self, EmbeddingError> {
        let device = match device {
            Device::Cpu => candle_core::Device::Cpu,
            Device::Cuda => cuda()?,
            Device::Auto => cuda().unwrap_or_else(|error| {
                if cfg!(feature = "cuda") {
                    tracing::warn!(%error, "the processor computes embeddings");
                }
                candle_core::Device::Cpu
            }),
        };
        let dtype = match dtype {
            Dtype::Auto if device.is_cpu() => DType::F32,
            Dtype::F32 => DType::F32,
            Dtype::F16 | Dtype::Bf16 if device.is_cpu() => {
                let what =
                    "16-bit numbers are computed in on a CUDA device alone, and this is the processor".to_owned();
                return Err(EmbeddingError::Device { what });
            }
            Dtype::Auto | Dtype::F16 => DType::F16,
            Dtype::Bf16 => DType::BF16,
        };
        Ok(Self { device, dtype })
    }

    /// The processor, in half precision: slow, and what tests hold the code for devices against.
    #[cfg(test)]
    pub(super) fn processor_in_halves() -> Self {
        Self { device: candle_core::Device::Cpu, dtype: DType::F16 }
    }

    /// Whether it is the processor.
    pub(super) fn is_processor(&self) -> bool {
        self.device.is_cpu()
    }

    /// What of it decides the numbers.
    pub(super) fn variant(&self) -> String {
        let device = if self.is_processor() { "a processor" } else { "CUDA" };
        format!("on {device} in {:?}", self.dtype)
    }

    /// Numbers as the encoder computes with them, where it does.
    pub(super) fn put(&self, numbers: &Tensor) -> candle_core::Result<Tensor> {
        numbers.to_dtype(self.dtype)?.to_device(&self.device)
    }

    /// The device alone: what is no number of the encoder's keeps its type.
    pub(super) fn device(&self) -> &candle_core::Device {
        &self.device
    }
}

fn cuda() -> Result<candle_core::Device, EmbeddingError> {
    if !cfg!(feature = "cuda") {
        let what = "this build of textmill computes on processors alone; the one with the cargo feature `cuda` knows of \
                    CUDA devices";
        return Err(EmbeddingError::Device { what: what.to_owned() });
    }
    candle_core::Device::new_cuda(0)
        .map_err(|error| EmbeddingError::Device { what: format!("there is no CUDA device that can be used: {error}") })
}

/// An encoder on a thread of its own.
#[derive(Debug)]
pub(super) struct ModelThread {
    /// `None` when it shall end.
    jobs: Option<SyncSender<Job>>,
    thread: Option<JoinHandle<()>>,
    padding: u32,
    variant: String,
}

/// A batch, and who waits for its vectors.
#[derive(Debug)]
struct Job {
    batch: Padded,
    pooling: Pooling,
    answer: SyncSender<Result<Vec<f32>, EmbeddingError>>,
}

/// Callers at once: while the batch of one is computed, the other's is made ready.
const CALLERS: usize = 2;

impl ModelThread {
    /// Starts it.
    ///
    /// # Errors
    /// When the system has no thread to give.
    pub(super) fn start(encoder: CandleEncoder) -> Result<Self, EmbeddingError> {
        let (jobs, waiting) = sync_channel(CALLERS);
        let (padding, variant) = (encoder.padding(), encoder.variant());
        let thread = thread::Builder::new()
            .name("embedding-device".to_owned())
            .spawn(move || serve(&encoder, &waiting))
            .map_err(|error| EmbeddingError::Device { what: format!("there is no thread for the device: {error}") })?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread), padding, variant })
    }
}

fn serve(encoder: &CandleEncoder, waiting: &Receiver<Job>) {
    for job in waiting {
        let computed = catch_unwind(AssertUnwindSafe(|| encoder.pooled(&job.batch, job.pooling)));
        // Who does not wait any more needs no answer.
        let _ = job.answer.send(computed.unwrap_or(Err(EmbeddingError::Panicked)));
    }
}

impl Encoder for ModelThread {
    fn vectors(&self, batch: Batch<'_>, pooling: Pooling) -> Result<Vec<f32>, EmbeddingError> {
        let (answer, answered) = sync_channel(1);
        let job = Job { batch: Padded::of(batch, self.padding), pooling, answer };
        let jobs = self.jobs.as_ref().ok_or(EmbeddingError::Panicked)?;
        jobs.send(job).map_err(|_gone| EmbeddingError::Panicked)?;
        answered.recv().map_err(|_gone| EmbeddingError::Panicked)?
    }

    fn budget(&self) -> Budget {
        Budget::DEVICE
    }

    fn callers(&self, _threads: usize) -> usize {
        CALLERS
    }

    fn variant(&self) -> String {
        self.variant.clone()
    }
}

impl Drop for ModelThread {
    /// Waits for it, so that the device's memory is free afterwards.
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            // It does not panic: whatever it computes is caught.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::core::failure::{Code, Fails};

    #[test]
    fn what_the_processor_does_not_do_is_refused_and_says_who_does() {
        let error = Place::of(Device::Cpu, Dtype::F16).unwrap_err();
        assert!(error.to_string().contains("CUDA device alone"), "{error}");
        if !cfg!(feature = "cuda") {
            let error = Place::of(Device::Cuda, Dtype::Auto).unwrap_err();
            assert_eq!(error.code(), Code::InvalidParameter);
            assert!(error.to_string().contains("cargo feature `cuda`"), "{error}");
            assert!(error.hint().unwrap().contains("docs/gpu.md"));
            assert!(Place::of(Device::Auto, Dtype::Auto).unwrap().is_processor());
        }
    }
}
