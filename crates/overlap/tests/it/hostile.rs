//! Texts that mean it ill: nothing panics, and nothing runs for long.

use overlap::{
    Canary, Finding, Grams, Incomparable, MinHash, PlainText, Share, Thresholds, Tokeniser,
    compare_continuation, corpus_overlap, indel_similarity, rouge_l, split,
};

const ODD: [&str; 8] =
    ["", " ", "\0", "a", "\u{feff}\u{202e}é", "\u{1f468}\u{200d}\u{1f469}", "\r\n\r\n", "İSTANBUL ẞ"];

#[test]
fn short_and_odd_texts_are_compared_with_each_other() {
    let canary = Canary::parse("0123456789abcdeffedcba9876543210").unwrap();
    for a in ODD {
        assert_eq!(canary.recall(a).digits(), 0);
        for b in ODD {
            assert!(!corpus_overlap(a, b).findings(&Thresholds::PROPOSED).contains(&Finding::Overlap13));
            let both = (a.is_empty() && b.is_empty()).then_some(Err(Incomparable::BothEmpty));
            assert!(both.is_none_or(|expected| indel_similarity(a, b) == expected));
            for tokeniser in Tokeniser::ALL {
                assert!(rouge_l(a, b, tokeniser).unwrap().f1 <= 1.0);
            }
        }
    }
    let twice = ODD.join(" x ");
    for share in Share::ALL {
        for answer in ODD {
            compare_continuation(&split(&twice, share).unwrap(), answer).unwrap();
        }
    }
}

#[test]
fn megabytes_are_measured_or_refused() {
    let (long, other) = ("ab ".repeat(350_000), "c".repeat(1_050_000));
    assert!(matches!(indel_similarity(&long, &other), Err(Incomparable::TooLong(_))));
    assert_eq!(indel_similarity(&long, &long), Ok(1.0));
    // One word over and over is one sequence.
    let plain = PlainText::of(&long);
    let grams = Grams::<13>::of(&plain);
    assert_eq!(grams.len(), 1);
    assert!(MinHash::of(&grams).is_some());
    let overlap = corpus_overlap(&long, &other);
    assert_eq!((overlap.eight.shared, overlap.indel), (0, None));
    // A megabyte in a row is one word.
    assert_eq!(rouge_l(&other, &long, Tokeniser::Whitespace).unwrap().f1, 0.0);
}

#[test]
fn an_endless_answer_is_read_no_further_than_the_tail() {
    let text = "the tail is short and the answer is not ".repeat(10);
    let parted = split(&text, Share::Sixty).unwrap();
    let found = compare_continuation(&parted, &"the ".repeat(300_000)).unwrap();
    assert!(!found.exact && found.alphanumeric.recall > 0.0 && found.alphanumeric.f1 < 0.5);
}
