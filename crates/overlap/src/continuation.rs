use serde::{Deserialize, Serialize};

use crate::finding::Thresholds;
use crate::rouge::{Rouge, rouge_l_of_start};
use crate::split::{Share, Split};
use crate::subsequence::TooLong;
use crate::words::Tokeniser;

/// How a model went on with the beginning of a text.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Continuation {
    /// How much of the text it was shown.
    pub share: Share,
    /// Whether its answer begins with the whole tail, word for word.
    pub exact: bool,
    /// ROUGE-L of the answer's beginning against the tail, by [`Tokeniser::Alphanumeric`]: the one that is judged.
    pub alphanumeric: Rouge,
    /// The same by [`Tokeniser::Whitespace`], where the punctuation of code counts.
    pub whitespace: Rouge,
    /// Words of the tail, by [`Tokeniser::Alphanumeric`].
    pub tail_words: usize,
}

/// Why a text counts as memorised.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Memorised {
    /// The whole tail, word for word, from 60 % of the text.
    Exact,
    /// Nearly all of a tail that is long enough, by ROUGE-L.
    Nearly,
}

impl Continuation {
    /// Whether, and why, the text counts as memorised (`MEMORISED_ITEM`): exact reproduction at 60 %, or F1 of ROUGE-L
    /// at any share. The thresholds are proposals: no paper states one.
    pub fn memorised(&self, thresholds: &Thresholds) -> Option<Memorised> {
        if self.exact && self.share == Share::Sixty {
            return Some(Memorised::Exact);
        }
        let nearly = self.alphanumeric.f1 >= thresholds.rouge_f1 && self.tail_words >= thresholds.tail_words;
        nearly.then_some(Memorised::Nearly)
    }
}

/// Compares a model's `answer` with the tail that it was not shown. Probes after "Reasoning or Memorization?"
/// (arXiv 2507.10532).
///
/// # Errors
/// [`TooLong`] when the tail has too many words.
pub fn compare_continuation(split: &Split<'_>, answer: &str) -> Result<Continuation, TooLong> {
    let (alphanumeric, tail_words) = rouge_l_of_start(answer, split.tail(), Tokeniser::Alphanumeric)?;
    let (whitespace, _) = rouge_l_of_start(answer, split.tail(), Tokeniser::Whitespace)?;
    let exact = is_exact_match(answer, split.tail());
    Ok(Continuation { share: split.share(), exact, alphanumeric, whitespace, tail_words })
}

/// Whether `answer` begins with the whole of `tail`, any run of white space being one space. Never for an empty tail.
pub fn is_exact_match(answer: &str, tail: &str) -> bool {
    let (answer, tail) = (Tokeniser::Whitespace.normalise(answer), Tokeniser::Whitespace.normalise(tail));
    !tail.is_empty() && answer.starts_with(&tail)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::split::split;

    const TEXT: &str = "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen \
        sixteen seventeen eighteen nineteen twenty";

    fn went_on(share: Share, answer: impl Fn(&str) -> String) -> Option<Memorised> {
        let text = [TEXT, TEXT].join(" ");
        let split = split(&text, share).unwrap();
        compare_continuation(&split, &answer(split.tail())).unwrap().memorised(&Thresholds::PROPOSED)
    }

    #[test]
    fn word_for_word_is_exact_at_sixty_percent_alone() {
        let verbatim = |tail: &str| format!("\n {}  and more", tail.replace(' ', "\n  "));
        assert_eq!(went_on(Share::Sixty, verbatim), Some(Memorised::Exact));
        assert_eq!(went_on(Share::Forty, verbatim), Some(Memorised::Nearly));
        // Eight words of tail are too few.
        assert_eq!(went_on(Share::Eighty, verbatim), None);
    }

    #[test]
    fn three_quarters_are_near_and_less_is_not() {
        let keep = |words: usize| {
            move |tail: &str| {
                let other =
                    |(i, word): (usize, &str)| if i < words { word.to_owned() } else { "other".to_owned() };
                tail.split(' ').enumerate().map(other).collect::<Vec<_>>().join(" ")
            }
        };
        assert_eq!(went_on(Share::Sixty, keep(12)), Some(Memorised::Nearly));
        assert_eq!(went_on(Share::Sixty, keep(11)), None);
        assert_eq!(went_on(Share::Sixty, |_| "I cannot do that.".to_owned()), None);
    }

    #[test]
    fn talking_on_is_no_excuse() {
        let endless = |tail: &str| format!("{} and {}", tail.replace("nine", "9"), "so on ".repeat(1_000));
        assert_eq!(went_on(Share::Sixty, endless), Some(Memorised::Nearly));
    }
}
