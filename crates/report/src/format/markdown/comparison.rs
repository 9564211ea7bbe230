//! Many runs compared.

use std::fmt::Write;

use analysis::Comparison;

use super::{cells, header, text};
use crate::comparison::{COLUMNS, heading, notes, row};

pub(super) fn whole(comparison: &Comparison) -> String {
    let mut out = format!("### {}\n", text(&heading(comparison)));
    header(&mut out, &COLUMNS, 3);
    for subject in &comparison.subjects {
        cells(&mut out, &row(comparison, subject));
    }
    out.push('\n');
    for note in notes(comparison) {
        let _ = writeln!(out, "- {}", text(&note));
    }
    out
}
