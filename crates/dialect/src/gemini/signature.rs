//! Signatures of other dialects, as clients of this one can carry them. The dialect's own are base64, and its clients hold
//! them as bytes: they write them again in the alphabet that is safe in URLs. What is no base64, or depends on its
//! alphabet, would be refused or come back as another.

use base64::{Engine as _, engine::general_purpose::URL_SAFE};

/// Tells them from signatures of the dialect's own.
const MARK: &[u8] = b"overhang:";

/// A signature as a client gets it.
pub(super) fn for_client(signature: &str) -> String {
    URL_SAFE.encode([MARK, signature.as_bytes()].concat())
}

/// A signature as a client sends it back: the provider's own words.
pub(super) fn from_client(signature: String) -> String {
    let bytes = URL_SAFE.decode(&signature).ok();
    let inner = bytes.as_deref().and_then(|bytes| bytes.strip_prefix(MARK));
    inner.and_then(|inner| String::from_utf8(inner.to_vec()).ok()).unwrap_or(signature)
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    #[test]
    fn a_signature_comes_back_as_it_was_through_bytes_and_either_alphabet() {
        for signature in ["Eu+/8w==", "reasoning_details:[{\"data\":\"é\"}]", "", "c2ln"] {
            let given = for_client(signature);
            let bytes = URL_SAFE.decode(&given).unwrap();
            assert_eq!(from_client(URL_SAFE.encode(bytes)), signature);
        }
        // The dialect's own stay as they are.
        let own = STANDARD.encode(b"own");
        assert_eq!(from_client(own.clone()), own);
    }
}
