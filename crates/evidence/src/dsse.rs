//! The signing envelope of in-toto: DSSE 1.0 (`secure-systems-lab/dsse`, protocol.md and envelope.md).

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use serde::{Deserialize, Serialize};

use crate::key::{Key, KeyError, Public};

/// The type of every payload here: an in-toto Statement.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// A payload with its signatures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Envelope {
    /// The payload in base 64.
    pub payload: String,
    /// What it is.
    #[serde(rename = "payloadType")]
    pub payload_type: String,
    /// At least one.
    pub signatures: Vec<Signature>,
}

/// One signature over the payload and its type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signature {
    /// A hint which key it is. Nobody has signed it: trust never comes from it.
    pub keyid: String,
    /// The signature in base 64.
    pub sig: String,
}

/// Why an envelope is refused.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// Its payload is of another type.
    #[error("its payload is `{0}`, not an in-toto Statement")]
    Type(String),
    /// A part is not base 64 in its one spelling.
    #[error("its {0} is not base 64")]
    Base64(&'static str),
    /// Nobody signed it.
    #[error("it has no signature")]
    Unsigned,
}

/// What is signed: the pre-authentication encoding.
pub fn pre_authentication(payload_type: &str, payload: &[u8]) -> Vec<u8> {
    let mut bytes = format!("DSSEv1 {} {payload_type} {} ", payload_type.len(), payload.len()).into_bytes();
    bytes.extend_from_slice(payload);
    bytes
}

impl Envelope {
    /// A payload signed by keys.
    pub fn seal(payload: &[u8], keys: &[Key]) -> Self {
        let signed = pre_authentication(PAYLOAD_TYPE, payload);
        let signature = |key: &Key| Signature {
            keyid: key.public().fingerprint(),
            sig: BASE64.encode(key.sign(&signed)),
        };
        Self {
            payload: BASE64.encode(payload),
            payload_type: PAYLOAD_TYPE.to_owned(),
            signatures: keys.iter().map(signature).collect(),
        }
    }

    /// The payload's bytes.
    ///
    /// # Errors
    /// Where it is of another type, not base 64, or without any signature.
    pub fn payload(&self) -> Result<Vec<u8>, EnvelopeError> {
        if self.payload_type != PAYLOAD_TYPE {
            return Err(EnvelopeError::Type(self.payload_type.clone()));
        }
        if self.signatures.is_empty() {
            return Err(EnvelopeError::Unsigned);
        }
        BASE64.decode(&self.payload).map_err(|_| EnvelopeError::Base64("payload"))
    }

    /// Holds a key against the envelope: whether one of its signatures is this key's.
    ///
    /// # Errors
    /// As [`Envelope::payload`].
    pub fn is_signed_by(&self, key: Public) -> Result<bool, EnvelopeError> {
        let signed = pre_authentication(&self.payload_type, &self.payload()?);
        for one in &self.signatures {
            let bytes = BASE64.decode(&one.sig).map_err(|_| EnvelopeError::Base64("signature"))?;
            match key.verify(&signed, &bytes) {
                Ok(()) => return Ok(true),
                Err(KeyError::Wrong) => {}
                Err(_) => return Ok(false),
            }
        }
        Ok(false)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn the_encoding_is_that_of_the_protocol() {
        let encoded = pre_authentication("http://example.com/HelloWorld", b"hello world");
        assert_eq!(encoded, b"DSSEv1 29 http://example.com/HelloWorld 11 hello world");
    }

    #[test]
    fn the_reference_signature_is_accepted_and_no_other() {
        let vectors: Value = serde_json::from_str(include_str!("../tests/data/v16_attest.json")).unwrap();
        let text = |name: &str| vectors["dsse"][name].as_str().unwrap().to_owned();
        let key = Public(crate::hex::hash(&text("public_key_hex")).unwrap());
        let signature = Signature { keyid: text("keyid"), sig: text("sig_b64") };
        let mut envelope = Envelope {
            payload: text("payload_b64"),
            payload_type: text("payloadType"),
            signatures: vec![signature],
        };
        assert!(envelope.is_signed_by(key).unwrap());
        assert!(!envelope.is_signed_by(Public([9; 32])).unwrap());
        envelope.payload.replace_range(0..4, "AAAA");
        assert!(!envelope.is_signed_by(key).unwrap());
        envelope.payload_type = "text/plain".into();
        assert!(matches!(envelope.payload(), Err(EnvelopeError::Type(_))));
    }
}
