//! What the host asks and the guest answers.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use thiserror::Error;

use crate::{
    CollectRequest, Collected, DiskUsage, ExecOutcome, ExecRequest, Frame, Incomplete, Kind, MAX_PAYLOAD,
    PutRequest, Usage, UserRecord, encode,
};

/// What the host asks. The first message on a channel of the host's choosing; answered by exactly one [`Reply`] on
/// it, which ends the channel ([`Request::Listen`] apart: its channel lives until the host resets it). A reset from
/// the host gives the request up: a program is killed, a transfer or a listener dropped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// Run a program. Data: its live output.
    Exec(Box<ExecRequest>),
    /// On the channel of an `Exec`: kill everything it started. The answer is the exec's.
    Kill,
    /// On the channel of an `Exec`: send this signal to the program's process group. No answer of its own.
    Signal(i32),
    /// Kill every process but the guest.
    KillAll,
    /// Kill every process that was started with a path below this one among its arguments, its program included.
    KillUsing(Vec<u8>),
    /// Stop every process but the guest.
    Freeze,
    /// Let go on what `Freeze` stopped.
    Thaw,
    /// Put files. Data: the entries, from the host.
    Put(PutRequest),
    /// Collect files. Data: the entries, from the guest.
    Collect(CollectRequest),
    /// Measure the space below these absolute paths, looking at no more than this many entries.
    DiskUsage {
        /// Absolute paths.
        roots: Vec<Vec<u8>>,
        /// Entries to look at.
        entries: u64,
    },
    /// Read the cgroup.
    Usage,
    /// Look up a user, written as in [`crate::User::Named`].
    User(String),
    /// Carry TCP connections to the host.
    Listen(ListenRequest),
    /// Answer DNS on the container's loopback.
    Dns(DnsRequest),
}

/// A listener in the container.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListenRequest {
    /// Whose connections it takes.
    pub place: Place,
    /// TCP port; 0 lets the system choose.
    pub port: u16,
    /// Connections carried at once; more are closed at once.
    pub max_connections: u32,
}

/// Whose connections a listener takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Place {
    /// Those of the container itself.
    Loopback,
    /// Those of all containers of its network.
    Anywhere,
}

/// Where a container's programs ask for names: no other can be said in `resolv.conf`.
pub const DNS_PORT: u16 = 53;

/// A DNS server on the container's loopback that says of names that they do not exist. It takes the place of the one
/// that was there on the same port.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DnsRequest {
    /// UDP port; 0 lets the system choose.
    pub port: u16,
    /// Different names reported to the host, of those that do not exist; more are counted only.
    pub max_names: u32,
    /// Names that do exist.
    pub way_out: Option<WayOut>,
}

/// Names that all lead to one place.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WayOut {
    /// As of [`crate::covers`].
    pub names: Vec<String>,
    /// The IPv4 address that they have.
    pub address: [u8; 4],
}

impl ListenRequest {
    /// For the container's own programs.
    pub fn loopback(port: u16, max_connections: u32) -> Self {
        Self { place: Place::Loopback, port, max_connections }
    }
}

impl DnsRequest {
    /// No name exists.
    pub fn without_names(port: u16, max_names: u32) -> Self {
        Self { port, max_names, way_out: None }
    }
}

/// Payload of an `Open` frame: which listener accepted the connection that the frame's channel now carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Opened {
    /// Channel of the `Listen` request.
    pub listener: u32,
}

/// What the guest answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reply {
    /// To `Exec`.
    Exec(Box<ExecOutcome>),
    /// To `Freeze` and `Thaw`.
    Done,
    /// To `KillAll` and `KillUsing`: how many processes could not be killed.
    Killed {
        /// Processes still there.
        survivors: u32,
    },
    /// To `Put` and `Collect`.
    Collected(Collected),
    /// To `DiskUsage`.
    DiskUsage(DiskUsage),
    /// To `Usage`.
    Usage(Usage),
    /// To `User`.
    User(UserRecord),
    /// To `Listen` and `Dns`: the port in use.
    Listening {
        /// TCP or UDP port.
        port: u16,
    },
    /// It could not be done.
    Failed(Failure),
}

/// Why a request could not be carried out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Failure {
    /// The system refused.
    System {
        /// What was tried, on what.
        what: String,
        /// The error number of the system.
        errno: i32,
    },
    /// The request makes no sense or breaks a rule.
    Refused(String),
    /// The collection is not complete.
    Incomplete(Incomplete),
}

/// What the guest reports unasked, on channel [`crate::EVENTS`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Event {
    /// A name was asked for the first time.
    DnsName {
        /// Dotted, without the last dot, lower case; bytes that are not printable ASCII as `\ddd`.
        name: String,
    },
    /// More names were asked than are reported.
    DnsNamesDropped,
}

