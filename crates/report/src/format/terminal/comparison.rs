//! Many runs compared.

use analysis::Comparison;

use super::table;
use crate::comparison::{COLUMNS, heading, notes, row};

pub(super) fn text(comparison: &Comparison, width: u16) -> String {
    let mut rows = table(&COLUMNS, 3, width);
    for subject in &comparison.subjects {
        rows.add_row(row(comparison, subject));
    }
    let notes: String = notes(comparison).iter().map(|note| format!("{note}\n")).collect();
    format!("{}\n\n{rows}\n{notes}", heading(comparison))
}
