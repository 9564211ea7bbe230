//! Two runs compared.

use std::fmt::Write;

use analysis::Difference;

use super::table;
use crate::difference::{FLIPS, flipped, heading, row, sentence, stamp};

pub(super) fn text(difference: &Difference, width: u16) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}\n", heading(difference));
    let _ = writeln!(out, "Change of the score, B against A{}, in percentage points", stamp(difference));
    let header = ["model", "arm", "A %", "B %", "change", "95 %", "p Holm", "detectable"];
    let mut rows = table(&header, 2, width);
    for arm in &difference.arms {
        rows.add_row(row(arm));
    }
    let _ = writeln!(out, "{rows}");
    for arm in &difference.arms {
        let _ = writeln!(out, "{}", sentence(arm));
    }
    for arm in difference.arms.iter().filter(|arm| !arm.flips.is_empty()) {
        let _ = writeln!(out, "\nTasks whose score changed: {} {}", arm.model, arm.arm);
        for flip in arm.flips.iter().take(FLIPS) {
            let _ = writeln!(out, "  {}", flipped(flip));
        }
        if arm.flips.len() > FLIPS {
            let _ = writeln!(out, "  … and {} more", arm.flips.len() - FLIPS);
        }
    }
    let _ = writeln!(out, "\nWhat else is not the same");
    if difference.setup.is_empty() {
        let _ = writeln!(out, "  nothing that the plans record");
    }
    for change in &difference.setup {
        let _ = writeln!(out, "  {}: {} → {}", change.what, change.a, change.b);
    }
    for what in &difference.left_out {
        let _ = writeln!(out, "  left out: {what}");
    }
    out
}
