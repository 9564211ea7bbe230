//! What the last check of a harness came to. Kept where packs are kept, since it speaks of this machine: of its engine,
//! its kernel and the pack that it built. In the repository it would grow old unseen.

use std::{io, path::Path};

use jiff::Timestamp;
use ledger::chain;
use serde::{Deserialize, Serialize};
use spec::Harness;

use crate::report::{Conformance, Verdict};

/// The last check of a harness on this machine.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LastCheck {
    /// When it ended.
    pub at: Timestamp,
    /// The harness's version.
    pub version: String,
    /// Checks passed.
    pub passed: usize,
    /// Checks failed.
    pub failed: usize,
    /// Checks that did not apply.
    pub not_applicable: usize,
    /// SHA-256 of what was declared, and of the pack.
    declared: String,
    pack: Option<String>,
}

impl LastCheck {
    /// What a check that has just ended came to.
    pub fn new(found: &Conformance, harness: &Harness) -> Self {
        Self {
            at: Timestamp::now(),
            version: found.version.clone(),
            passed: found.count(Verdict::Pass),
            failed: found.count(Verdict::Fail),
            not_applicable: found.count(Verdict::NotApplicable),
            declared: declared(harness),
            pack: found.pack.clone(),
        }
    }

    /// Keeps it in a store, in place of the one before it of the same declaration: another checkout of the project may
    /// declare the harness otherwise.
    ///
    /// # Errors
    /// When the store cannot be written.
    pub fn keep(&self, store: &Path, name: &str) -> io::Result<()> {
        fs_err::create_dir_all(store)?;
        let mut file = tempfile::NamedTempFile::new_in(store)?;
        serde_json::to_writer(&mut file, self)?;
        file.persist(store.join(format!("{name}.{}.json", &self.declared[..16])))?;
        Ok(())
    }

    /// The one in a store that is of this declaration, else the newest of another; `None` where there is none that can
    /// be read.
    pub fn find(store: &Path, harness: &Harness) -> Option<Self> {
        let files = fs_err::read_dir(store).ok()?.flatten();
        let begins = format!("{}.", harness.name);
        let of_name = files.filter(|file| file.file_name().to_string_lossy().starts_with(&begins));
        let read = |file: fs_err::DirEntry| -> Option<Self> {
            serde_json::from_slice(&fs_err::read(file.path()).ok()?).ok()
        };
        let now = declared(harness);
        of_name.filter_map(read).max_by_key(|last| (last.declared == now, last.at))
    }

    /// Whether it was of what is declared, and of the pack that is built, now.
    pub fn is_of(&self, harness: &Harness, pack: Option<&str>) -> bool {
        self.declared == declared(harness) && self.pack.as_deref() == pack
    }
}

fn declared(harness: &Harness) -> String {
    chain::sha256_hex(&chain::canonical(&serde_json::json!(harness)))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::report::Check;

    #[test]
    fn it_is_found_again_and_is_of_what_was_checked_only() {
        let harness: Harness = serde_json::from_value(serde_json::json!({
            "name": "h", "version": "1", "homepage": "-", "licence": "-", "maker": "-",
            "dialects": ["openai-chat"], "prompt": "appended", "run": {"command": ["h"]},
            "pack": {"build": "true", "complete": ["x"], "smoke": ["true"]},
        }))
        .unwrap();
        let check = |verdict| Check { name: "x".into(), verdict, reason: String::new(), finding: None };
        let found = Conformance {
            harness: "h".into(),
            version: "1".into(),
            pack: Some("abc".into()),
            checks: vec![check(Verdict::Pass), check(Verdict::Pass), check(Verdict::Fail)],
            measured: BTreeMap::new(),
        };
        let store = tempfile::tempdir().unwrap();
        assert_eq!(LastCheck::find(store.path(), &harness), None);
        let last = LastCheck::new(&found, &harness);
        last.keep(store.path(), "h").unwrap();
        assert_eq!(LastCheck::find(store.path(), &harness).as_ref(), Some(&last));
        // One of another declaration is found where there is no other.
        let newer = Harness { version: "2".into(), ..harness.clone() };
        assert_eq!(LastCheck::find(store.path(), &newer).as_ref(), Some(&last));
        LastCheck::new(&found, &newer).keep(store.path(), "h").unwrap();
        assert_eq!(LastCheck::find(store.path(), &harness).as_ref(), Some(&last));
        assert!(LastCheck::find(store.path(), &newer).unwrap().is_of(&newer, Some("abc")));
        assert_eq!((last.passed, last.failed, last.not_applicable), (2, 1, 0));
        assert!(last.is_of(&harness, Some("abc")));
        assert!(!last.is_of(&harness, None));
        assert!(!last.is_of(&Harness { version: "2".into(), ..harness }, Some("abc")));
    }
}
