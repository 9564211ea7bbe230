//! Ed25519 keys, as people have them: a PEM file of OpenSSL's, or an SSH key. There is never a default key.

pub mod trust;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use ssh_key::{
    Algorithm, Fingerprint, HashAlg, LineEnding, PrivateKey, Signature, SshSig,
    public::{Ed25519PublicKey, KeyData},
};

/// Why a key or a signature cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// It is in no form that is known.
    #[error("it is neither an SSH key nor a PEM file with `PRIVATE KEY` in its first line")]
    UnknownForm,
    /// It is a key, of a kind that signs nothing here.
    #[error("it is a key of the kind `{0}`: only ssh-ed25519 is used here")]
    Kind(String),
    /// It can only be read with a passphrase.
    #[error(
        "it has a passphrase, which is not asked for here: sign with `ssh-keygen -Y sign -n {namespace} -f KEY CARD`, and give the signature to `overhang verify --signature`",
        namespace = crate::NAMESPACE
    )]
    Encrypted,
    /// It is damaged.
    #[error("it is damaged: {0}")]
    Damaged(String),
    /// The signature is not one of this key over these bytes.
    #[error("the signature does not fit what it is said to sign")]
    Wrong,
    /// The signature is for another purpose.
    #[error("the signature is for the namespace `{found}`, not `{wanted}`", wanted = crate::NAMESPACE)]
    Namespace {
        /// Its namespace.
        found: String,
    },
}

/// A key that signs.
pub struct Key(Ed25519KeyPair);

/// A key that signatures are held against.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Public(pub [u8; 32]);

impl Key {
    /// Reads a private key's file: an SSH key, or the PEM file that `openssl genpkey -algorithm ed25519` writes.
    ///
    /// # Errors
    /// Where it is anything else, or has a passphrase.
    pub fn read(file: &[u8]) -> Result<Self, KeyError> {
        let text = std::str::from_utf8(file).map_err(|_| KeyError::UnknownForm)?;
        if text.contains("-----BEGIN OPENSSH PRIVATE KEY-----") {
            return Self::ssh(text);
        }
        let body = text
            .split_once("-----BEGIN PRIVATE KEY-----")
            .and_then(|(_, rest)| rest.split_once("-----END PRIVATE KEY-----"))
            .ok_or(KeyError::UnknownForm)?;
        let packed: String = body.0.split_whitespace().collect();
        let der = BASE64.decode(packed).map_err(|error| KeyError::Damaged(error.to_string()))?;
        let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(&der);
        pair.map(Self).map_err(|error| KeyError::Kind(format!("PKCS #8 ({error})")))
    }

    fn ssh(text: &str) -> Result<Self, KeyError> {
        let key = PrivateKey::from_openssh(text).map_err(damaged)?;
        if key.is_encrypted() {
            return Err(KeyError::Encrypted);
        }
        let kind = || KeyError::Kind(key.algorithm().as_str().to_owned());
        let pair = key.key_data().ed25519().ok_or_else(kind)?;
        let seed = pair.private.to_bytes();
        let checked = Ed25519KeyPair::from_seed_and_public_key(&seed, &pair.public.0);
        checked.map(Self).map_err(|error| KeyError::Damaged(error.to_string()))
    }

    /// Its other half.
    pub fn public(&self) -> Public {
        let mut bytes = [0; 32];
        // ring's public keys of Ed25519 have 32 bytes (RFC 8032, section 5.1.5).
        bytes.copy_from_slice(self.0.public_key().as_ref());
        Public(bytes)
    }

    /// Its signature over bytes: 64 bytes.
    pub fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        self.0.sign(bytes).as_ref().to_vec()
    }

    /// A signature over a file as `ssh-keygen -Y sign` makes it, for the namespace [`NAMESPACE`](crate::NAMESPACE).
    ///
    /// # Errors
    /// Never for a file that memory can hold.
    pub fn sign_ssh(&self, file: &[u8]) -> Result<String, KeyError> {
        let signed = SshSig::signed_data(crate::NAMESPACE, HashAlg::Sha512, file).map_err(damaged)?;
        let signature = Signature::new(Algorithm::Ed25519, self.sign(&signed)).map_err(damaged)?;
        let whole = SshSig::new(self.public().ssh(), crate::NAMESPACE, HashAlg::Sha512, signature);
        whole.and_then(|whole| whole.to_pem(LineEnding::LF)).map_err(damaged)
    }
}

