use serde::{Deserialize, Serialize};

use crate::finding::{Finding, Thresholds};
use crate::grams::{GramOverlap, Grams};
use crate::indel::indel_similarity;
use crate::words::PlainText;

/// What a task shares with one text of a corpus. Words are those of [`PlainText`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct CorpusOverlap {
    /// Sequences of 8 words.
    pub eight: GramOverlap,
    /// Sequences of 13 words.
    pub thirteen: GramOverlap,
    /// Indel similarity; `None` when both are without a word, or too long to be compared.
    pub indel: Option<f64>,
}

impl CorpusOverlap {
    /// What it is a sign of, the strongest first: `OVERLAP_13` for any shared 13 words, `NEAR_DUP` by 8-grams or Indel
    /// similarity, or else `REVIEW`.
    pub fn findings(&self, thresholds: &Thresholds) -> Vec<Finding> {
        let at_least = |value: Option<f64>, least: f64| value.is_some_and(|value| value >= least);
        let mut found = Vec::new();
        if self.thirteen.shared > 0 {
            found.push(Finding::Overlap13);
        }
        if at_least(self.eight.containment(), thresholds.near_containment)
            || at_least(self.indel, thresholds.near_indel)
        {
            found.push(Finding::NearDup);
        } else if at_least(self.indel, thresholds.review_indel) {
            found.push(Finding::Review);
        }
        found
    }
}

/// Compares a task with a text of a corpus.
pub fn corpus_overlap(task: &str, candidate: &str) -> CorpusOverlap {
    let (task, candidate) = (PlainText::of(task), PlainText::of(candidate));
    CorpusOverlap {
        eight: Grams::<8>::of(&task).overlap(&Grams::of(&candidate)),
        thirteen: Grams::<13>::of(&task).overlap(&Grams::of(&candidate)),
        indel: indel_similarity(task.as_str(), candidate.as_str()).ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NONE: GramOverlap = GramOverlap { shared: 0, task: 20, candidate: 30 };

    fn findings(eight: usize, thirteen: usize, indel: Option<f64>) -> Vec<Finding> {
        let shared = |shared| GramOverlap { shared, ..NONE };
        let overlap = CorpusOverlap { eight: shared(eight), thirteen: shared(thirteen), indel };
        overlap.findings(&Thresholds::PROPOSED)
    }

    #[test]
    fn thresholds_hold_their_own_value() {
        assert_eq!(findings(9, 0, Some(0.79)), []);
        assert_eq!(findings(9, 0, Some(0.8)), [Finding::Review]);
        assert_eq!(findings(9, 0, Some(0.9)), [Finding::NearDup]);
        assert_eq!(findings(10, 0, Some(0.85)), [Finding::NearDup]);
        assert_eq!(findings(0, 1, None), [Finding::Overlap13]);
        assert_eq!(findings(20, 15, Some(1.0)), [Finding::Overlap13, Finding::NearDup]);
    }

    #[test]
    fn a_text_without_words_is_like_nothing() {
        let empty = corpus_overlap("", "—");
        assert_eq!((empty.eight.containment(), empty.eight.jaccard(), empty.indel), (None, None, None));
        assert_eq!(empty.findings(&Thresholds::PROPOSED), []);
    }
}
