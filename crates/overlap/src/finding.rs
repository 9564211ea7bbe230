use serde::{Deserialize, Serialize};

/// What a text's similarity to another may be a sign of. Evidence about one text, and no proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Finding {
    /// A model went on with a text's beginning as the text does.
    #[serde(rename = "MEMORISED_ITEM")]
    MemorisedItem,
    /// A task shares 13 words in a row with a text of a corpus.
    #[serde(rename = "OVERLAP_13")]
    Overlap13,
    /// A task is nearly a text of a corpus.
    #[serde(rename = "NEAR_DUP")]
    NearDup,
    /// A task is so like a text of a corpus that a person should look.
    #[serde(rename = "REVIEW")]
    Review,
}

impl Finding {
    /// All of them, the strongest first.
    pub const ALL: [Finding; 4] =
        [Finding::MemorisedItem, Finding::Overlap13, Finding::NearDup, Finding::Review];

    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Finding::MemorisedItem => "MEMORISED_ITEM",
            Finding::Overlap13 => "OVERLAP_13",
            Finding::NearDup => "NEAR_DUP",
            Finding::Review => "REVIEW",
        }
    }
}

/// From where on a similarity is a finding; the values belong to the plan's lock. Each end is included.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Thresholds {
    /// Least F1 of ROUGE-L of a memorised text, in [0, 1].
    pub rouge_f1: f64,
    /// Least number of words in a tail that is judged by ROUGE-L.
    pub tail_words: usize,
    /// Least containment of 8-grams of a near duplicate, in [0, 1].
    pub near_containment: f64,
    /// Least Indel similarity of a near duplicate, in [0, 1].
    pub near_indel: f64,
    /// Least Indel similarity that a person should look at, in [0, 1].
    pub review_indel: f64,
}

impl Thresholds {
    /// Judgement calls, stated before any run.
    pub const PROPOSED: Thresholds = Thresholds {
        rouge_f1: 0.75,
        tail_words: 15,
        near_containment: 0.5,
        near_indel: 0.9,
        review_indel: 0.8,
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_written_form() {
        for finding in Finding::ALL {
            assert_eq!(serde_json::to_value(finding).unwrap(), finding.name());
        }
    }
}
