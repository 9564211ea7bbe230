//! Published numbers that runs are held against.

use std::path::Path;

use vocabulary::Claims;

use crate::{
    FileError,
    document::{Findings, Source},
};

/// Reads a file of claims.
///
/// # Errors
/// With the line of what is wrong.
pub fn load(path: &Path) -> Result<Claims, FileError> {
    let source = Source::read(path)?;
    let document = source.parse()?;
    let claims: Claims = document.typed()?;
    let mut findings = Findings::new(&document);
    for (index, claim) in claims.claims.iter().enumerate() {
        let place = index.to_string();
        if claim.chosen_by.is_some() && claim.best_of.is_none_or(|answers| answers < 2) {
            findings.at(
                &["claim", &place, "chosen_by"],
                "there is nothing to choose from".to_owned(),
                "say with `best_of` how many answers there were".to_owned(),
            );
        }
        if claim.best_of.is_some_and(|answers| answers > 1)
            && claim.attempts.is_some_and(|attempts| attempts > 1)
        {
            findings.at(
                &["claim", &place, "attempts"],
                "both `attempts` and `best_of` are above 1".to_owned(),
                "`attempts` are those that each count, `best_of` those of which one does: keep the one that the source means".to_owned(),
            );
        }
    }
    findings.or(claims)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Claims, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("claims.toml");
        fs_err::write(&path, text).unwrap();
        load(&path).map_err(|error| error.render(false))
    }

    const CLAIM: &str = "[[claim]]\nmodel = \"M\"\nbenchmark = \"B\"\nvalue = 0.5\nby = \"L\"\nsource = \"https://example.org\"\n";

    #[test]
    fn what_is_not_stated_stays_open() {
        let claim = read(CLAIM).unwrap().claims.remove(0);
        assert_eq!((claim.n, claim.attempts, claim.margin), (None, None, 0.03));
    }

    #[test]
    fn what_is_wrong_is_told_with_its_line() {
        for (text, why) in [
            (CLAIM.replace("0.5", "44"), "value"),
            (format!("{CLAIM}nn = 3\n"), "nn"),
            (format!("{CLAIM}chosen_by = \"a judge\"\n"), "nothing to choose from"),
            (format!("{CLAIM}attempts = 3\nbest_of = 3\n"), "above 1"),
            (String::new(), "claim"),
        ] {
            let told = read(&text).unwrap_err();
            assert!(told.contains(why) && told.contains("claims.toml"), "{told}");
        }
    }

    #[test]
    fn the_public_disputes_are_claims() {
        let claims =
            load(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/claims/disputes.toml"))).unwrap();
        assert!(
            claims
                .claims
                .iter()
                .all(|claim| claim.second_hand && !(claim.found.is_empty() && claim.notes.is_empty()))
        );
    }
}
