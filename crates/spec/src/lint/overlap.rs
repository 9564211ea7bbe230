//! Words in a row that a prompt and an instruction share: a prompt must not have been written from the tasks.

use std::collections::HashSet;

/// So many words in a row are no accident.
pub const WORDS: usize = 8;

/// The first words in a row that both texts hold, compared without case and punctuation.
pub fn overlap(prompt: &str, instruction: &str) -> Option<String> {
    let (prompt, instruction) = (words(prompt), words(instruction));
    let known: HashSet<&[String]> = prompt.windows(WORDS).collect();
    instruction.windows(WORDS).find(|window| known.contains(window)).map(|window| window.join(" "))
}

fn words(text: &str) -> Vec<String> {
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty());
    words.map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn eight_words_in_a_row_are_told_and_seven_are_not() {
        let prompt = "Read the files first, then write a test for it. Be brief.";
        assert_eq!(
            overlap(prompt, "Please: FILES first; then write a test, for us!").as_deref(),
            None,
            "seven"
        );
        assert_eq!(
            overlap(prompt, "the files first, then write a - TEST - for").as_deref(),
            Some("the files first then write a test for")
        );
        assert_eq!(overlap("", ""), None);
    }
}
