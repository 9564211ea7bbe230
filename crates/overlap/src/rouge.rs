use serde::{Deserialize, Serialize};

use crate::subsequence::{TooLong, lcs};
use crate::words::{Tokeniser, words};

/// ROUGE-L: how much of two texts is their longest common subsequence of words. Each in [0, 1]; all 0 when either text
/// has no word.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Rouge {
    /// Share of the prediction's words.
    pub precision: f64,
    /// Share of the reference's words.
    pub recall: f64,
    /// Harmonic mean of both.
    pub f1: f64,
}

/// ROUGE-L of `prediction` against `reference` (Lin 2004), with equal weights for precision and recall.
///
/// # Errors
/// [`TooLong`] when the texts have too many words.
pub fn rouge_l(prediction: &str, reference: &str, tokeniser: Tokeniser) -> Result<Rouge, TooLong> {
    let (prediction, reference) = (tokeniser.normalise(prediction), tokeniser.normalise(reference));
    of_words(&words(&prediction).collect::<Vec<_>>(), &words(&reference).collect::<Vec<_>>())
}

/// ROUGE-L of only so many first words of `prediction` as `reference` has: a model that goes on and on is not
/// penalised for it. Beside it the number of the reference's words.
///
/// # Errors
/// [`TooLong`] when the texts have too many words.
pub fn rouge_l_of_start(
    prediction: &str,
    reference: &str,
    tokeniser: Tokeniser,
) -> Result<(Rouge, usize), TooLong> {
    let (prediction, reference) = (tokeniser.normalise(prediction), tokeniser.normalise(reference));
    let reference: Vec<&str> = words(&reference).collect();
    let start: Vec<&str> = words(&prediction).take(reference.len()).collect();
    Ok((of_words(&start, &reference)?, reference.len()))
}

fn of_words(prediction: &[&str], reference: &[&str]) -> Result<Rouge, TooLong> {
    let common = lcs(prediction, reference)? as f64;
    if common == 0.0 {
        return Ok(Rouge { precision: 0.0, recall: 0.0, f1: 0.0 });
    }
    let (precision, recall) = (common / prediction.len() as f64, common / reference.len() as f64);
    Ok(Rouge { precision, recall, f1: 2.0 * precision * recall / (precision + recall) })
}
