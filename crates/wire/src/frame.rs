//! Framing: a preamble, then frames with length, channel, kind and checksum.

use thiserror::Error;

/// Largest payload of a frame, in bytes.
pub const MAX_PAYLOAD: usize = 64 * 1024;

/// Sent first by both sides: a name and, in the last two bytes, the version of the protocol (little-endian).
pub const HELLO: [u8; HELLO_LEN] = *b"ovrhng\x01\x00";

/// Length of [`HELLO`] in bytes.
pub const HELLO_LEN: usize = 8;

/// Length of a frame's header in bytes: payload length (4), channel (4), kind (1), CRC-32 (4), all little-endian.
/// The checksum covers the nine bytes before it and the payload.
pub const HEADER_LEN: usize = 13;

/// What a frame's payload is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Part of a message, more to follow.
    Part,
    /// A message, or its last part.
    Message,
    /// Bytes of the channel's stream (a connection, a file's content, live standard output). Costs credit.
    Data,
    /// Bytes of live standard error. Costs credit.
    Stderr,
    /// The description of a file whose content, if any, follows as `Data`. Costs credit.
    Entry,
    /// The sender will send no more data on the channel. Empty.
    End,
    /// The channel is closed both ways. Empty.
    Reset,
    /// The receiver of data grants more: bytes, as `u32` little-endian.
    Credit,
    /// The guest opens a channel for an accepted connection.
    Open,
}

impl Kind {
    const ALL: [Kind; 9] = [
        Kind::Part,
        Kind::Message,
        Kind::Data,
        Kind::Stderr,
        Kind::Entry,
        Kind::End,
        Kind::Reset,
        Kind::Credit,
        Kind::Open,
    ];

    fn from_byte(byte: u8) -> Option<Kind> {
        Kind::ALL.into_iter().find(|&kind| kind as u8 == byte)
    }

    /// Whether frames of this kind are counted against the channel's credit.
    pub fn costs_credit(self) -> bool {
        matches!(self, Kind::Data | Kind::Stderr | Kind::Entry)
    }
}

/// One frame.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The channel it belongs to.
    pub channel: u32,
    /// What the payload is.
    pub kind: Kind,
    /// At most [`MAX_PAYLOAD`] bytes.
    pub payload: Vec<u8>,
}

/// Why a byte stream is not a stream of frames. Nothing after it can be trusted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum FrameError {
    /// The stream does not begin with [`HELLO`].
    #[error("the stream does not begin with this version's preamble")]
    Hello,
    /// A header states a payload above [`MAX_PAYLOAD`].
    #[error("a frame of {0} bytes is above the limit of {MAX_PAYLOAD}")]
    TooLong(usize),
    /// A header states a kind that does not exist.
    #[error("frame kind {0} does not exist")]
    Kind(u8),
    /// The checksum does not fit the frame.
    #[error("a frame's checksum does not fit: the stream was damaged or forged")]
    Checksum,
    /// The stream ended inside the preamble or a frame.
    #[error("the stream ended inside a frame")]
    Truncated,
}

/// Appends one frame to `out`. A payload above [`MAX_PAYLOAD`] is sent as several frames of the same kind.
pub fn encode(channel: u32, kind: Kind, payload: &[u8], out: &mut Vec<u8>) {
    let mut rest = payload;
    loop {
        let (chunk, after) = rest.split_at(rest.len().min(MAX_PAYLOAD));
        let start = out.len();
        out.extend_from_slice(&(chunk.len() as u32).to_le_bytes());
        out.extend_from_slice(&channel.to_le_bytes());
        out.push(kind as u8);
        let sum = checksum(&out[start..], chunk);
        out.extend_from_slice(&sum.to_le_bytes());
        out.extend_from_slice(chunk);
        rest = after;
        if rest.is_empty() {
            return;
        }
    }
}

fn checksum(head: &[u8], payload: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(head);
    hasher.update(payload);
    hasher.finalize()
}

/// Turns chunks of a byte stream, cut anywhere, into frames. After an error it repeats that error for ever.
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    start: usize,
    greeted: bool,
    failed: Option<FrameError>,
}

impl Decoder {
    /// A decoder that expects [`HELLO`] first.
    pub fn new() -> Decoder {
        Decoder::default()
    }

    /// Takes the next bytes of the stream.
    pub fn push(&mut self, bytes: &[u8]) {
        if self.failed.is_some() {
            return;
        }
        if self.start > 0 {
            self.buffer.drain(..self.start);
            self.start = 0;
        }
        self.buffer.extend_from_slice(bytes);
    }

    /// Whether the preamble has been seen.
    pub fn greeted(&self) -> bool {
        self.greeted
    }

