use crate::grams::Grams;

/// Hash functions in a sketch.
const HASHES: usize = 128;
/// The increment of SplitMix64: 2⁶⁴ divided by the golden ratio.
const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// A sketch of a text's n-grams, from which their Jaccard similarity to others is estimated without the texts (Broder
/// 1997). It is the same for ever: no seed, no platform.
///
/// The hash of an n-gram is FNV-1a (64 bits) of its words' bytes joined by 0x1F. Of the 128 hash functions the j-th, from
/// 1, is mix(hash ⊕ mix(j · golden)), with mix the finaliser of SplitMix64.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MinHash<const N: usize> {
    least: [u64; HASHES],
}

impl<const N: usize> MinHash<N> {
    /// How many hash functions there are.
    pub const HASHES: usize = HASHES;

    /// The sketch of `grams`; `None` when there are none.
    pub fn of(grams: &Grams<'_, N>) -> Option<MinHash<N>> {
        if grams.is_empty() {
            return None;
        }
        let mut salts = [0; HASHES];
        for (salt, j) in salts.iter_mut().zip(1_u64..) {
            *salt = mix(j.wrapping_mul(GOLDEN));
        }
        let mut least = [u64::MAX; HASHES];
        for gram in grams.iter() {
            let hash = fnv1a(gram.bytes().map(|byte| if byte == b' ' { 0x1F } else { byte }));
            for (least, salt) in least.iter_mut().zip(salts) {
                *least = (*least).min(mix(hash ^ salt));
            }
        }
        Some(MinHash { least })
    }

    /// The least value of each hash function.
    pub fn least(&self) -> &[u64; HASHES] {
        &self.least
    }

    /// On how many of the hash functions two sketches agree.
    pub fn matches(&self, other: &MinHash<N>) -> u32 {
        self.least.iter().zip(other.least).map(|(a, b)| u32::from(*a == b)).sum()
    }

    /// The estimated Jaccard similarity: the share of hash functions that agree.
    pub fn similarity(&self, other: &MinHash<N>) -> f64 {
        f64::from(self.matches(other)) / HASHES as f64
    }
}

/// Standard error of the estimate when the true similarity is `jaccard`: √(J(1 − J)/128). 0 at both ends, where an
/// estimate is no certainty: take an exact interval of [`MinHash::matches`] there.
///
/// `None` outside [0, 1].
pub fn jaccard_error(jaccard: f64) -> Option<f64> {
    (0.0..=1.0).contains(&jaccard).then(|| (jaccard * (1.0 - jaccard) / HASHES as f64).sqrt())
}

/// FNV-1a, 64 bits (Fowler, Noll and Vo).
fn fnv1a(bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(0xCBF2_9CE4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3))
}

/// The finaliser of SplitMix64 (Steele, Lea and Flood 2014).
fn mix(x: u64) -> u64 {
    let x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_values() {
        assert_eq!(fnv1a(b"foobar".iter().copied()), 0x8594_4171_F739_67E8);
        assert_eq!(fnv1a(std::iter::empty()), 0xCBF2_9CE4_8422_2325);
        // The first output of SplitMix64 with seed 0.
        assert_eq!(mix(GOLDEN), 0xE220_A839_7B1D_CDAF);
    }

    #[test]
    fn errors_are_of_a_share() {
        // √(¼/128) is √2/32.
        assert!((jaccard_error(0.5).unwrap() - 2.0_f64.sqrt() / 32.0).abs() < 1e-15);
        assert_eq!((jaccard_error(1.5), jaccard_error(f64::NAN)), (None, None));
    }
}
