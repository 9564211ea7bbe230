//! Looking for keys in what is about to be given away.

use std::{collections::BTreeMap, sync::LazyLock};

use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD as BASE64};
use regex::bytes::RegexSet;

/// Where a key may begin: at the edge of a word, or behind an escape of JSON, in which a line break is two characters.
const EDGE: &str = r"(?:\\[nrtbf]|\b)";

/// Forms of keys, each with what it is called. They are the beginnings that their issuers document.
const FORMS: [(&str, &str); 12] = [
    ("a private key", r"-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY-----"),
    ("a key as model providers give them", r"(c?sk-|gsk_|xai-|nvapi-|pplx-|r8_|fw_)[A-Za-z0-9_-]{20,}"),
    ("an AWS access key", r"(AKIA|ASIA)[A-Z0-9]{16}\b"),
    ("a Google API key", r"AIza[A-Za-z0-9_-]{35}"),
    ("a token of Google's", r"ya29\.[A-Za-z0-9_-]{30,}"),
    ("a GitHub token", r"(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40,})"),
    ("a GitLab token", r"glpat-[A-Za-z0-9_-]{20,}"),
    ("a Hugging Face token", r"hf_[A-Za-z0-9]{34}\b"),
    ("a Slack token", r"xox[abprs]-[A-Za-z0-9-]{10,}"),
    ("an npm token", r"npm_[A-Za-z0-9]{36}\b"),
    ("a PyPI token", r"pypi-AgEI[A-Za-z0-9_-]{50,}"),
    ("a JSON Web Token", r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}"),
];

static SET: LazyLock<Option<RegexSet>> = LazyLock::new(|| {
    let edge = |form: &str| if form.starts_with('-') { String::new() } else { EDGE.to_owned() };
    RegexSet::new(FORMS.iter().map(|(_, form)| edge(form) + form)).ok()
});

/// Texts that must not be given away, beside what looks like a key.
#[derive(Default)]
pub struct Private {
    /// What each is called, with the spellings in which it may stand.
    texts: BTreeMap<String, Vec<Vec<u8>>>,
}

impl Private {
    /// The values of keys of this machine, with what each is called: whatever they look like, in the spellings of JSON,
    /// of URLs and of base 64. Those of fewer than eight bytes are left out, since they stand everywhere.
    pub fn of(keys: impl IntoIterator<Item = (String, String)>) -> Self {
        let mut texts = BTreeMap::new();
        for (name, value) in keys {
            let value = value.trim();
            if value.len() >= 8 {
                texts.insert(name, spellings(value));
            }
        }
        Self { texts }
    }

    /// What stands in a body that must not be given away; each kind once.
    pub fn found_in(&self, body: &[u8]) -> Vec<String> {
        let forms = SET.iter().flat_map(|set| set.matches(body)).map(|place| FORMS[place].0.to_owned());
        let stands = |text: &Vec<u8>| memchr::memmem::find(body, text).is_some();
        let own =
            self.texts.iter().filter(|(_, texts)| texts.iter().any(stands)).map(|(name, _)| name.clone());
        forms.chain(own).collect()
    }
}

fn spellings(value: &str) -> Vec<Vec<u8>> {
    let json = serde_json::to_string(value).unwrap_or_default();
    let url: String = value
        .bytes()
        .map(|byte| match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                char::from(byte).to_string()
            }
            byte => format!("%{byte:02X}"),
        })
        .collect();
    // In base 64 a text has three forms, by where it begins. The letters at both ends hang on what stands beside it.
    let packed = |before: usize| {
        let shifted = [vec![0; before], value.as_bytes().to_vec()].concat();
        let text = BASE64.encode(&shifted);
        let (begin, end) = ((before * 8).div_ceil(6), shifted.len() * 8 / 6);
        text.as_bytes().get(begin..end).unwrap_or_default().to_vec()
    };
    let mut all =
        vec![value.as_bytes().to_vec(), json.trim_matches('"').as_bytes().to_vec(), url.into_bytes()];
    all.extend((0..3).map(packed));
    all.retain(|text| text.len() >= 8);
    all.sort();
    all.dedup();
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_is_one() {
        assert!(SET.is_some());
    }

    #[test]
    fn keys_are_found_and_words_are_not() {
        let private = Private::of([
            ("the value of OWN_KEY".to_owned(), "correct+horse\n".to_owned()),
            ("the value of ODD_KEY".to_owned(), "pa\"ss\\word1".to_owned()),
            ("the value of SHORT".to_owned(), "abc".to_owned()),
        ]);
        let found = |text: &str| private.found_in(text.as_bytes());
        // Put together here, so that nothing that looks like a key stands in the source.
        let token = format!("{}_{}", "ghp", "a1".repeat(18));
        let provider = format!("{}-ant-{}", "sk", "q".repeat(24));
        assert_eq!(found(&format!("token={token};")), ["a GitHub token"]);
        // As a line of its own within a text of JSON.
        assert_eq!(found(&format!("{{\"output\":\"x\\n{token}\\n\"}}")), ["a GitHub token"]);
        assert_eq!(found(&format!("\\t{provider} y")), ["a key as model providers give them"]);
        assert_eq!(found(&format!("c{provider}")), ["a key as model providers give them"]);
        assert_eq!(found("-----BEGIN OPENSSH PRIVATE KEY-----"), ["a private key"]);
        for text in
            ["say correct+horse", "?key=correct%2Bhorse&", "Y29ycmVjdCtob3JzZQ==", "aXMgY29ycmVjdCtob3JzZSE="]
        {
            assert_eq!(found(text), ["the value of OWN_KEY"], "{text}");
        }
        assert_eq!(found(r#"{"a":"pa\"ss\\word1"}"#), ["the value of ODD_KEY"]);
        for text in
            ["task-force", "risk-averse-and-very-long-words-indeed", "abc", "correct horse", "sk-short"]
        {
            assert!(found(text).is_empty(), "{text}");
        }
    }
}
