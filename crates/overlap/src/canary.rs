use serde::{Deserialize, Serialize};

/// Hex digits of a canary.
const DIGITS: usize = 32;
/// As many of them are shown to a model.
const SHOWN: usize = 16;
/// As many further ones are no chance any more: 16⁻⁸ = 2⁻³².
const TELLING: u8 = 8;

/// A random text of 128 bits that stands in every file of a task and nowhere else: 32 hex digits, in lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Canary(String);

/// A text that is no canary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a canary is 32 hex digits, draw 128 random bits")]
pub struct CanaryError;

/// How many digits that it was not shown a model said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CanaryRecall {
    digits: u8,
}

impl Canary {
    /// Reads a canary; capital digits are the same digits.
    ///
    /// # Errors
    /// [`CanaryError`] unless `text` is 32 hex digits.
    pub fn parse(text: &str) -> Result<Canary, CanaryError> {
        let hex = text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        if hex { Ok(Canary(text.to_ascii_lowercase())) } else { Err(CanaryError) }
    }

    /// The first 16 digits: what a model is shown.
    pub fn shown(&self) -> &str {
        &self.0[..SHOWN]
    }

    /// Whether `text` holds the canary. In what an agent read or wrote, though it was not given the file: a leak.
    pub fn is_in(&self, text: &str) -> bool {
        text.to_ascii_lowercase().contains(&self.0)
    }

    /// How many digits after the shown ones `answer` begins with. Quotes, spaces and the like before them are skipped,
    /// and the shown digits when it repeats them. It reads at one place alone, for a search would find more by chance.
    pub fn recall(&self, answer: &str) -> CanaryRecall {
        let answer = answer.trim_start_matches(|c: char| !c.is_alphanumeric());
        let repeated = answer
            .as_bytes()
            .get(..SHOWN)
            .is_some_and(|start| start.eq_ignore_ascii_case(self.shown().as_bytes()));
        let said = answer.bytes().skip(if repeated { SHOWN } else { 0 });
        let right =
            said.zip(self.0.bytes().skip(SHOWN)).take_while(|(said, digit)| said.eq_ignore_ascii_case(digit));
        // At most 16.
        CanaryRecall { digits: right.count() as u8 }
    }
}

impl CanaryRecall {
    /// Right digits in a row, 0 to 16.
    pub fn digits(self) -> u8 {
        self.digits
    }

    /// The chance of guessing so many or more: 16 to the power of minus their number.
    pub fn p_value(self) -> f64 {
        16.0_f64.powi(-i32::from(self.digits))
    }

    /// Whether the model knew it: 8 digits or more. Fewer prove nothing, least of all that it has not seen the task.
    pub fn is_known(self) -> bool {
        self.digits >= TELLING
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "0123456789abcdeffedcba9876543210";

    #[test]
    fn eight_further_digits_are_telling() {
        let canary = Canary::parse(&TEXT.to_ascii_uppercase()).unwrap();
        assert_eq!(canary.shown(), "0123456789abcdef");
        let recall = |answer: &str| canary.recall(answer);
        assert_eq!(recall(" `FEDCBA98` and so on").digits(), 8);
        assert!(recall("fedcba98").is_known() && !recall("fedcba9").is_known());
        assert_eq!(recall("fedcba98").p_value(), 2.0_f64.powi(-32));
        assert_eq!((recall("").digits(), recall("").p_value()), (0, 1.0));
    }

    #[test]
    fn a_repeated_beginning_is_not_counted() {
        let canary = Canary::parse(TEXT).unwrap();
        assert_eq!(canary.recall(TEXT).digits(), 16);
        assert_eq!(canary.recall("\"0123456789ABCDEF").digits(), 0);
        assert_eq!(canary.recall(&format!("{TEXT}fedcba98")).digits(), 16);
        assert_eq!(canary.recall("Sure: fedcba9876543210").digits(), 0);
        assert_eq!(canary.recall("ﬀ0123456789abcdé").digits(), 0);
    }

    #[test]
    fn it_is_found_in_any_case() {
        let canary = Canary::parse(TEXT).unwrap();
        assert!(canary.is_in(&format!("x{}y", TEXT.to_ascii_uppercase())));
        assert!(!canary.is_in(&TEXT[1..]));
        for wrong in ["", "0123", &TEXT.replace('0', "g"), &TEXT.replace("01", "é")] {
            assert_eq!(Canary::parse(wrong), Err(CanaryError));
        }
    }
}
