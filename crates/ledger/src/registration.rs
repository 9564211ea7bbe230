//! The commitment to what is registered before a run.

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use vocabulary::Registration;

use crate::chain::{canonical, hex};

/// In a run's directory, before its first trial: what is to be registered.
pub const FILE: &str = "registration.json";

/// SHA-256("overhang-lock-v1" ‖ 00 ‖ nonce ‖ 00 ‖ what is registered as canonical JSON), in hex.
///
/// # Errors
/// When it has no JSON.
pub fn commitment(registration: &Registration) -> Result<String, serde_json::Error> {
    committed("overhang-lock-v1", &registration.nonce, &registration.registered)
}

fn committed(domain: &str, nonce: &str, what: &impl Serialize) -> Result<String, serde_json::Error> {
    let mut hash = Sha256::new();
    for piece in [domain.as_bytes(), &[0], nonce.as_bytes(), &[0], &canonical(&serde_json::to_value(what)?)] {
        hash.update(piece);
    }
    Ok(hex(&hash.finalize()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The example of the reference vectors (v16), which has a domain of its own.
    #[test]
    fn the_formula_is_that_of_the_reference() {
        let plan = json!({"alpha": 0.05, "arms": ["bare", "harness"], "budget_usd": 2.0, "k": 5, "models": ["m1", "m2"],
            "primary": "delta_itt_macro", "split_salt": "2026-q3-lock", "version": 1});
        let found = committed("eg-prereg-v1", "6f1d5c0e9a7b4c3d", &plan).unwrap();
        let vectors: serde_json::Value =
            serde_json::from_str(include_str!("../../evidence/tests/data/v16_attest.json")).unwrap();
        assert_eq!(found, vectors["prereg"]["commitment"].as_str().unwrap());
    }
}
