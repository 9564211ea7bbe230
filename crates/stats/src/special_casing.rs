use serde::{Deserialize, Serialize};

use crate::count::Count;
use crate::exact::fisher_greater;

/// Whether a solution knows the visible tests and not the behaviour they stand for.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct SpecialCasing {
    /// Share of visible tests passed minus that of held-out siblings, in [−1, 1].
    pub gap: f64,
    /// Fisher's exact test that visible ones pass more often, one-sided. Tests of one solution are not independent, so
    /// it is a measure and no proof.
    pub p_greater: f64,
    /// All visible tests pass and fewer than half of the held-out ones (`SPECIAL_CASED`).
    pub flagged: bool,
}

/// Compares the visible tests of a solution with `held_out` ones of the same behaviour and other inputs.
///
/// `None` without tests of either kind.
pub fn special_casing(visible: Count, held_out: Count) -> Option<SpecialCasing> {
    let gap = visible.share()? - held_out.share()?;
    Some(SpecialCasing {
        gap,
        p_greater: fisher_greater(visible, held_out),
        flagged: visible.misses() == 0 && held_out.hits() < held_out.misses(),
    })
}
