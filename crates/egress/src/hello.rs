//! The server name that a TLS connection asks for, from its first bytes. Nothing is decrypted.

use std::time::Duration;

use rustls::server::Acceptor;
use tokio::io::{AsyncRead, AsyncReadExt};

/// How long a connection may take to say where it wants to go.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Bytes of a ClientHello, at most.
const MOST: usize = 64 << 10;

/// The first byte of a TLS connection.
pub(crate) const TLS: u8 = 22;

/// What refuses a connection: access is denied (RFC 8446 §6.2), in a record of TLS 1.2.
pub(crate) const DENIED: [u8; 7] = [21, 3, 3, 0, 2, 2, 49];

/// Reads on until the ClientHello is whole, of which `head` is the beginning and then all that was read. The server name;
/// `None` where there is none, or no sound ClientHello.
///
/// Under Encrypted Client Hello it is the outer name, which is the one that the connection goes to.
pub(crate) async fn server_name(stream: &mut (impl AsyncRead + Unpin), head: &mut Vec<u8>) -> Option<String> {
    let mut acceptor = Acceptor::default();
    let mut taken = 0;
    loop {
        let mut rest = &head[taken..];
        while !rest.is_empty() {
            acceptor.read_tls(&mut rest).ok()?;
            if let Some(accepted) = acceptor.accept().ok()? {
                return accepted.client_hello().server_name().map(str::to_owned);
            }
        }
        taken = head.len();
        if taken >= MOST || stream.read_buf(head).await.ok()? == 0 {
            return None;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;
    use rustls::{ClientConfig, ClientConnection, RootCertStore, pki_types::ServerName};

    use super::*;

    /// What a client sends first.
    fn hello(name: &str) -> Vec<u8> {
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(RootCertStore::empty())
            .with_no_client_auth();
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let mut client = ClientConnection::new(Arc::new(config), name).unwrap();
        let mut bytes = Vec::new();
        client.write_tls(&mut bytes).unwrap();
        bytes
    }

    fn read(bytes: &[u8]) -> Option<String> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut head = Vec::new();
        runtime.block_on(server_name(&mut &bytes[..], &mut head))
    }

    /// The same ClientHello in records of `size` bytes each.
    fn in_fragments(bytes: &[u8], size: usize) -> Vec<u8> {
        let record = |part: &[u8]| [&bytes[..3], &(part.len() as u16).to_be_bytes(), part].concat();
        bytes[5..].chunks(size).flat_map(record).collect()
    }

    #[test]
    fn the_name_is_that_of_the_hello() {
        assert_eq!(read(&hello("Files.Example")).as_deref(), Some("files.example"));
        assert_eq!(read(&hello("203.0.113.7")), None);
        assert_eq!(read(b"\x16\x03\x01\x00\x05hello"), None);
        let whole = hello("files.example");
        assert_eq!(read(&whole[..whole.len() - 1]), None);
    }

    proptest! {
        #[test]
        fn fragments_change_nothing(size in 1usize..600) {
            let name = read(&in_fragments(&hello("files.example"), size));
            prop_assert_eq!(name.as_deref(), Some("files.example"));
        }

        #[test]
        fn any_bytes_are_read_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = read(&bytes);
            let _ = read(&[&[TLS, 3, 1, 1, 0x90, 1][..], &bytes].concat());
        }

        /// A hello in which a byte was changed has another name, or none, only as far as the change is in the name or in
        /// its length: what a shorter length cuts off is an entry of a kind that nobody knows, and such are passed over.
        #[test]
        fn a_changed_byte_makes_no_name_out_of_nothing(at in 0usize..300, byte in any::<u8>()) {
            let mut bytes = hello("files.example");
            let at = at % bytes.len();
            bytes[at] = byte;
            if let Some(name) = read(&bytes) {
                let beside = name.bytes().zip(*b"files.example").filter(|(one, other)| one != other).count();
                prop_assert!(name.len() <= 13 && beside <= 1, "{}", name);
            }
        }
    }
}
