//! How alike texts are, for probes of contamination: texts and dates in, similarities and findings out.
//!
//! A probe asks a model to go on with a text ([`split()`], [`compare_continuation`]), or looks for a task in a corpus
//! ([`corpus_overlap`], [`MinHash`]). What it finds is evidence about one text. Tests over many are in `stats`. A low
//! similarity clears nobody: paraphrases and translations are not seen here.
//!
//! Texts come from models and from the net. No text makes this crate panic, and none takes unbounded time: what is
//! quadratic is refused above a limit ([`TooLong`]), all else grows with the text. This crate must never do I/O, call a
//! model, or say that a model is contaminated or clean.
//!
//! ```
//! use overlap::{Finding, Thresholds, corpus_overlap};
//!
//! let found = corpus_overlap("Reverse the words of a line.", "reverse THE words, of a line");
//! assert_eq!(found.findings(&Thresholds::PROPOSED), [Finding::NearDup]);
//! ```

mod canary;
mod continuation;
mod corpus;
mod dates;
mod finding;
mod grams;
mod indel;
mod min_hash;
mod rouge;
mod split;
mod subsequence;
mod words;

pub use canary::{Canary, CanaryError, CanaryRecall};
pub use continuation::{Continuation, Memorised, compare_continuation, is_exact_match};
pub use corpus::{CorpusOverlap, corpus_overlap};
pub use dates::{DateClass, DateError, ModelDates, Publication, cutoff_day};
pub use finding::{Finding, Thresholds};
pub use grams::{GramOverlap, Grams};
pub use indel::{Incomparable, indel_similarity};
pub use min_hash::{MinHash, jaccard_error};
pub use rouge::{Rouge, rouge_l, rouge_l_of_start};
pub use split::{Share, Split, split};
pub use subsequence::{MAX_CELLS, TooLong};
pub use words::{PlainText, Tokeniser};
