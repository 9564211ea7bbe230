use std::collections::HashSet;

use serde::{Deserialize, Serialize};

use crate::words::PlainText;

/// The different sequences of `N` words in a text. A text with fewer words has none.
#[derive(Debug, Clone)]
pub struct Grams<'a, const N: usize> {
    grams: HashSet<&'a str>,
}

impl<'a, const N: usize> Grams<'a, N> {
    /// Those of `text`. Time and memory grow with `N` times the text.
    pub fn of(text: &'a PlainText) -> Grams<'a, N> {
        const { assert!(N > 0, "a sequence has a word") };
        let all = text.as_str();
        let mut next = 0;
        let spans: Vec<(usize, usize)> = text
            .words()
            .map(|word| {
                let start = next;
                next = start + word.len() + 1;
                (start, start + word.len())
            })
            .collect();
        // Single spaces part the words, so a slice of the text is a sequence, and as unique as it.
        let grams = spans.windows(N).map(|window| &all[window[0].0..window[N - 1].1]).collect();
        Grams { grams }
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.grams.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.grams.is_empty()
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &'a str> {
        self.grams.iter().copied()
    }

    /// What a task, `self`, shares with a text of a corpus.
    pub fn overlap(&self, candidate: &Grams<'_, N>) -> GramOverlap {
        let shared = self.grams.iter().filter(|gram| candidate.grams.contains(**gram)).count();
        GramOverlap { shared, task: self.len(), candidate: candidate.len() }
    }
}

/// How many sequences of words a task shares with a text of a corpus: counts of different ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GramOverlap {
    /// In both.
    pub shared: usize,
    /// In the task.
    pub task: usize,
    /// In the corpus's text.
    pub candidate: usize,
}

impl GramOverlap {
    /// |A ∩ B|/|A|: how much of the task is in the text; `None` for a task without any sequence.
    pub fn containment(&self) -> Option<f64> {
        (self.task > 0).then(|| self.shared as f64 / self.task as f64)
    }

    /// |A ∩ B|/|A ∪ B|; `None` when neither has any sequence.
    pub fn jaccard(&self) -> Option<f64> {
        let union = (self.task + self.candidate).saturating_sub(self.shared);
        (union > 0).then(|| self.shared as f64 / union as f64)
    }
}
