//! The frames that the guest and the sandbox exchange over any byte stream, and the messages inside them.
//!
//! Layers, each pure (bytes in, values out): [`Decoder`] and [`encode`] turn a byte stream into checked
//! [`Frame`]s; [`Assembler`] and [`split`] carry messages larger than a frame; [`SendWindow`] and
//! [`ReceiveWindow`] keep account of the credit of a channel; [`Request`], [`Reply`], [`Event`] and [`Entry`] are
//! what is said.
//!
//! Must never do I/O, panic on what it reads, buffer more than the stated limits, or depend on anything heavy: it
//! is linked into the guest.

mod capabilities;
mod exec;
mod files;
mod frame;
mod message;
mod names;
mod usage;
mod window;

pub use capabilities::{Capabilities, UnknownCapability};
pub use exec::{
    End, ExecOutcome, ExecRequest, Keep, MAX_KEEP, Output, Privileges, StartStep, Stderr, User, UserRecord,
};
pub use files::{
    CollectRequest, Collected, Entry, EntryKind, FileLimits, Incomplete, Limit, PutMode, PutRequest,
};
pub use frame::{Decoder, Frame, FrameError, HEADER_LEN, HELLO, HELLO_LEN, Kind, MAX_PAYLOAD, encode};
pub use message::{
    Assembler, DNS_PORT, DnsRequest, Event, Failure, ListenRequest, MessageError, Opened, Place, Reply,
    Request, WayOut, from_bytes, split, to_bytes,
};
pub use names::covers;
pub use usage::{CgroupVersion, CpuUsage, DiskUsage, MemoryUsage, PidsUsage, Usage};
pub use window::{CreditError, ReceiveWindow, SendWindow, Window};

/// Channel of [`Event`]s; every other channel belongs to one request (even, chosen by the host) or to one
/// connection (odd, chosen by the guest).
pub const EVENTS: u32 = 0;
