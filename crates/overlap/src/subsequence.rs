//! The longest common subsequence, 64 cells of its table at a time.

use std::collections::HashMap;
use std::hash::Hash;

/// How many cells the table of two sequences may have, beginning and end that they share left out. So many took 1.4
/// seconds of one core, optimised.
pub const MAX_CELLS: u64 = 1 << 36;

/// Two texts whose comparison would take too long.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("texts of {first} and {second} symbols are too long to be compared, cut each to {each}", each = MAX_CELLS.isqrt())]
#[expect(missing_docs, reason = "the message says it")]
pub struct TooLong {
    pub first: usize,
    pub second: usize,
}

/// Length of the longest sequence whose members stand in both `a` and `b` in this order, not necessarily side by side.
///
/// Bit-parallel: Hyyrö, "Bit-parallel LCS-length computation revisited" (2004). A block of 64 symbols of the shorter
/// sequence is carried along the whole longer one, so that memory grows with |a| + |b| however many kinds of symbols
/// there are. Time |a|·|b|/64.
pub(crate) fn lcs<T: Eq + Hash>(a: &[T], b: &[T]) -> Result<usize, TooLong> {
    let start = a.iter().zip(b).take_while(|(x, y)| x == y).count();
    let (rest_a, rest_b) = (&a[start..], &b[start..]);
    let end = rest_a.iter().rev().zip(rest_b.iter().rev()).take_while(|(x, y)| x == y).count();
    let (rest_a, rest_b) = (&rest_a[..rest_a.len() - end], &rest_b[..rest_b.len() - end]);
    if (rest_a.len() as u64).saturating_mul(rest_b.len() as u64) > MAX_CELLS {
        return Err(TooLong { first: a.len(), second: b.len() });
    }
    let (short, long) = if rest_a.len() <= rest_b.len() { (rest_a, rest_b) } else { (rest_b, rest_a) };
    Ok(start + end + middle(short, long))
}

fn middle<T: Eq + Hash>(short: &[T], long: &[T]) -> usize {
    let mut ids: HashMap<&T, usize> = HashMap::new();
    let short: Vec<usize> = short
        .iter()
        .map(|symbol| {
            let next = ids.len();
            *ids.entry(symbol).or_insert(next)
        })
        .collect();
    // One more id for what the shorter one does not have: its mask stays empty.
    let mut masks = vec![0_u64; ids.len() + 1];
    let long: Vec<usize> = long.iter().map(|symbol| ids.get(symbol).copied().unwrap_or(ids.len())).collect();
    let mut carries = vec![false; long.len()];
    let mut length = 0;
    for block in short.chunks(64) {
        for (bit, id) in block.iter().enumerate() {
            masks[*id] |= 1 << bit;
        }
        // A bit that is clear is a row in which the length grows by one.
        let mut rows = u64::MAX;
        for (id, carry) in long.iter().zip(&mut carries) {
            let mask = masks[*id];
            let (sum, over) = rows.overflowing_add(rows & mask);
            let (sum, over_again) = sum.overflowing_add(u64::from(*carry));
            *carry = over || over_again;
            rows = sum | (rows & !mask);
        }
        // Rows beyond a short last block have no mask, and stay set.
        length += rows.count_zeros() as usize;
        for id in block {
            masks[*id] = 0;
        }
    }
    length
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    /// The table, cell by cell.
    fn by_table(a: &[u8], b: &[u8]) -> usize {
        let mut last = vec![0; b.len() + 1];
        for x in a {
            let mut next = vec![0];
            for (j, y) in b.iter().enumerate() {
                next.push(if x == y { last[j] + 1 } else { last[j + 1].max(next[j]) });
            }
            last = next;
        }
        last[b.len()]
    }

    proptest! {
        // A case of these takes a while without optimisation.
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn blocks_of_bits_are_the_table(a in vec(0..4_u8, 0..150), b in vec(0..4_u8, 0..150)) {
            prop_assert_eq!(lcs(&a, &b), Ok(by_table(&a, &b)));
        }

        #[test]
        fn many_kinds_of_symbols_are_the_table(a in vec(any::<u8>(), 0..100), b in vec(any::<u8>(), 0..100)) {
            prop_assert_eq!(lcs(&a, &b), Ok(by_table(&a, &b)));
        }
    }

    #[test]
    fn a_carry_passes_a_block_in_which_nothing_was_found() {
        let (first, nothing, third) = ("a".repeat(64), "x".repeat(64), "b".repeat(64));
        let blocks = [first, nothing, third].concat();
        // Its b stands before its a, so that one of them is all there is in common.
        let other = ["b", "a", &"y".repeat(300)].concat();
        assert_eq!(lcs(blocks.as_bytes(), other.as_bytes()), Ok(1));
    }

    #[test]
    fn what_would_take_too_long_is_refused_at_once() {
        let (a, b) = (vec![1; 300_000], vec![2; 300_000]);
        assert_eq!(lcs(&a, &b), Err(TooLong { first: 300_000, second: 300_000 }));
        // What two texts share at both ends costs nothing.
        let mut c = a.clone();
        c[150_000] = 3;
        assert_eq!(lcs(&a, &c), Ok(299_999));
        assert_eq!(lcs(&a, &[]), Ok(0));
    }
}
