//! What of this machine's environment a task may be given: never a provider's key, nor what looks like a secret, unless
//! the sweep's `pass_env` lists it.

use std::collections::BTreeSet;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// The machine's environment: the value of a variable, if it is set.
pub type Lookup<'h> = &'h dyn Fn(&str) -> Option<String>;

/// The environment as tasks see it.
#[derive(Clone)]
pub struct Host<'h> {
    lookup: Lookup<'h>,
    /// Variables that a model profile names.
    keys: BTreeSet<String>,
    /// Variables that may be given whatever they look like.
    pass: BTreeSet<String>,
}

/// A variable of this machine that a task asks for with `${NAME}`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
pub struct Asked {
    /// The variable.
    pub variable: String,
    /// The task's key that asks for it, as in `environment.env.NAME`.
    pub key: String,
    /// What the task gets.
    pub given: Given,
}

/// What a task gets in place of `${NAME}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Given {
    /// The machine's value.
    Value,
    /// Its own default: the variable is not set.
    Default,
    /// Its own default: the variable is set and not given away.
    Withheld(Why),
}

/// Why a variable is not given to tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Why {
    /// A model profile names it.
    ModelKey,
    /// Its name is a secret's.
    Name,
    /// Its value is a secret's, or holds one.
    Value,
}

impl Asked {
    /// What the task asks for and gets, as a clause whose subject is left out.
    pub fn words(&self) -> String {
        format!("this machine's {} ({}): {}", self.variable, self.key, self.given.words())
    }
}

impl Given {
    /// What becomes of the variable, in a clause.
    pub fn words(self) -> String {
        match self {
            Self::Value => "it is given".to_owned(),
            Self::Default => "it is not set, and the default stands".to_owned(),
            Self::Withheld(why) => {
                format!("it {}, and the default stands (`pass_env` would give it)", why.words())
            }
        }
    }
}

impl Why {
    /// The end of a sentence whose subject is the variable.
    pub fn words(self) -> &'static str {
        match self {
            Self::ModelKey => "is named as a key by a model profile",
            Self::Name => "has a secret's name",
            Self::Value => "holds what looks like a secret",
        }
    }
}

/// What there is of a variable, for a task.
pub(crate) enum Found {
    Value(String),
    Unset,
    Withheld(Why),
}

impl<'h> Host<'h> {
    /// The environment behind `lookup`, where `keys` are variables that model profiles name and `pass` those that may
    /// be given all the same.
    pub fn new(lookup: Lookup<'h>, keys: BTreeSet<String>, pass: &[String]) -> Self {
        Self { lookup, keys, pass: pass.iter().cloned().collect() }
    }

    /// The environment behind `lookup`, outside any project.
    pub fn of(lookup: Lookup<'h>) -> Self {
        Self::new(lookup, BTreeSet::new(), &[])
    }

    pub(crate) fn find(&self, variable: &str) -> Found {
        let Some(value) = (self.lookup)(variable) else { return Found::Unset };
        if self.pass.contains(variable) {
            return Found::Value(value);
        }
        let key = |name: &String| name.eq_ignore_ascii_case(variable);
        let of_key = |name: &String| {
            (self.lookup)(name).is_some_and(|secret| secret.len() >= LEAST && value.contains(&secret))
        };
        if self.keys.iter().any(key) {
            Found::Withheld(Why::ModelKey)
        } else if secret_name(variable) {
            Found::Withheld(Why::Name)
        } else if secret_value(&value) || self.keys.iter().any(of_key) {
            Found::Withheld(Why::Value)
        } else {
            Found::Value(value)
        }
    }
}

/// Bytes below which a value is taken for no key: `1`, `none`, `test`.
const LEAST: usize = 8;

/// Parts of names, between underscores, that a secret's name has; also as the end of such a part.
const PARTS: [&str; 20] = [
    "KEY",
    "KEYS",
    "TOKEN",
    "TOKENS",
    "SECRET",
    "SECRETS",
    "PASSWORD",
    "PASSWORDS",
    "PASSWD",
    "PASSPHRASE",
    "CREDENTIAL",
    "CREDENTIALS",
    "CREDS",
    "AUTHORIZATION",
    "BEARER",
    "COOKIE",
    "COOKIES",
    "JWT",
    "KUBECONFIG",
    "APIKEY",
];
/// The same, as whole parts only.
const WHOLE: [&str; 11] =
    ["PASS", "PW", "PWD", "PAT", "AUTH", "CRED", "DSN", "PRIVATE", "PEM", "SIGNATURE", "SESSION"];
/// Names of directories, which one of `WHOLE` would catch.
const PLACES: [&str; 2] = ["PWD", "OLDPWD"];

/// Whether a variable's name says that it holds a secret, however it is written.
fn secret_name(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    if PLACES.contains(&name.as_str()) {
        return false;
    }
    name.split(|c: char| !c.is_ascii_alphabetic()).any(|part| {
        WHOLE.contains(&part) || PARTS.iter().any(|secret| part.ends_with(secret) && part != "MONKEY")
    })
}

