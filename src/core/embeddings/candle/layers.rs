//! What families are made of, out of a model's weights.

use candle_core::Tensor;
use candle_nn::{LayerNorm, Linear};

use super::super::config::EncoderConfig;
use super::super::device::Place;
use super::super::error::EmbeddingError;
use super::super::weights::Weights;

/// Weights on their way into layers of candle.
pub(super) struct Reading<'a> {
    pub(super) weights: Weights,
    pub(super) config: &'a EncoderConfig,
    pub(super) place: &'a Place,
}

impl Reading<'_> {
    /// A matrix with a row of the encoder's width for each of so many things.
    ///
    /// # Errors
    /// As [`Weights::tensor`]; so do all of these.
    pub(super) fn table(&mut self, name: &str, rows: usize) -> Result<Tensor, EmbeddingError> {
        self.tensor(&format!("{name}.weight"), &[rows, self.config.hidden_size])
    }

    /// A product and its bias.
    pub(super) fn linear(&mut self, name: &str, depth: usize, columns: usize) -> Result<Linear, EmbeddingError> {
        let weights = self.tensor(&format!("{name}.weight"), &[columns, depth])?;
        Ok(Linear::new(weights, Some(self.tensor(&format!("{name}.bias"), &[columns])?)))
    }

    /// A product alone.
    pub(super) fn product(&mut self, name: &str, depth: usize, columns: usize) -> Result<Linear, EmbeddingError> {
        Ok(Linear::new(self.tensor(&format!("{name}.weight"), &[columns, depth])?, None))
    }

    /// A norm with its shift.
    pub(super) fn norm(&mut self, name: &str) -> Result<LayerNorm, EmbeddingError> {
        let scale = self.tensor(&format!("{name}.weight"), &[self.config.hidden_size])?;
        let shift = self.tensor(&format!("{name}.bias"), &[self.config.hidden_size])?;
        Ok(LayerNorm::new(scale, shift, self.config.layer_norm_eps))
    }

    /// A norm without one.
    pub(super) fn scale_norm(&mut self, name: &str) -> Result<LayerNorm, EmbeddingError> {
        let scale = self.tensor(&format!("{name}.weight"), &[self.config.hidden_size])?;
        Ok(LayerNorm::new_no_bias(scale, self.config.layer_norm_eps))
    }

    fn tensor(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, EmbeddingError> {
        Ok(self.place.put(&self.weights.tensor(name, shape)?)?)
    }
}

/// What stands between the two products of a layer's second half.
#[derive(Debug, Clone, Copy)]
pub(super) enum Activation {
    /// With the error function.
    Gelu,
    /// With the hyperbolic tangent.
    GeluTanh,
    Relu,
}

impl Activation {
    /// By its name in the configuration.
    ///
    /// # Errors
    /// When it is another.
    pub(super) fn named(name: &str) -> Result<Self, EmbeddingError> {
        match name {
            "gelu" => Ok(Self::Gelu),
            "gelu_new" | "gelu_pytorch_tanh" => Ok(Self::GeluTanh),
            "relu" => Ok(Self::Relu),
            other => Err(EmbeddingError::unsupported(format!("`hidden_act` \"{other}\""))),
        }
    }

    /// Of each number.
    pub(super) fn apply(self, values: &Tensor) -> candle_core::Result<Tensor> {
        match self {
            Self::Gelu => values.gelu_erf(),
            Self::GeluTanh => values.gelu(),
            Self::Relu => values.relu(),
        }
    }
}