/// Why a message cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MessageError {
    /// Longer than the receiver takes.
    #[error("a message longer than {0} bytes")]
    TooLong(usize),
    /// Not the encoding of the expected type.
    #[error("a message that cannot be decoded")]
    Malformed,
}

/// The encoding of a value. Every type of this crate can be encoded.
pub fn to_bytes<T: Serialize>(value: &T) -> Vec<u8> {
    postcard::to_allocvec(value).unwrap_or_default()
}

/// Appends a message to `out`, in as many frames as it needs.
pub fn split<T: Serialize>(channel: u32, message: &T, out: &mut Vec<u8>) {
    let bytes = to_bytes(message);
    let last = bytes.len().saturating_sub(1) / MAX_PAYLOAD * MAX_PAYLOAD;
    let (parts, rest) = bytes.split_at(last);
    if !parts.is_empty() {
        encode(channel, Kind::Part, parts, out);
    }
    encode(channel, Kind::Message, rest, out);
}

/// Puts the parts of one channel's messages together again, up to a limit.
#[derive(Debug)]
pub struct Assembler {
    buffer: Vec<u8>,
    limit: usize,
}

impl Assembler {
    /// One that refuses messages longer than `limit` bytes.
    pub fn new(limit: usize) -> Assembler {
        Assembler { buffer: Vec::new(), limit }
    }

    /// Takes a `Part` or `Message` frame; frames of other kinds change nothing. Returns the message when complete.
    ///
    /// # Errors
    /// If it is too long or not a `T`; the message is then forgotten.
    pub fn push<T: DeserializeOwned>(&mut self, frame: &Frame) -> Result<Option<T>, MessageError> {
        if !matches!(frame.kind, Kind::Part | Kind::Message) {
            return Ok(None);
        }
        if self.buffer.len() + frame.payload.len() > self.limit {
            self.buffer = Vec::new();
            return Err(MessageError::TooLong(self.limit));
        }
        self.buffer.extend_from_slice(&frame.payload);
        if frame.kind == Kind::Part {
            return Ok(None);
        }
        from_bytes(&std::mem::take(&mut self.buffer)).map(Some)
    }
}

/// Decodes what [`to_bytes`] made.
///
/// # Errors
/// [`MessageError::Malformed`] if it is not a `T`, or more than one.
pub fn from_bytes<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, MessageError> {
    match postcard::take_from_bytes(bytes) {
        Ok((value, [])) => Ok(value),
        _ => Err(MessageError::Malformed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Decoder, End, Entry, HELLO, Output};
    use proptest::prelude::*;
    use std::time::Duration;

    fn through_frames<T: Serialize + DeserializeOwned>(
        message: &T,
        limit: usize,
    ) -> Result<Option<T>, MessageError> {
        let mut bytes = HELLO.to_vec();
        split(9, message, &mut bytes);
        let (mut decoder, mut assembler) = (Decoder::new(), Assembler::new(limit));
        decoder.push(&bytes);
        while let Ok(Some(frame)) = decoder.next_frame() {
            assert_eq!(frame.channel, 9);
            if let Some(message) = assembler.push(&frame)? {
                assert_eq!(decoder.finish(), Ok(()));
                return Ok(Some(message));
            }
        }
        Ok(None)
    }

    fn outcome(output: Vec<u8>) -> Reply {
        Reply::Exec(Box::new(ExecOutcome {
            end: End::Signalled(9),
            stdout: Output { head: output, tail: vec![], dropped: 3 },
            stderr: Output::default(),
            wall: Duration::from_millis(5),
            cpu: Duration::from_micros(7),
            oom_kills: 1,
            pids_refused: 0,
            survivors: 0,
            output_held: true,
        }))
    }

    proptest! {
        #[test]
        fn messages_of_any_length_come_through(length in 0usize..4 * MAX_PAYLOAD) {
            let reply = outcome(vec![b'x'; length]);
            prop_assert_eq!(through_frames(&reply, 1 << 20), Ok(Some(reply)));
        }

        #[test]
        fn garbage_is_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = from_bytes::<Request>(&bytes);
            let _ = from_bytes::<Reply>(&bytes);
            let _ = from_bytes::<Entry>(&bytes);
            let mut longer = to_bytes(&Request::Usage);
            longer.extend_from_slice(&bytes);
            prop_assert_eq!(from_bytes::<Request>(&longer).is_ok(), bytes.is_empty());
        }
    }

    #[test]
    fn a_message_above_the_limit_is_refused() {
        let reply = outcome(vec![0; 3 * MAX_PAYLOAD]);
        assert_eq!(through_frames(&reply, 2 * MAX_PAYLOAD), Err(MessageError::TooLong(2 * MAX_PAYLOAD)));
    }
}