/// How keys of well-known makers begin.
const BEGINNINGS: [&str; 28] = [
    "sk-",
    "sk_",
    "pk_live",
    "rk_live",
    "ghp_",
    "gho_",
    "ghu_",
    "ghs_",
    "ghr_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "xoxa-",
    "xapp-",
    "AKIA",
    "ASIA",
    "AIza",
    "ya29.",
    "hf_",
    "npm_",
    "pypi-",
    "dop_v1_",
    "shpat_",
    "gsk_",
    "xai-",
    "nvapi-",
    "eyJ",
];

/// Whether a value looks like a secret, or like an address or a text that holds one.
fn secret_value(value: &str) -> bool {
    let with_password = |(_, rest): (&str, &str)| {
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        authority.rsplit_once('@').is_some_and(|(user, _)| !user.is_empty())
    };
    value.contains("-----BEGIN")
        || value.split_once("://").is_some_and(with_password)
        || value.to_ascii_lowercase().contains("bearer ")
        || value.split(|c: char| !(c.is_ascii_alphanumeric() || "-_.+".contains(c))).any(secret_word)
}

/// Whether a word begins as keys do, or is as random as they are: long, and of capitals, small letters and digits.
fn secret_word(word: &str) -> bool {
    let begins = |beginning: &str| word.starts_with(beginning) && word.len() >= beginning.len() + LEAST;
    let has = |kind: fn(&char) -> bool| word.chars().any(|c| kind(&c));
    let random = word.len() >= 24
        && !word.contains('.')
        && has(char::is_ascii_uppercase)
        && has(char::is_ascii_lowercase)
        && has(char::is_ascii_digit);
    let hexadecimal = word.len() >= 32 && word.chars().all(|c| c.is_ascii_hexdigit());
    BEGINNINGS.iter().any(|beginning| begins(beginning)) || random || hexadecimal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets_are_told_from_others() {
        for name in [
            "OPENAI_API_KEY",
            "openai_api_key",
            "GITHUB_TOKEN",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_SESSION_TOKEN",
            "PGPASSWORD",
            "MYSQL_PWD",
            "DB_PASS",
            "DOCKER_AUTH_CONFIG",
            "NPM_AUTH",
            "OPENAIKEY",
            "SSH_PRIVATE_KEY_PATH",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "SENTRY_DSN",
            "GH_PAT",
            "SESSION_COOKIE",
            "KUBECONFIG",
            "API-KEY",
            "X_APIKEY2",
        ] {
            assert!(secret_name(name), "{name}");
        }
        for name in [
            "HOME",
            "LANG",
            "PWD",
            "PATH",
            "TZ",
            "TOKENIZERS_PARALLELISM",
            "KEYBOARD",
            "PASSENGERS",
            "MONKEY",
            "AUTHOR",
        ] {
            assert!(!secret_name(name), "{name}");
        }
    }

    #[test]
    fn values_of_secrets_are_told_from_others() {
        for value in [
            "sk-ant-api03-abcdefghij",
            "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
            "AKIAIOSFODNN7EXAMPLE",
            "postgres://me:pw@db/x",
            "https://token@host/simple",
            "-----BEGIN OPENSSH PRIVATE KEY-----",
            "Authorization: Bearer abc",
            "eyJhbGciOiJIUzI1NiJ9.e30.abc",
            "0123456789abcdef0123456789abcdef",
            "--header=x-api-key:sk-proj-0123456789",
            "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY",
        ] {
            assert!(secret_value(value), "{value}");
        }
        for value in [
            "C.UTF-8",
            "/usr/local/bin:/usr/bin",
            "1",
            "https://example.com/a@b",
            "en_GB",
            "2026-01-01T00:00:00Z",
            "sk-",
        ] {
            assert!(!secret_value(value), "{value}");
        }
    }

    #[test]
    fn a_key_is_found_under_another_name_and_within_another_value() {
        let lookup = |name: &str| match name {
            "PLAIN" => Some("a plain phrase".to_owned()),
            "ALIAS" => Some("x=a plain phrase;".to_owned()),
            "OTHER" => Some("no".to_owned()),
            _ => None,
        };
        let keys = BTreeSet::from(["PLAIN".to_owned()]);
        let host = Host::new(&lookup, keys.clone(), &[]);
        assert!(matches!(host.find("plain"), Found::Unset));
        assert!(matches!(host.find("PLAIN"), Found::Withheld(Why::ModelKey)));
        assert!(matches!(host.find("ALIAS"), Found::Withheld(Why::Value)));
        assert!(matches!(host.find("OTHER"), Found::Value(_)));
        let host = Host::new(&lookup, keys, &["PLAIN".to_owned()]);
        assert!(matches!(host.find("PLAIN"), Found::Value(_)));
    }
}
