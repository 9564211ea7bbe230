//! DNS on the container's loopback: says of every name, at once, that it does not exist, and tells the host what was
//! asked.

use std::collections::HashSet;
use std::fmt::Write;
use std::net::{Ipv4Addr, UdpSocket};
use std::os::fd::{AsFd, BorrowedFd};

use wire::{DnsRequest, EVENTS, Event};

use crate::outbox::Outbox;

const QUERIES_PER_TURN: usize = 64;
const HEADER: usize = 12;

#[derive(Debug)]
pub(crate) struct Dns {
    socket: UdpSocket,
    names: HashSet<String>,
    max_names: usize,
    dropped: bool,
}

impl Dns {
    /// Returns the server and its port.
    pub(crate) fn bind(request: DnsRequest) -> std::io::Result<(Dns, u16)> {
        let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, request.port))?;
        socket.set_nonblocking(true)?;
        let port = socket.local_addr()?.port();
        Ok((
            Dns { socket, names: HashSet::new(), max_names: request.max_names as usize, dropped: false },
            port,
        ))
    }

    pub(crate) fn socket(&self) -> BorrowedFd<'_> {
        self.socket.as_fd()
    }

    pub(crate) fn answer(&mut self, out: &mut Outbox) {
        let mut query = [0; 1500];
        for _ in 0..QUERIES_PER_TURN {
            let Ok((bytes, from)) = self.socket.recv_from(&mut query) else { return };
            let Some((name, answer)) = nxdomain(&query[..bytes]) else { continue };
            let _ = self.socket.send_to(&answer, from);
            self.report(name, out);
        }
    }

    fn report(&mut self, name: String, out: &mut Outbox) {
        if self.names.contains(&name) || self.dropped {
            return;
        }
        if self.names.len() < self.max_names {
            out.message(EVENTS, &Event::DnsName { name: name.clone() });
            self.names.insert(name);
        } else {
            self.dropped = true;
            out.message(EVENTS, &Event::DnsNamesDropped);
        }
    }
}

/// The name asked for, and the answer (RFC 1035 §4.1: header and question repeated, response code 3). `None` if it is
/// not a query with one question.
fn nxdomain(query: &[u8]) -> Option<(String, Vec<u8>)> {
    let (header, mut rest) = query.split_first_chunk::<HEADER>()?;
    let is_response = header[2] & 0x80 != 0;
    if is_response || header[4..6] != [0, 1] {
        return None;
    }
    let mut name = String::new();
    loop {
        let (&length, after) = rest.split_first()?;
        if length == 0 {
            rest = after;
            break;
        }
        // 64 and above are compression, which has no place in a question.
        let (label, after) = after.split_at_checked(usize::from(length)).filter(|_| length < 64)?;
        if !name.is_empty() {
            name.push('.');
        }
        for byte in label {
            match byte.to_ascii_lowercase() {
                printable @ b'!'..=b'~' if !b".\\".contains(&printable) => name.push(char::from(printable)),
                other => write!(name, "\\{other:03}").ok()?,
            }
        }
        rest = after;
    }
    let question_end = query.len() - rest.get(4..)?.len();
    let mut answer = query.get(..question_end)?.to_vec();
    // Response, same opcode and recursion wish; recursion available, NXDOMAIN; one question, nothing else.
    answer[2] = 0x80 | (header[2] & 0x79);
    answer[3] = 0x83;
    answer[6..HEADER].fill(0);
    Some((name, answer))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn query(labels: &[&[u8]], more: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0xab, 0xcd, 1, 0x20, 0, 1, 0, 0, 0, 0, 0, 1];
        for label in labels {
            bytes.push(label.len() as u8);
            bytes.extend_from_slice(label);
        }
        bytes.extend_from_slice(&[0, 0, 1, 0, 1]);
        bytes.extend_from_slice(more);
        bytes
    }

    #[test]
    fn a_query_is_answered_with_its_question_and_no_such_name() {
        let asked = query(&[b"Api", b"example", b"com"], b"an OPT record");
        let (name, answer) = nxdomain(&asked).unwrap();
        assert_eq!(name, "api.example.com");
        assert_eq!(answer[..12], [0xab, 0xcd, 0x81, 0x83, 0, 1, 0, 0, 0, 0, 0, 0]);
        assert_eq!(answer[12..], asked[12..asked.len() - 13]);
    }

    #[test]
    fn odd_bytes_in_names_are_escaped() {
        assert_eq!(nxdomain(&query(&[b"a.b\n\\", b"\xff"], b"")).unwrap().0, "a\\046b\\010\\092.\\255");
        assert_eq!(nxdomain(&query(&[], b"")).unwrap().0, "");
    }

    proptest! {
        #[test]
        fn garbage_does_not_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            if let Some((_, answer)) = nxdomain(&bytes) {
                prop_assert!(answer.len() <= bytes.len());
            }
        }
    }
}
