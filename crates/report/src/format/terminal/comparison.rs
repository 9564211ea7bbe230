//! Many runs compared.

use analysis::Comparison;

use super::{Column, number, table, words, wrap};
use crate::comparison::{COLUMNS, heading, notes, row};

/// How much each of [`COLUMNS`] is worth where not all fit.
const RANKS: [u8; COLUMNS.len()] = [1, 0, 4, 0, 0, 2, 5, 3, 6];

pub(super) fn text(comparison: &Comparison, width: u16) -> String {
    let column = |place: usize| {
        if place < 3 { words(COLUMNS[place], RANKS[place]) } else { number(COLUMNS[place], RANKS[place]) }
    };
    let columns: Vec<Column> = (0..COLUMNS.len()).map(column).collect();
    let rows = comparison.subjects.iter().map(|subject| row(comparison, subject)).collect();
    let notes: String = notes(comparison).iter().map(|note| wrap(note, "  ", width)).collect();
    format!("{}\n{}\n\n{notes}", wrap(&heading(comparison), "", width), table(&columns, rows, width))
}
