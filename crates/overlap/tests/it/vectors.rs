//! Made with `rouge_score` and RapidFuzz; the file names their versions. Its fresh tasks and its tests of counts are
//! read by the tests of `stats`.

use overlap::{
    Grams, MinHash, PlainText, Rouge, Share, Tokeniser, indel_similarity, is_exact_match, jaccard_error,
    rouge_l, split,
};
use serde_json::Value;

fn vector() -> Value {
    let path = format!("{}/tests/vectors/v14_contamination.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&fs_err::read_to_string(path).unwrap()).unwrap()
}

#[track_caller]
fn close(actual: f64, expected: &Value) {
    let expected = expected.as_f64().unwrap();
    assert!((actual - expected).abs() <= 1e-9, "{actual} is not {expected}");
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[test]
fn beginnings_and_tails() {
    let vector = &vector()["prefix_split"];
    let cases = vector["splits"].as_array().unwrap();
    assert_eq!(cases.len(), Share::ALL.len());
    for (share, case) in Share::ALL.into_iter().zip(cases) {
        close(share.percent() as f64 / 100.0, &case["frac"]);
        let parted = split(text(&vector["text"]), share).unwrap();
        assert_eq!((parted.prefix(), parted.tail()), (text(&case["prefix"]), text(&case["tail"])));
        // The example is too short to be asked about.
        assert!(!parted.is_long_enough());
    }
}

#[test]
fn rouge_and_exact_match() {
    for case in vector()["text_overlap"].as_array().unwrap() {
        let (prediction, reference) = (text(&case["pred"]), text(&case["ref"]));
        let same = |rouge: Rouge, expected: &Value| {
            close(rouge.precision, &expected["p"]);
            close(rouge.recall, &expected["r"]);
            close(rouge.f1, &expected["f"]);
        };
        same(rouge_l(prediction, reference, Tokeniser::Alphanumeric).unwrap(), &case["rougeL_google"]);
        same(rouge_l(prediction, reference, Tokeniser::Whitespace).unwrap(), &case["rougeL_ws"]);
        assert_eq!(u64::from(is_exact_match(prediction, reference)), case["em"].as_u64().unwrap());
    }
}

fn same_grams<const N: usize>(task: &PlainText, candidate: &PlainText, expected: &Value) {
    let found = Grams::<N>::of(task).overlap(&Grams::of(candidate));
    let counts = [found.task, found.candidate, found.shared].map(|count| count as u64);
    assert_eq!(counts, ["task", "corpus", "inter"].map(|name| expected[name].as_u64().unwrap()), "{N}");
    close(found.jaccard().unwrap(), &expected["jaccard"]);
    close(found.containment().unwrap(), &expected["containment"]);
}

#[test]
fn sequences_of_words_and_insertions() {
    let vector = &vector()["ngram"];
    for case in vector["corpora"].as_array().unwrap() {
        let (task, candidate) = (text(&vector["task"]), text(&case["corpus"]));
        close(indel_similarity(task, candidate).unwrap(), &case["indel_similarity"]);
        let (task, candidate) = (PlainText::of(task), PlainText::of(candidate));
        close(
            indel_similarity(task.as_str(), candidate.as_str()).unwrap(),
            &case["indel_similarity_ws_lower"],
        );
        let grams = &case["ngrams"];
        same_grams::<3>(&task, &candidate, &grams["3"]);
        same_grams::<5>(&task, &candidate, &grams["5"]);
        same_grams::<8>(&task, &candidate, &grams["8"]);
        same_grams::<13>(&task, &candidate, &grams["13"]);
    }
}

#[test]
fn sketches() {
    let vector = vector();
    let (task, candidate) = (&vector["ngram"]["task"], &vector["ngram"]["corpora"][0]["corpus"]);
    let (task, candidate) = (PlainText::of(text(task)), PlainText::of(text(candidate)));
    let (task, candidate) = (Grams::<3>::of(&task), Grams::of(&candidate));
    let expected = &vector["minhash"];
    assert_eq!(MinHash::<3>::HASHES as u64, expected["m"].as_u64().unwrap());
    let jaccard = task.overlap(&candidate).jaccard().unwrap();
    close(jaccard, &expected["true_jaccard"]);
    close(jaccard_error(jaccard).unwrap(), &expected["se"]);
    let (task, candidate) = (MinHash::of(&task).unwrap(), MinHash::of(&candidate).unwrap());
    let first: Vec<String> = task.least().iter().take(3).map(u64::to_string).collect();
    assert_eq!(serde_json::to_value(first).unwrap(), expected["first3_task"]);
    close(task.similarity(&candidate), &expected["estimate"]);
}
