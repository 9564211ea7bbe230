use serde::{Deserialize, Serialize};

/// Which part of a text a model is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Share {
    /// 40 %.
    Forty,
    /// 60 %: the one that exact reproduction is judged at.
    Sixty,
    /// 80 %.
    Eighty,
}

impl Share {
    /// All three, the smallest first.
    pub const ALL: [Share; 3] = [Share::Forty, Share::Sixty, Share::Eighty];

    /// In percent.
    pub fn percent(self) -> usize {
        match self {
            Share::Forty => 40,
            Share::Sixty => 60,
            Share::Eighty => 80,
        }
    }
}

/// A text in two: what a model is shown, and what it is to go on with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Split<'a> {
    share: Share,
    prefix: &'a str,
    tail: &'a str,
    prefix_words: usize,
    tail_words: usize,
}

impl<'a> Split<'a> {
    /// Fewer words than this, and a text is not asked about.
    pub const MIN_WORDS: usize = 25;
    /// A shorter tail than this may be met by chance.
    pub const MIN_TAIL_WORDS: usize = 8;

    /// Where it was cut.
    pub fn share(&self) -> Share {
        self.share
    }

    /// What a model is shown, with the line breaks of the text and without white space at its ends.
    pub fn prefix(&self) -> &'a str {
        self.prefix
    }

    /// The rest, in the same form.
    pub fn tail(&self) -> &'a str {
        self.tail
    }

    /// Words of the tail, by white space; at least 1.
    pub fn tail_words(&self) -> usize {
        self.tail_words
    }

    /// Whether the text is long enough to be asked about; if not, skip it.
    pub fn is_long_enough(&self) -> bool {
        self.prefix_words + self.tail_words >= Split::MIN_WORDS && self.tail_words >= Split::MIN_TAIL_WORDS
    }
}

/// Cuts `text` after clamp(⌈share · W⌉, 1, W − 1) of its W words, words being what white space parts.
///
/// `None` with fewer than two words.
pub fn split(text: &str, share: Share) -> Option<Split<'_>> {
    let text = text.trim();
    let words = text.split_whitespace().count();
    if words < 2 {
        return None;
    }
    // In whole numbers: 0.6 is no binary fraction, and must not round a word up.
    let prefix_words = (share.percent() * words).div_ceil(100).clamp(1, words - 1);
    let (prefix, rest) = text.split_at(end_of_word(text, prefix_words));
    Some(Split { share, prefix, tail: rest.trim_start(), prefix_words, tail_words: words - prefix_words })
}

/// Where the `nth` word ends, in bytes, counting from 1; the text's end when it has fewer.
fn end_of_word(text: &str, nth: usize) -> usize {
    let mut ended = 0;
    let mut in_word = false;
    for (at, character) in text.char_indices() {
        let space = character.is_whitespace();
        ended += usize::from(in_word && space);
        if ended == nth {
            return at;
        }
        in_word = !space;
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_words_are_parted_at_every_share_and_one_is_not() {
        for share in Share::ALL {
            let parted = split(" a\n b ", share).unwrap();
            assert_eq!((parted.prefix(), parted.tail(), parted.tail_words()), ("a", "b", 1));
            assert!(split("one", share).is_none() && split(" \n", share).is_none());
        }
    }

    #[test]
    fn a_whole_share_is_not_rounded_up() {
        let text = "w ".repeat(35);
        assert_eq!(split(&text, Share::Sixty).unwrap().tail_words(), 14);
        assert_eq!(split(&text, Share::Eighty).unwrap().tail_words(), 7);
    }

    #[test]
    fn line_breaks_of_code_stay() {
        let parted = split("def f():\n    return 1\n", Share::Forty).unwrap();
        assert_eq!((parted.prefix(), parted.tail()), ("def f():", "return 1"));
        let parted = split("a\n  b\n  c d", Share::Forty).unwrap();
        assert_eq!(parted.prefix(), "a\n  b");
    }

    #[test]
    fn short_texts_and_short_tails_are_skipped() {
        let long_enough = |words: usize, share| split(&"w ".repeat(words), share).unwrap().is_long_enough();
        assert!(long_enough(25, Share::Sixty) && !long_enough(24, Share::Sixty));
        assert!(!long_enough(39, Share::Eighty) && long_enough(40, Share::Eighty));
    }
}