impl Public {
    /// Holds a signature of 64 bytes against bytes.
    ///
    /// # Errors
    /// [`KeyError::Wrong`] where it does not fit.
    pub fn verify(&self, bytes: &[u8], signature: &[u8]) -> Result<(), KeyError> {
        UnparsedPublicKey::new(&ED25519, self.0).verify(bytes, signature).map_err(|_| KeyError::Wrong)
    }

    /// Its fingerprint as SSH tells it: `SHA256:` and the hash in base 64.
    pub fn fingerprint(&self) -> String {
        Fingerprint::new(HashAlg::Sha256, &self.ssh()).to_string()
    }

    fn ssh(self) -> KeyData {
        KeyData::Ed25519(Ed25519PublicKey(self.0))
    }

    /// Reads a public key's file: one line as in `id_ed25519.pub`, or the PEM file that `openssl pkey -pubout` writes.
    ///
    /// # Errors
    /// Where it is anything else.
    pub fn read(file: &[u8]) -> Result<Self, KeyError> {
        let text = std::str::from_utf8(file).map_err(|_| KeyError::UnknownForm)?;
        let Some((_, rest)) = text.split_once("-----BEGIN PUBLIC KEY-----") else {
            return Self::line(text.trim());
        };
        let (body, _) = rest.split_once("-----END PUBLIC KEY-----").ok_or(KeyError::UnknownForm)?;
        let packed: String = body.split_whitespace().collect();
        let der = BASE64.decode(packed).map_err(|error| KeyError::Damaged(error.to_string()))?;
        // RFC 8410, section 4: twelve bytes that say `Ed25519`, then the key.
        let key = der.strip_prefix(ED25519_SPKI).and_then(|key| key.try_into().ok());
        key.map(Self).ok_or_else(|| KeyError::Kind("SubjectPublicKeyInfo".into()))
    }

    fn line(line: &str) -> Result<Self, KeyError> {
        let key = ssh_key::PublicKey::from_openssh(line).map_err(|_| KeyError::UnknownForm)?;
        let kind = || KeyError::Kind(key.algorithm().as_str().to_owned());
        key.key_data().ed25519().map(|key| Self(key.0)).ok_or_else(kind)
    }
}

/// The beginning of every SubjectPublicKeyInfo of an Ed25519 key.
const ED25519_SPKI: &[u8] = &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// The key that made a signature of `ssh-keygen -Y sign` over a file.
///
/// # Errors
/// Where the signature does not fit the file, is for another namespace, or of another kind of key.
pub fn verify_ssh(file: &[u8], signature: &[u8]) -> Result<Public, KeyError> {
    let signature = SshSig::from_pem(signature).map_err(damaged)?;
    if signature.namespace() != crate::NAMESPACE {
        return Err(KeyError::Namespace { found: signature.namespace().to_owned() });
    }
    let kind = || KeyError::Kind(signature.algorithm().as_str().to_owned());
    let key = Public(signature.public_key().ed25519().ok_or_else(kind)?.0);
    let signed = SshSig::signed_data(crate::NAMESPACE, signature.hash_alg(), file).map_err(damaged)?;
    key.verify(&signed, signature.signature_bytes())?;
    Ok(key)
}

fn damaged(error: ssh_key::Error) -> KeyError {
    KeyError::Damaged(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first example of RFC 8032, section 7.1, in the form of PKCS #8.
    const PEM: &str = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";

    #[test]
    fn the_example_of_the_rfc() {
        let key = Key::read(PEM.as_bytes()).unwrap();
        let hex = crate::hex::text(&key.public().0);
        assert_eq!(hex, "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a");
        assert!(crate::hex::text(&key.sign(b"")).starts_with("e5564300c360ac729086e2cc806e828a84877f1e"));
        key.public().verify(b"", &key.sign(b"")).unwrap();
        assert!(key.public().verify(b"x", &key.sign(b"")).is_err());
    }

    #[test]
    fn a_signature_of_ssh_is_bound_to_file_and_namespace() {
        let key = Key::read(PEM.as_bytes()).unwrap();
        let signature = key.sign_ssh(b"card").unwrap();
        assert_eq!(verify_ssh(b"card", signature.as_bytes()).unwrap(), key.public());
        assert!(matches!(verify_ssh(b"cards", signature.as_bytes()), Err(KeyError::Wrong)));
    }

    #[test]
    fn what_is_no_key_of_ours_is_told() {
        assert!(matches!(Key::read(b"key"), Err(KeyError::UnknownForm)));
        assert!(matches!(Public::read(b"key"), Err(KeyError::UnknownForm)));
        let cut = PEM.replace("MC4C", "MC4");
        assert!(matches!(Key::read(cut.as_bytes()), Err(KeyError::Damaged(_) | KeyError::Kind(_))));
    }
}
