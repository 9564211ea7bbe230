use crate::subsequence::{TooLong, lcs};

/// Two texts that have no Indel similarity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "the messages say it")]
pub enum Incomparable {
    #[error("two empty texts have no similarity, give one with a character")]
    BothEmpty,
    #[error(transparent)]
    TooLong(#[from] TooLong),
}

/// 2·LCS/(|a| + |b|) over characters (Unicode scalar values): 1 for equal texts, 0 when no character is shared. One
/// minus the number of insertions and deletions that turn one text into the other, over their lengths.
///
/// # Errors
/// [`Incomparable`] when both texts are empty, or too long.
pub fn indel_similarity(a: &str, b: &str) -> Result<f64, Incomparable> {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    if a.is_empty() && b.is_empty() {
        return Err(Incomparable::BothEmpty);
    }
    Ok(2.0 * lcs(&a, &b)? as f64 / (a.len() + b.len()) as f64)
}
