//! Attention as all families compute it: heads, scores, masks, turned positions.

use candle_core::{D, DType, Device, Tensor};

use super::super::device::Place;

/// Added to the scores of what must not be seen: their share is zero in every type of number. A quarter of the least `f16`,
/// so that a score under two masks is still a number: where all is masked, which only filling tokens see, infinities would
/// give NaN, and a row of NaN spoils what is multiplied by it, even by zero.
pub(super) const MASKED: f32 = -16_376.0;

/// Heads of a layer.
#[derive(Debug, Clone, Copy)]
pub(super) struct Heads {
    /// How many share a row.
    pub(super) count: usize,
}

impl Heads {
    /// `[texts, longest, width]` to `[texts, heads, longest, columns]`
    pub(super) fn split(self, rows: &Tensor) -> candle_core::Result<Tensor> {
        let (texts, longest, width) = rows.dims3()?;
        rows.reshape((texts, longest, self.count, width / self.count))?.transpose(1, 2)?.contiguous()
    }
}

/// What each token sees of the others; all split, and back to `[texts, longest, width]`.
pub(super) fn attend(queries: &Tensor, keys: &Tensor, values: &Tensor, mask: &Tensor) -> candle_core::Result<Tensor> {
    let (texts, heads, longest, columns) = queries.dims4()?;
    #[expect(clippy::cast_precision_loss, reason = "columns of a head")]
    let scale = 1.0 / (columns as f64).sqrt();
    // Before the product, so that half precision can't overflow in it.
    let queries = (queries * scale)?;
    let scores = queries.matmul(&keys.transpose(2, 3)?.contiguous()?)?;
    let scores = scores.broadcast_add(mask)?;
    let shares = candle_nn::ops::softmax_last_dim(&scores)?;
    shares.matmul(values)?.transpose(1, 2)?.contiguous()?.reshape((texts, longest, heads * columns))
}

/// Positions as angles, by which queries and keys are turned.
#[derive(Debug)]
pub(super) struct Turn {
    cosines: Tensor,
    sines: Tensor,
}

impl Turn {
    /// Angles for so many positions and columns of a head; the first pair turns by one, each further one by less.
    pub(super) fn new(theta: f64, positions: usize, columns: usize, place: &Place) -> candle_core::Result<Self> {
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            reason = "as others compute it, in f32"
        )]
        let speeds: Vec<_> =
            (0..columns / 2).map(|pair| 1.0 / (theta as f32).powf((2 * pair) as f32 / columns as f32)).collect();
        let speeds = Tensor::from_vec(speeds, (1, columns / 2), &Device::Cpu)?;
        let positions = u32::try_from(positions).unwrap_or(u32::MAX);
        let places = Tensor::arange(0, positions, &Device::Cpu)?.to_dtype(DType::F32)?.unsqueeze(1)?;
        let angles = places.broadcast_mul(&speeds)?;
        Ok(Self { cosines: place.put(&angles.cos()?)?, sines: place.put(&angles.sin()?)? })
    }

    /// Turns what is split into heads.
    pub(super) fn apply(&self, split: &Tensor) -> candle_core::Result<Tensor> {
        candle_nn::rotary_emb::rope(split, &self.cosines, &self.sines)
    }
}

/// `[longest, longest]`: masks what is further away than `window` to either side.
pub(super) fn window_mask(longest: usize, window: usize, like: &Tensor) -> candle_core::Result<Tensor> {
    let longest = u32::try_from(longest).unwrap_or(u32::MAX);
    let places = Tensor::arange(0, longest, like.device())?.to_dtype(DType::F32)?;
    let distances = places.unsqueeze(1)?.broadcast_sub(&places.unsqueeze(0)?)?.abs()?;
    #[expect(clippy::cast_precision_loss, reason = "tokens")]
    let is_far = distances.gt(window as f64)?;
    (is_far.to_dtype(DType::F32)? * f64::from(MASKED))?.to_dtype(like.dtype())
}

/// The three thirds of a row: queries, keys, values.
pub(super) fn thirds(rows: &Tensor) -> candle_core::Result<[Tensor; 3]> {
    let width = rows.dim(D::Minus1)? / 3;
    Ok([
        rows.narrow(D::Minus1, 0, width)?,
        rows.narrow(D::Minus1, width, width)?,
        rows.narrow(D::Minus1, 2 * width, width)?,
    ])
}
