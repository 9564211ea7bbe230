//! Canonical JSON and the hash chain (docs/architecture/ledger.md).

use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// SHA-256 in lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    bytes
        .iter()
        .flat_map(|byte| [byte >> 4, byte & 15])
        .map(|digit| char::from(DIGITS[usize::from(digit)]))
        .collect()
}

/// JSON with sorted keys, no spaces, and numbers as serde_json prints them: stable between runs of this program.
/// Keys sort by their UTF-16 units, as RFC 8785 asks.
pub fn canonical(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write(value, &mut out);
    out
}

fn write(value: &Value, out: &mut Vec<u8>) {
    match value {
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(item, out);
            }
            out.push(b']');
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_by(|(a, _), (b, _)| a.encode_utf16().cmp(b.encode_utf16()));
            out.push(b'{');
            for (index, (key, item)) in entries.into_iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(&Value::String(key.clone()), out);
                out.push(b':');
                write(item, out);
            }
            out.push(b'}');
        }
        leaf => out.extend_from_slice(leaf.to_string().as_bytes()),
    }
}

/// The chain's first link, bound to the run's id.
pub fn first_link(run_id: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"overhang-chain-v1");
    hash.update([0]);
    hash.update(run_id.as_bytes());
    hex(&hash.finalize())
}

/// The link after `previous` for an event: SHA-256(01 ‖ previous ‖ canonical event).
pub fn next_link(previous: &str, event: &Value) -> String {
    link(previous, &[&canonical(event)])
}

/// The link after `previous` for canonical text, given in pieces.
pub(crate) fn link(previous: &str, pieces: &[&[u8]]) -> String {
    let mut hash = Sha256::new();
    hash.update([1]);
    hash.update(previous.as_bytes());
    pieces.iter().for_each(|piece| hash.update(piece));
    hex(&hash.finalize())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn keys_are_sorted_at_every_depth() {
        let value = json!({"b": [{"z": 1, "a": null}], "a": "x\n"});
        assert_eq!(canonical(&value), br#"{"a":"x\n","b":[{"a":null,"z":1}]}"#);
    }

    #[test]
    fn an_edit_changes_every_later_link() {
        let start = first_link("run");
        let a = next_link(&next_link(&start, &json!({"n": 1})), &json!({"n": 2}));
        let b = next_link(&next_link(&start, &json!({"n": 0})), &json!({"n": 2}));
        assert_ne!(a, b);
    }
}
