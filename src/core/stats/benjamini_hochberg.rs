//! p-values of a family, adjusted so that the share of false discoveries stays below a level.
//!
//! Benjamini and Hochberg, 1995: the step-up procedure.

/// The p-values, adjusted, in the order in which they were given.
pub fn benjamini_hochberg(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|a, b| p_values[*b].total_cmp(&p_values[*a]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut least = 1.0_f64;
    for (above, place) in order.into_iter().enumerate() {
        let rank = p_values.len() - above;
        #[expect(clippy::cast_precision_loss, reason = "families are small")]
        let factor = p_values.len() as f64 / rank as f64;
        least = least.min(p_values[place] * factor);
        adjusted[place] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p_values_are_adjusted_as_r_does_it() {
        let adjusted = benjamini_hochberg(&[0.01, 0.04, 0.03, 0.005]);
        let wanted = [0.02, 0.04, 0.04, 0.02];
        assert!(
            adjusted.iter().zip(wanted).all(|(adjusted, wanted)| (adjusted - wanted).abs() < 1e-12),
            "{adjusted:?}"
        );
        assert!(benjamini_hochberg(&[]).is_empty());
    }
}
