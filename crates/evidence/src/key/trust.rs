//! Whose signatures count: a file in the form of `allowed_signers` (ssh-keygen(1)), or the bare keys that a forge
//! publishes for an account; or one public key as a PEM file of OpenSSL's.

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};
use ssh_key::PublicKey;

use super::{KeyError, Public};

/// One line of a trust file.
#[derive(Clone, Debug, PartialEq)]
pub struct Signer {
    /// Who: the principals of the line, or the comment behind a bare key; empty where there is neither.
    pub name: String,
    /// Their key.
    pub key: Public,
    namespaces: Option<Vec<String>>,
    after: Option<Timestamp>,
    before: Option<Timestamp>,
}

/// A line of a trust file that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct TrustError {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong.
    pub what: String,
}

impl Signer {
    /// Whether they are trusted with cards at that time.
    pub fn is_trusted(&self, at: Timestamp) -> bool {
        self.after.is_none_or(|after| at >= after)
            && self.before.is_none_or(|before| at < before)
            && self.namespaces.as_ref().is_none_or(|all| in_list(all, crate::NAMESPACE))
    }
}

/// Reads a trust file. Keys that sign nothing here are left out.
///
/// # Errors
/// For a line that is no key, and for a certificate authority: certificates are not read.
pub fn signers(text: &str) -> Result<Vec<Signer>, TrustError> {
    if text.contains("-----BEGIN PUBLIC KEY-----") {
        let wrong = |error: KeyError| TrustError { line: 1, what: error.to_string() };
        return Ok(vec![Signer::bare("", Public::read(text.as_bytes()).map_err(wrong)?)]);
    }
    let mut signers = Vec::new();
    for (number, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |what: &str| TrustError { line: number + 1, what: what.to_owned() };
        signers.extend(signer(line).map_err(|what| wrong(&what))?);
    }
    Ok(signers)
}

fn signer(line: &str) -> Result<Option<Signer>, String> {
    if is_kind(line.split_whitespace().next().unwrap_or("")) {
        return Ok(key(line)?.map(|(comment, key)| Signer::bare(&comment, key)));
    }
    let (name, mut rest) = word(line);
    let mut signer = Signer::bare(name.trim_matches('"'), Public([0; 32]));
    while !is_kind(rest.split_whitespace().next().unwrap_or("")) {
        if rest.is_empty() {
            return Err("there is no key in it: principals, then `ssh-ed25519 AAAA…`".into());
        }
        let (options, after) = word(rest);
        for option in split(options) {
            signer.take(option)?;
        }
        rest = after;
    }
    Ok(key(rest)?.map(|(_, key)| Signer { key, ..signer }))
}

impl Signer {
    /// Somebody who is trusted with everything, always.
    fn bare(name: &str, key: Public) -> Self {
        Self { name: name.to_owned(), key, namespaces: None, after: None, before: None }
    }

    fn take(&mut self, option: &str) -> Result<(), String> {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let value = value.trim_matches('"');
        match name.to_ascii_lowercase().as_str() {
            "namespaces" => self.namespaces = Some(value.split(',').map(str::to_owned).collect()),
            "valid-after" => self.after = Some(time(value)?),
            "valid-before" => self.before = Some(time(value)?),
            "cert-authority" => return Err("certificates are not read here: give the key itself".into()),
            other => return Err(format!("there is no option `{other}`")),
        }
        Ok(())
    }
}

/// The comment and the key of `KIND BASE64 [COMMENT]`; `None` for a kind that signs nothing here.
fn key(text: &str) -> Result<Option<(String, Public)>, String> {
    let key = PublicKey::from_openssh(text).map_err(|error| format!("the key cannot be read: {error}"))?;
    Ok(key.key_data().ed25519().map(|public| (key.comment().to_owned(), Public(public.0))))
}

