//! Bytes as hexadecimal digits, in lower case.

pub use ledger::chain::hex as text;

/// The bytes of digits; `None` for anything but pairs of digits in lower case: each value has one spelling.
pub fn bytes(text: &str) -> Option<Vec<u8>> {
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let pairs = text.as_bytes().chunks(2);
    pairs
        .map(|pair| match pair {
            [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
            _ => None,
        })
        .collect()
}

/// The hash that 64 digits stand for.
pub fn hash(text: &str) -> Option<[u8; 32]> {
    bytes(text)?.try_into().ok()
}
