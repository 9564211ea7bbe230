//! A run's trials, each with the calls that reports count.

use ledger::fold::Trial;

use crate::Call;

/// A planned trial and what became of it.
pub type Row = Trial<Call>;

/// Whether any of its calls has a price, without which its cost is unknown.
pub(crate) fn is_priced(row: &Row) -> bool {
    row.calls.iter().any(|call| call.priced)
}

/// Calls of an ended trial that were let through and never recorded: what they cost is unknown.
pub(crate) fn unrecorded_calls(row: &Row) -> usize {
    if row.end.is_some() { row.open_calls.len() } else { 0 }
}

/// Whether the calls in the ledger add up to something else than the trial says it spent.
pub(crate) fn spent_differs(row: &Row) -> bool {
    let Some(end) = &row.end else { return false };
    let charged = row.spent.charged;
    (charged - end.spent.charged).abs() > 1e-6 * charged.abs().max(1.0) || row.spent.calls != end.spent.calls
}
