//! What must hold for all texts.

use overlap::{
    Grams, MinHash, PlainText, Share, Tokeniser, compare_continuation, corpus_overlap, indel_similarity,
    is_exact_match, rouge_l, split,
};
use proptest::prelude::*;

/// Few words, so that texts share many; and what is no word.
fn prose() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        "[ab]",
        "[a-c]{2}",
        Just("É—ß".to_owned()),
        "[A-Z0-9]{1,3}",
        Just("\u{2003}\n".to_owned())
    ];
    proptest::collection::vec(word, 0..60).prop_map(|words| words.join(" "))
}

proptest! {
    #[test]
    fn similarities_are_symmetric_and_within_bounds(a in prose(), b in prose()) {
        for tokeniser in Tokeniser::ALL {
            let (there, back) = (rouge_l(&a, &b, tokeniser).unwrap(), rouge_l(&b, &a, tokeniser).unwrap());
            prop_assert_eq!((there.precision, there.recall), (back.recall, back.precision));
            prop_assert!((there.f1 - back.f1).abs() < 1e-12);
            for value in [there.precision, there.recall, there.f1] {
                prop_assert!((0.0..=1.0).contains(&value));
            }
        }
        let indel = indel_similarity(&a, &b);
        prop_assert_eq!(indel, indel_similarity(&b, &a));
        prop_assert!(indel.is_ok_and(|indel| (0.0..=1.0).contains(&indel)) || a.is_empty() && b.is_empty());
        let (there, back) = (corpus_overlap(&a, &b), corpus_overlap(&b, &a));
        prop_assert_eq!(there.eight.jaccard(), back.eight.jaccard());
        prop_assert_eq!(there.eight.shared, back.eight.shared);
        prop_assert!(there.eight.shared <= there.eight.task.min(there.eight.candidate));
        // 13 words in a row that are shared are six times 8 words, not all of them different.
        prop_assert!(there.thirteen.shared == 0 || there.eight.shared > 0);
        if let (Some(contained), Some(jaccard)) = (there.eight.containment(), there.eight.jaccard()) {
            prop_assert!(jaccard <= contained + 1e-12 && contained <= 1.0);
        }
    }

    #[test]
    fn a_text_is_wholly_like_itself(text in prose()) {
        for tokeniser in Tokeniser::ALL {
            let rouge = rouge_l(&text, &text, tokeniser).unwrap();
            prop_assert!(rouge.f1 == 1.0 || (rouge.f1 == 0.0 && tokeniser == Tokeniser::Alphanumeric)
                || text.trim().is_empty());
        }
        let plain = PlainText::of(&text);
        let grams = Grams::<3>::of(&plain);
        prop_assert_eq!(grams.is_empty(), plain.words().count() < 3);
        if let Some(sketch) = MinHash::of(&grams) {
            prop_assert_eq!(grams.overlap(&grams).jaccard(), Some(1.0));
            prop_assert_eq!(sketch.matches(&sketch), 128);
        }
        if !text.is_empty() {
            prop_assert_eq!(indel_similarity(&text, &text), Ok(1.0));
        }
        prop_assert_eq!(PlainText::of(plain.as_str()), plain.clone());
    }

    #[test]
    fn insertions_cost_what_they_are(text in prose(), more in "[x-z]{1,40}") {
        let longer = format!("{text}{more}");
        let (short, long) = (text.chars().count() as f64, longer.chars().count() as f64);
        prop_assert_eq!(indel_similarity(&text, &longer), Ok(2.0 * short / (short + long)));
    }

    #[test]
    fn a_split_loses_no_word(text in prose()) {
        let words: Vec<&str> = text.split_whitespace().collect();
        let mut last = 0;
        for share in Share::ALL {
            let Some(parted) = split(&text, share) else {
                prop_assert!(words.len() < 2);
                continue;
            };
            let both = [parted.prefix(), parted.tail()];
            let shown = parted.prefix().split_whitespace().count();
            prop_assert_eq!(both.map(str::trim), both);
            prop_assert_eq!(both.iter().flat_map(|part| part.split_whitespace()).collect::<Vec<_>>(), words.clone());
            prop_assert!(shown >= last && shown >= 1 && parted.tail_words() >= 1);
            prop_assert_eq!(shown + parted.tail_words(), words.len());
            // The least number of words that is not below the share, where both parts have one.
            let enough = |shown: usize| shown * 100 >= share.percent() * words.len();
            prop_assert!(enough(shown) || shown + 1 == words.len());
            prop_assert!(shown == 1 || !enough(shown - 1));
            last = shown;
        }
    }

    #[test]
    fn the_true_tail_is_exact_whatever_follows(text in prose(), more in prose()) {
        let Some(parted) = split(&text, Share::Sixty) else { return Ok(()) };
        let found = compare_continuation(&parted, &format!("{}\n{more}", parted.tail())).unwrap();
        prop_assert!(found.exact);
        prop_assert_eq!(found.whitespace.f1, 1.0);
        let preceded = format!("no {}", parted.tail());
        prop_assert!(!is_exact_match(&preceded, parted.tail()));
    }
}

#[test]
fn sketches_estimate_what_texts_share() {
    let numbers = |range: std::ops::Range<u32>| range.map(|n| format!("w{n}")).collect::<Vec<_>>().join(" ");
    let (a, b) = (PlainText::of(&numbers(0..3_000)), PlainText::of(&numbers(1_000..4_000)));
    let (a, b) = (Grams::<5>::of(&a), Grams::of(&b));
    let jaccard = a.overlap(&b).jaccard().unwrap();
    let estimate = MinHash::of(&a).unwrap().similarity(&MinHash::of(&b).unwrap());
    let error = overlap::jaccard_error(jaccard).unwrap();
    assert!((jaccard - 0.5).abs() < 0.01 && (estimate - jaccard).abs() < 3.0 * error, "{estimate}");
}
