//! Reading what may be forged: documents are accepted in one spelling only.

use std::collections::BTreeSet;

use ledger::chain::canonical;
use serde::de::{DeserializeOwned, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

/// Why a document is refused.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// It is not JSON.
    #[error("it is not JSON: {0}")]
    Json(serde_json::Error),
    /// It is not written in the one spelling that is accepted.
    #[error(
        "byte {at} is not as in canonical JSON (RFC 8785): a key stands there twice or out of its order, or something was added or written in another way"
    )]
    Spelling {
        /// The first byte that differs, from 0.
        at: usize,
    },
    /// It has not the form it should have.
    #[error("{0}")]
    Form(serde_json::Error),
}

/// Reads a document that must be canonical JSON to the byte, but for a line end behind it. A key that stands twice, in
/// another order or in another spelling is refused, whatever a parser would have made of it.
///
/// # Errors
/// Where it is anything else.
pub fn read<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Refused> {
    serde_json::from_value(value(bytes)?).map_err(Refused::Form)
}

/// As [`read`], of any form.
///
/// # Errors
/// As [`read`].
pub fn value(bytes: &[u8]) -> Result<Value, Refused> {
    let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
    let value: Value = serde_json::from_slice(bytes).map_err(Refused::Json)?;
    let written = canonical(&value);
    if written == bytes {
        return Ok(value);
    }
    let same = written.iter().zip(bytes).take_while(|(a, b)| a == b).count();
    Err(Refused::Spelling { at: same })
}

/// Whether a document, in whatever spelling, has a key that stands twice in one object: parsers differ in which they take.
pub fn has_a_key_twice(bytes: &[u8]) -> bool {
    serde_json::from_slice::<Once>(bytes).is_err_and(|error| error.to_string().contains(TWICE))
}

const TWICE: &str = "a key stands twice";

/// Any JSON, looked through for keys that stand twice.
struct Once;

impl<'de> serde::Deserialize<'de> for Once {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Once)
    }
}

impl<'de> Visitor<'de> for Once {
    type Value = Self;

    fn expecting(&self, to: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        to.write_str("JSON")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self, A::Error> {
        while items.next_element::<Once>()?.is_some() {}
        Ok(self)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self, A::Error> {
        let mut seen = BTreeSet::new();
        while let Some(key) = fields.next_key::<String>()? {
            fields.next_value::<Once>()?;
            if !seen.insert(key) {
                return Err(A::Error::custom(TWICE));
            }
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_stands_twice_is_seen_at_any_depth() {
        assert!(!has_a_key_twice(b"{ \"a\": [1.5, -1, null, {\"a\": \"a\"}], \"b\": true }"));
        assert!(has_a_key_twice(b"{\"a\": [{\"b\": 1, \"c\": 2, \"b\": 3}]}"));
    }

    #[test]
    fn one_spelling_is_read_and_no_other() {
        assert!(value(b"{\"a\":1,\"b\":[true,\"\xc3\xa9\"]}\n").is_ok());
        for (text, at) in [
            (&b"{\"a\":1,\"a\":1}"[..], 6),
            (b"{\"b\":1,\"a\":2}", 2),
            (b"{ \"a\":1}", 1),
            (b"{\"a\":1.0}", 6),
            (b"{\"a\":\"\\u00e9\"}", 6),
            (b"{\"a\":1}\n\n", 7),
        ] {
            let found = value(text).unwrap_err();
            assert!(matches!(found, Refused::Spelling { at: place } if place == at), "{found} {text:?}");
        }
        assert!(matches!(value(b"{\"a\":1}x"), Err(Refused::Json(_))));
        assert!(matches!(value(b"\xef\xbb\xbf{}"), Err(Refused::Json(_))));
    }
}