/// Whether a word names a kind of key.
fn is_kind(word: &str) -> bool {
    ["ssh-", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-"].iter().any(|kind| word.starts_with(kind))
}

/// The first word, whose blanks may stand in quotes, and what follows it.
fn word(text: &str) -> (&str, &str) {
    let mut quoted = false;
    let end = text.find(|letter: char| {
        quoted ^= letter == '"';
        letter.is_whitespace() && !quoted
    });
    let (word, rest) = text.split_at(end.unwrap_or(text.len()));
    (word, rest.trim_start())
}

/// Options, which commas separate outside quotes.
fn split(options: &str) -> Vec<&str> {
    let mut quoted = false;
    options
        .split(|letter: char| {
            quoted ^= letter == '"';
            letter == ',' && !quoted
        })
        .collect()
}

/// `YYYYMMDD`, `YYYYMMDDHHMM` or `YYYYMMDDHHMMSS`; with `Z` behind it in UTC, else in this machine's zone.
fn time(text: &str) -> Result<Timestamp, String> {
    let wrong =
        || format!("`{text}` is no time: write YYYYMMDD, YYYYMMDDHHMM or YYYYMMDDHHMMSS, and Z for UTC");
    let (digits, zone) = match text.strip_suffix('Z') {
        Some(digits) => (digits, TimeZone::UTC),
        None => (text, TimeZone::system()),
    };
    let whole = match digits.len() {
        8 => format!("{digits}000000"),
        12 => format!("{digits}00"),
        14 => digits.to_owned(),
        _ => return Err(wrong()),
    };
    let civil = DateTime::strptime("%Y%m%d%H%M%S", &whole).map_err(|_| wrong())?;
    civil.to_zoned(zone).map(|zoned| zoned.timestamp()).map_err(|_| wrong())
}

/// Whether a text is in a list of patterns; one with `!` before it takes out what it fits (ssh_config(5), PATTERNS).
fn in_list(patterns: &[String], text: &str) -> bool {
    let taken_out = |one: &String| one.strip_prefix('!').is_some_and(|pattern| fits(pattern, text));
    !patterns.iter().any(taken_out) && patterns.iter().any(|one| fits(one, text))
}

/// Whether a pattern with `*` and `?` fits a whole text.
fn fits(pattern: &str, text: &str) -> bool {
    match (pattern.chars().next(), text.chars().next()) {
        (None, None) => true,
        (Some('*'), _) => {
            fits(&pattern[1..], text)
                || text.chars().next().is_some_and(|first| fits(pattern, &text[first.len_utf8()..]))
        }
        (Some('?'), Some(letter)) => fits(&pattern[1..], &text[letter.len_utf8()..]),
        (Some(wanted), Some(letter)) if wanted == letter => {
            fits(&pattern[wanted.len_utf8()..], &text[letter.len_utf8()..])
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINdamAGCsQq31Uv+08lkBzoO4XLz2qYjJa8CGmj3B1Ea";

    fn at(text: &str) -> Timestamp {
        time(text).unwrap()
    }

    #[test]
    fn lines_of_both_kinds() {
        let text = format!(
            "# people\n\nann@example.org,bob {KEY}\n\"c d\" namespaces=\"file,overhang-*\",valid-after=\"20260101Z\" {KEY} hers\n{KEY} dora\nerin ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAAwEAAQ==\n"
        );
        let found = signers(&text).unwrap();
        let names: Vec<&str> = found.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(names, ["ann@example.org,bob", "c d", "dora"]);
        assert!(found[1].is_trusted(at("20260102Z")) && !found[1].is_trusted(at("20251231Z")));
        assert_eq!(
            found[0].key.fingerprint(),
            "SHA256:bbXpuKG6zhzdmnxq256TlqzFBzRl2f6OOg722cYNbU8",
            "as `ssh-keygen -lf` tells it"
        );
    }

    #[test]
    fn who_is_trusted_with_other_things_is_not_with_cards() {
        let one = |options: &str| signers(&format!("ann {options} {KEY}")).unwrap().remove(0);
        assert!(!one("namespaces=\"git\"").is_trusted(at("20260102Z")));
        assert!(one("namespaces=\"git,over*d\"").is_trusted(at("20260102Z")));
        assert!(!one("namespaces=\"!overhang-*,*\"").is_trusted(at("20260102Z")));
        assert!(!one("valid-before=\"20260101Z\"").is_trusted(at("20260102Z")));
    }

    #[test]
    fn what_cannot_be_read_is_told_by_its_line() {
        for (line, what) in [
            ("ann", "no key"),
            ("ann ssh-ed25519 AAAA", "cannot be read"),
            (&format!("ann cert-authority {KEY}"), "certificates"),
            (&format!("ann valid-after=\"soon\" {KEY}"), "no time"),
            (&format!("ann colour=\"red\" {KEY}"), "no option `colour`"),
        ] {
            let found = signers(&format!("\n{line}\n")).unwrap_err();
            assert!(found.line == 2 && found.what.contains(what), "{found}");
        }
    }
}
