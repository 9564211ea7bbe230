//! Canonical JSON and the hash chain (docs/architecture/ledger.md).

use serde_json::{Number, Value};
use sha2::{Digest as _, Sha256};

/// SHA-256 in lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

/// SHA-256 of all that a reader gives, in lower-case hex.
///
/// # Errors
/// When it cannot be read.
pub fn sha256_hex_of(reader: &mut impl std::io::Read) -> std::io::Result<String> {
    let (mut hash, mut block) = (Sha256::new(), vec![0; 1 << 16]);
    loop {
        match reader.read(&mut block)? {
            0 => return Ok(hex(&hash.finalize())),
            read => hash.update(&block[..read]),
        }
    }
}

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// Bytes as hexadecimal digits, in lower case.
pub fn hex(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.map(|digit| char::from(DIGITS[usize::from(digit)])).collect()
}

/// Canonical JSON (RFC 8785): sorted keys, no spaces, each number in the one form that ECMAScript gives it. Whole
/// numbers beyond ±2⁵³, which that form has no place for, keep their digits.
pub fn canonical(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write(value, number, &mut out);
    out
}

/// The same with numbers as programs before version 2 of the plan wrote them: `1.0`, `1e300`.
pub(crate) fn canonical_of_version_1(value: &Value) -> Vec<u8> {
    let mut out = Vec::new();
    write(value, |number, out| out.extend_from_slice(number.to_string().as_bytes()), &mut out);
    out
}

fn number(number: &Number, out: &mut Vec<u8>) {
    match number.as_f64().filter(|_| number.is_f64()) {
        Some(float) => out.extend_from_slice(ryu_js::Buffer::new().format_finite(float).as_bytes()),
        None => out.extend_from_slice(number.to_string().as_bytes()),
    }
}

fn write(value: &Value, number: fn(&Number, &mut Vec<u8>), out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"null"),
        Value::Bool(true) => out.extend_from_slice(b"true"),
        Value::Bool(false) => out.extend_from_slice(b"false"),
        Value::Number(of) => number(of, out),
        Value::String(text) => string(text, out),
        Value::Array(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(item, number, out);
            }
            out.push(b']');
        }
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().collect();
            entries.sort_unstable_by(|(a, _), (b, _)| by_units(a, b));
            out.push(b'{');
            for (index, (key, item)) in entries.into_iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                string(key, out);
                out.push(b':');
                write(item, number, out);
            }
            out.push(b'}');
        }
    }
}

/// The order of UTF-16 units, which for ASCII is that of bytes.
fn by_units(a: &str, b: &str) -> std::cmp::Ordering {
    if a.is_ascii() && b.is_ascii() { a.cmp(b) } else { a.encode_utf16().cmp(b.encode_utf16()) }
}

fn string(text: &str, out: &mut Vec<u8>) {
    // Writing a text to memory does not fail.
    let _ = serde_json::to_writer(out, text);
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
    String::from_utf8_lossy(&link(previous.as_bytes(), &[&canonical(event)])).into_owned()
}

/// The link after `previous` for canonical text, given in pieces, in hex.
pub(crate) fn link(previous: &[u8], pieces: &[&[u8]]) -> [u8; 64] {
    let mut hash = Sha256::new();
    hash.update([1]);
    hash.update(previous);
    pieces.iter().for_each(|piece| hash.update(piece));
    let mut link = [0; 64];
    for (two, byte) in link.chunks_exact_mut(2).zip(hash.finalize()) {
        two.copy_from_slice(&[DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]);
    }
    link
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

    /// The examples of RFC 8785, and those of the reference vectors.
    #[test]
    fn numbers_have_one_form() {
        for (written, form) in [
            ("400000.0", "400000"),
            ("1e21", "1e+21"),
            ("1e-7", "1e-7"),
            ("-0.0", "0"),
            ("333333333.33333329", "333333333.3333333"),
            ("1E30", "1e+30"),
            ("0.002", "0.002"),
            ("4.50", "4.5"),
            ("9007199254740991", "9007199254740991"),
            ("5e-324", "5e-324"),
            ("1.7976931348623157e308", "1.7976931348623157e+308"),
        ] {
            let value: Value = serde_json::from_str(written).unwrap();
            assert_eq!(String::from_utf8(canonical(&value)).unwrap(), form, "{written}");
        }
        let value = json!({"\u{20ac}": 1, "\r": 2, "\u{fb33}": 3, "1": 4, "\u{1f600}": 5, "\u{80}": 6, "\u{f6}": "\u{7f}\u{8}"});
        let sorted = "{\"\\r\":2,\"1\":4,\"\u{80}\":6,\"\u{f6}\":\"\u{7f}\\b\",\"\u{20ac}\":1,\"\u{1f600}\":5,\"\u{fb33}\":3}";
        assert_eq!(String::from_utf8(canonical(&value)).unwrap(), sorted);
    }

    #[test]
    fn an_edit_changes_every_later_link() {
        let start = first_link("run");
        let a = next_link(&next_link(&start, &json!({"n": 1})), &json!({"n": 2}));
        let b = next_link(&next_link(&start, &json!({"n": 0})), &json!({"n": 2}));
        assert_ne!(a, b);
    }
}
