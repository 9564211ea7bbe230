//! What a record holds of a client's own words: a client may send millions of names, or one of millions of letters, and
//! each line of a ledger is kept.

use ledger::event::Loss;

/// Longest word of a client's, in bytes.
const LONGEST: usize = 512;

/// Most entries of a list.
const MOST: usize = 200;

/// Longest sentence with words of a client's or a provider's in it, in bytes.
const SENTENCE: usize = 8 * LONGEST;

/// A word, cut where it is too long.
pub(super) fn word(text: String) -> String {
    cut(text, LONGEST)
}

/// A sentence, cut where it is too long.
pub(super) fn sentence(text: String) -> String {
    cut(text, SENTENCE)
}

fn cut(mut text: String, most: usize) -> String {
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most));
        text.push('…');
    }
    text
}

/// A list of words, cut where it is too long.
pub(super) fn words(list: Vec<String>) -> Vec<String> {
    let more = list.len().saturating_sub(MOST);
    let told = (more > 0).then(|| format!("and {more} more"));
    list.into_iter().take(MOST).map(word).chain(told).collect()
}

/// The same of losses. Those that are not listed may have changed something, where one of them does.
pub(super) fn losses(list: Vec<Loss>) -> Vec<Loss> {
    let more = list.len().saturating_sub(MOST);
    let changes = list.iter().skip(MOST).any(|loss| loss.changes);
    let told = (more > 0).then(|| Loss { path: "…".into(), reason: format!("and {more} more"), changes });
    let short = |loss: Loss| Loss { path: word(loss.path), reason: word(loss.reason), changes: loss.changes };
    list.into_iter().take(MOST).map(short).chain(told).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_short_stays_and_what_is_long_is_cut_and_counted() {
        assert_eq!(words(vec!["a".into(); MOST]), vec!["a"; MOST]);
        let many = words(vec!["é".repeat(LONGEST); MOST + 7]);
        assert_eq!((many.len(), many[MOST].as_str()), (MOST + 1, "and 7 more"));
        assert!(many[0].ends_with('…') && many[0].len() <= LONGEST + '…'.len_utf8());
        let loss = |changes| Loss { path: "p".into(), reason: "r".into(), changes };
        let many = losses([vec![loss(false); MOST], vec![loss(true)]].concat());
        assert_eq!((many.len(), many[MOST].changes), (MOST + 1, true));
    }
}
