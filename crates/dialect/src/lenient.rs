//! JSON as some servers write it: halves of surrogate pairs in strings, and numbers that JSON does not have.

use serde_json::Value;

/// Reads JSON. Where it is none, half a surrogate pair is read as U+FFFD, and `NaN` and the infinities as null.
///
/// # Errors
/// When it is no JSON even so.
pub fn lenient(text: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text).or_else(|error| serde_json::from_str(&put_right(text)).map_err(|_| error))
}

fn put_right(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    let mut in_string = false;
    while let Some(c) = rest.chars().next() {
        if in_string && c == '\\' {
            let (escape, left) = escape(rest);
            out.push_str(escape);
            rest = left;
            continue;
        }
        let odd =
            ["-Infinity", "Infinity", "NaN"].into_iter().find(|odd| !in_string && rest.starts_with(odd));
        if let Some(odd) = odd {
            out.push_str("null");
            rest = &rest[odd.len()..];
            continue;
        }
        in_string ^= c == '"';
        out.push(c);
        rest = &rest[c.len_utf8()..];
    }
    out
}

/// What stands for the escape at the beginning of a text, and what follows it.
fn escape(text: &str) -> (&str, &str) {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let length = match (unit(0), unit(6)) {
        (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => 12,
        (Some(0xd800..=0xdfff), _) => return ("\\ufffd", &text[6..]),
        (Some(_), _) => 6,
        // The escaped character may have more bytes than one.
        (None, _) => 1 + text[1..].chars().next().map_or(0, char::len_utf8),
    };
    text.split_at(length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn halves_of_pairs_and_numbers_that_are_none_are_read() {
        for (text, read) in [
            (r#"{"a":"x\ud83d","b":"\ude00b"}"#, json!({"a": "x\u{fffd}", "b": "\u{fffd}b"})),
            (r#"{"a":"\ud83d\ude00 \ud83d"}"#, json!({"a": "😀 \u{fffd}"})),
            (
                r#"{"p":[NaN,-Infinity,Infinity],"s":"NaN \\\" Infinity"}"#,
                json!({"p": [null, null, null], "s": "NaN \\\" Infinity"}),
            ),
        ] {
            assert_eq!(lenient(text).unwrap(), read, "{text}");
        }
        assert!(lenient("{\"a\":").is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[\\\\u0-9a-fdN\"{}:, é-]{0,40}") {
            drop(lenient(&text));
        }

        #[test]
        fn what_is_json_stays_as_it_is(text in ".{0,40}") {
            let json = json!({"a": text}).to_string();
            prop_assert_eq!(put_right(&json), json);
        }
    }
}
