use serde::{Deserialize, Serialize};

/// What one subject did on one item: passes of attempts, 0 of 0 when it was not planned to try.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cell {
    /// Attempts that passed.
    pub passes: u32,
    /// Attempts made.
    pub attempts: u32,
}

/// Counts for every subject (a model in an arm) and item (a task), checked for shape.
#[derive(Debug, Clone, PartialEq)]
pub struct Responses {
    rows: Vec<Vec<Cell>>,
    items: usize,
}

/// Counts that no ability model can be fitted to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum ResponsesError {
    #[error("an ability model needs at least two subjects and two items")]
    TooFew,
    #[error("subject {subject} has {found} items, but the first has {expected}")]
    Ragged { subject: usize, found: usize, expected: usize },
    #[error("subject {subject} passed item {item} more often than it tried")]
    Impossible { subject: usize, item: usize },
    #[error("subject {subject} tried no item: leave it out")]
    Idle { subject: usize },
}

impl Responses {
    /// `rows` holds one row of items per subject.
    ///
    /// # Errors
    /// [`ResponsesError`] when rows are too few, too short, unequal, impossible, or a subject tried nothing.
    pub fn new(rows: Vec<Vec<Cell>>) -> Result<Responses, ResponsesError> {
        let items = rows.first().map_or(0, Vec::len);
        if rows.len() < 2 || items < 2 {
            return Err(ResponsesError::TooFew);
        }
        for (subject, row) in rows.iter().enumerate() {
            if row.len() != items {
                return Err(ResponsesError::Ragged { subject, found: row.len(), expected: items });
            }
            if let Some(item) = row.iter().position(|cell| cell.passes > cell.attempts) {
                return Err(ResponsesError::Impossible { subject, item });
            }
            if row.iter().all(|cell| cell.attempts == 0) {
                return Err(ResponsesError::Idle { subject });
            }
        }
        Ok(Responses { rows, items })
    }

    /// Number of subjects.
    pub fn subjects(&self) -> usize {
        self.rows.len()
    }

    /// Number of items.
    pub fn items(&self) -> usize {
        self.items
    }

    /// The counts of `subject` on `item`.
    pub(crate) fn cell(&self, subject: usize, item: usize) -> Cell {
        self.rows[subject][item]
    }

    /// Passes and attempts of `subject` over all items.
    pub(crate) fn totals(&self, subject: usize) -> (f64, f64) {
        let add = |(passes, attempts): (u64, u64), cell: &Cell| {
            (passes + u64::from(cell.passes), attempts + u64::from(cell.attempts))
        };
        let (passes, attempts) = self.rows[subject].iter().fold((0, 0), add);
        (passes as f64, attempts as f64)
    }

    /// Items in an order of their content, so that sums do not depend on the order they came in.
    pub(crate) fn canonical_items(&self) -> Vec<usize> {
        let content = |item: usize| self.rows.iter().map(|row| row[item]).collect::<Vec<Cell>>();
        let mut order: Vec<usize> = (0..self.items).collect();
        order.sort_by_cached_key(|item| content(*item));
        order
    }
}

/// ln σ(x) without overflow.
pub(crate) fn log_sigmoid(x: f64) -> f64 {
    if x >= 0.0 { -(-x).exp().ln_1p() } else { x - x.exp().ln_1p() }
}
