//! Looking for keys in what is about to be given away.

use std::sync::LazyLock;

use regex::bytes::{Regex, RegexSet};

/// Forms of keys, each with what it is called. They are the beginnings that their issuers document.
const FORMS: [(&str, &str); 11] = [
    ("a private key", r"-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY-----"),
    ("a key as model providers give them", r"\bsk-[A-Za-z0-9_-]{20,}"),
    ("an AWS access key", r"\b(AKIA|ASIA)[A-Z0-9]{16}\b"),
    ("a Google API key", r"\bAIza[A-Za-z0-9_-]{35}"),
    ("a GitHub token", r"\b(gh[pousr]_[A-Za-z0-9]{36}|github_pat_[A-Za-z0-9_]{40,})"),
    ("a GitLab token", r"\bglpat-[A-Za-z0-9_-]{20,}"),
    ("a Hugging Face token", r"\bhf_[A-Za-z0-9]{34}\b"),
    ("a Slack token", r"\bxox[abprs]-[A-Za-z0-9-]{10,}"),
    ("an npm token", r"\bnpm_[A-Za-z0-9]{36}\b"),
    ("a PyPI token", r"\bpypi-AgEI[A-Za-z0-9_-]{50,}"),
    ("a JSON Web Token", r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}"),
];

static SET: LazyLock<Option<RegexSet>> =
    LazyLock::new(|| RegexSet::new(FORMS.iter().map(|(_, form)| *form)).ok());

/// Texts that must not be given away, beside what looks like a key.
#[derive(Default)]
pub struct Private {
    texts: Vec<(String, Regex)>,
}

impl Private {
    /// The values of variables, as `NAME` and value: keys of this machine, whatever they look like. Those of fewer than
    /// eight bytes are left out, since they stand everywhere.
    pub fn of(variables: impl IntoIterator<Item = (String, String)>) -> Self {
        let known = variables.into_iter().filter(|(_, value)| value.len() >= 8);
        let texts = known.filter_map(|(name, value)| {
            Some((format!("the value of {name}"), Regex::new(&regex::escape(&value)).ok()?))
        });
        Self { texts: texts.collect() }
    }

    /// What stands in a body that must not be given away; each kind once.
    pub fn found_in(&self, body: &[u8]) -> Vec<String> {
        let forms = SET.iter().flat_map(|set| set.matches(body)).map(|place| FORMS[place].0.to_owned());
        let own = self.texts.iter().filter(|(_, text)| text.is_match(body)).map(|(name, _)| name.clone());
        forms.chain(own).collect()
    }
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
            ("OWN_KEY".to_owned(), "correct+horse".to_owned()),
            ("SHORT".to_owned(), "abc".to_owned()),
        ]);
        let found = |text: &str| private.found_in(text.as_bytes());
        // Put together here, so that nothing that looks like a key stands in the source.
        let token = format!("{}_{}", "ghp", "a1".repeat(18));
        assert_eq!(found(&format!("token={token};")), ["a GitHub token"]);
        assert_eq!(found(&format!("x {}-ant-{} y", "sk", "q".repeat(24))), ["a key as model providers give them"]);
        assert_eq!(found("-----BEGIN OPENSSH PRIVATE KEY-----"), ["a private key"]);
        assert_eq!(found("say correct+horse"), ["the value of OWN_KEY"]);
        for text in ["task-force", "risk-averse-and-very-long-words-indeed", "abc", "correct horse", "sk-short"] {
            assert!(found(text).is_empty(), "{text}");
        }
    }
}
