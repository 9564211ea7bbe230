/// How a text is cut into words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Tokeniser {
    /// Runs of `[a-z0-9]` after lower-casing, as in Google's `rouge_score` without its stemmer. Loses punctuation, and
    /// every letter outside ASCII.
    Alphanumeric,
    /// Runs of what is not white space (Unicode's `White_Space`). Keeps case, and the punctuation of code.
    Whitespace,
}

impl Tokeniser {
    /// Both, in the order in which reports show them.
    pub const ALL: [Tokeniser; 2] = [Tokeniser::Alphanumeric, Tokeniser::Whitespace];

    /// The words of `text`, joined by single spaces.
    pub(crate) fn normalise(self, text: &str) -> String {
        match self {
            Tokeniser::Alphanumeric => {
                let lower = text.to_lowercase();
                join(lower.split(|c: char| !c.is_ascii_lowercase() && !c.is_ascii_digit()))
            }
            Tokeniser::Whitespace => join(text.split_whitespace()),
        }
    }
}

fn join<'a>(words: impl Iterator<Item = &'a str>) -> String {
    let mut joined = String::new();
    for word in words.filter(|word| !word.is_empty()) {
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(word);
    }
    joined
}

/// The words of a text that [`Tokeniser::normalise`] gave.
pub(crate) fn words(normalised: &str) -> impl Iterator<Item = &str> {
    normalised.split(' ').filter(|word| !word.is_empty())
}

/// A text reduced to lower-case ASCII letters and digits, its words joined by single spaces: what texts of a corpus
/// are compared in.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct PlainText(String);

impl PlainText {
    /// Reduces `text`.
    pub fn of(text: &str) -> PlainText {
        PlainText(Tokeniser::Alphanumeric.normalise(text))
    }

    /// The reduced text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its words, in order.
    pub fn words(&self) -> impl Iterator<Item = &str> {
        words(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_joined_by_one_space() {
        assert_eq!(PlainText::of("  x_1 = Foo(BAR);\n\tÉté 2 ").as_str(), "x 1 foo bar t 2");
        assert_eq!(Tokeniser::Whitespace.normalise("\u{a0}x_1 =\u{2003} Foo(BAR);\n"), "x_1 = Foo(BAR);");
        assert_eq!(PlainText::of("—…é").words().count(), 0);
        // The Kelvin sign is a k in lower case, as Python has it.
        assert_eq!(PlainText::of("\u{212a}").as_str(), "k");
    }
}
