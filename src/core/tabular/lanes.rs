//! Arithmetic on eight bytes at once, which every processor has.
//!
//! For: searches in short pieces of text, where a vectorised search would spend its time on beginning. A word's first
//! byte is its lowest.

/// A word of eight equal bytes.
pub(super) const fn repeat(byte: u8) -> u64 {
    u64::from_le_bytes([byte; 8])
}

/// The highest bit of every byte that is zero, and no other bit.
#[inline]
pub(super) const fn zeros(word: u64) -> u64 {
    const LOW: u64 = repeat(0x7f);
    !((word & LOW).wrapping_add(LOW) | word | LOW)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_zero_byte_is_found_and_no_other(bytes in prop::array::uniform8(prop_oneof![0_u8..3, 0x7e_u8..0x82, 0xfe_u8..])) {
            let wanted = bytes.map(|byte| if byte == 0 { 0x80 } else { 0 });
            prop_assert_eq!(zeros(u64::from_le_bytes(bytes)), u64::from_le_bytes(wanted));
        }
    }
}