    /// The next complete frame, or `None` until more bytes are pushed.
    ///
    /// # Errors
    /// Whatever is wrong with the stream; the decoder is of no use afterwards.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, FrameError> {
        if let Some(error) = self.failed {
            return Err(error);
        }
        self.decode().inspect_err(|&error| {
            self.failed = Some(error);
            self.buffer = Vec::new();
            self.start = 0;
        })
    }

    /// To be asked when the stream has ended.
    ///
    /// # Errors
    /// [`FrameError::Truncated`] if it ended inside a frame, or the error seen before.
    pub fn finish(&self) -> Result<(), FrameError> {
        match self.failed {
            Some(error) => Err(error),
            None if self.greeted && self.start == self.buffer.len() => Ok(()),
            None => Err(FrameError::Truncated),
        }
    }

    fn decode(&mut self) -> Result<Option<Frame>, FrameError> {
        if !self.greeted {
            let seen = &self.buffer[..self.buffer.len().min(HELLO_LEN)];
            if !HELLO.starts_with(seen) {
                return Err(FrameError::Hello);
            }
            if seen.len() < HELLO_LEN {
                return Ok(None);
            }
            self.greeted = true;
            self.start = HELLO_LEN;
        }
        let Some((head, rest)) = self.buffer[self.start..].split_first_chunk::<HEADER_LEN>() else {
            return Ok(None);
        };
        let [l0, l1, l2, l3, c0, c1, c2, c3, kind, s0, s1, s2, s3] = *head;
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        if length > MAX_PAYLOAD {
            return Err(FrameError::TooLong(length));
        }
        let kind = Kind::from_byte(kind).ok_or(FrameError::Kind(kind))?;
        let Some(payload) = rest.get(..length) else {
            return Ok(None);
        };
        if checksum(&head[..HEADER_LEN - 4], payload) != u32::from_le_bytes([s0, s1, s2, s3]) {
            return Err(FrameError::Checksum);
        }
        let frame = Frame { channel: u32::from_le_bytes([c0, c1, c2, c3]), kind, payload: payload.to_vec() };
        self.start += HEADER_LEN + length;
        Ok(Some(frame))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn any_frame() -> impl Strategy<Value = Frame> {
        let payload = prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..200),
            (0..=MAX_PAYLOAD).prop_map(|length| vec![7; length]),
        ];
        (any::<u32>(), proptest::sample::select(Kind::ALL.to_vec()), payload)
            .prop_map(|(channel, kind, payload)| Frame { channel, kind, payload })
    }

    fn stream(frames: &[Frame]) -> Vec<u8> {
        let mut bytes = HELLO.to_vec();
        for frame in frames {
            encode(frame.channel, frame.kind, &frame.payload, &mut bytes);
        }
        bytes
    }

    /// Feeds `bytes` in pieces of the given sizes (repeated) and returns what came out and how it ended.
    fn feed(bytes: &[u8], sizes: &[usize]) -> (Vec<Frame>, Result<(), FrameError>) {
        let (mut decoder, mut frames, mut rest) = (Decoder::new(), Vec::new(), bytes);
        for size in sizes.iter().cycle() {
            let (chunk, after) = rest.split_at(rest.len().min(*size));
            decoder.push(chunk);
            loop {
                match decoder.next_frame() {
                    Ok(Some(frame)) => frames.push(frame),
                    Ok(None) => break,
                    Err(error) => return (frames, Err(error)),
                }
            }
            rest = after;
            if rest.is_empty() {
                break;
            }
        }
        (frames, decoder.finish())
    }

    proptest! {
        #[test]
        fn frames_survive_any_chunking(
            frames in proptest::collection::vec(any_frame(), 0..8),
            sizes in proptest::collection::vec(1usize..5000, 1..8),
        ) {
            prop_assert_eq!(feed(&stream(&frames), &sizes), (frames, Ok(())));
        }

        #[test]
        fn a_cut_stream_is_seen(frames in proptest::collection::vec(any_frame(), 1..4), cut in any::<prop::sample::Index>()) {
            let bytes = stream(&frames);
            let whole: Vec<usize> = (0..=frames.len()).map(|n| stream(&frames[..n]).len()).collect();
            let cut = cut.index(bytes.len());
            let (got, end) = feed(&bytes[..cut], &[4096]);
            prop_assert_eq!(end.is_ok(), whole.contains(&cut));
            prop_assert!(frames.starts_with(&got));
        }

        #[test]
        fn a_changed_byte_never_yields_a_frame_that_was_not_sent(
            frames in proptest::collection::vec(any_frame(), 1..4),
            at in any::<prop::sample::Index>(),
            flip in 1u8..,
        ) {
            let mut bytes = stream(&frames);
            let at = at.index(bytes.len());
            bytes[at] ^= flip;
            let (got, end) = feed(&bytes, &[1000]);
            prop_assert!(end.is_err());
            prop_assert!(frames.starts_with(&got));
        }

        #[test]
        fn garbage_is_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400), greet in any::<bool>()) {
            let bytes = if greet { [&HELLO[..], &bytes].concat() } else { bytes };
            let (_, end) = feed(&bytes, &[7]);
            prop_assert!(end.is_err() || bytes == HELLO);
        }
    }

    #[test]
    fn a_large_payload_becomes_several_frames() {
        let mut bytes = HELLO.to_vec();
        encode(3, Kind::Data, &vec![1; MAX_PAYLOAD + 1], &mut bytes);
        let (frames, end) = feed(&bytes, &[bytes.len()]);
        assert_eq!(end, Ok(()));
        assert_eq!(frames.iter().map(|frame| frame.payload.len()).collect::<Vec<_>>(), [MAX_PAYLOAD, 1]);
    }
}
