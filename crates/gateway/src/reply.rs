//! The answer on its way to the client: its head, held back while it may still change; its bytes, recorded as they
//! leave; and keep-alives while there is nothing to say.

use std::{
    future::Future,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::StatusCode;
use spec::Dialect;
use tokio::sync::oneshot;

use crate::{
    body::{BodyError, BodySender, BodyStream},
    framing::Array,
};

/// The head of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    /// Whether it says that the budget is gone.
    pub(crate) exhausted: bool,
}

/// The end of an answer, held back until the call is on record.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Last {
    /// The last bytes of a streamed answer; may be empty.
    Bytes(Bytes),
    /// All of it.
    Whole(Head, Bytes),
    /// It breaks off, so that the client cannot take it for whole.
    Broken(String),
}

/// The client is gone.
pub(crate) struct HungUp;

/// The answer on its way to the client.
pub(crate) struct Reply {
    dialect: Dialect,
    stream: bool,
    keep_alive: Duration,
    /// Present when the stream goes out as one JSON array.
    array: Option<Array>,
    head: Option<oneshot::Sender<Head>>,
    body: BodySender,
    arrived: Instant,
    /// What was sent, keep-alives left out.
    sent: Vec<u8>,
    /// The head that went out.
    begun: Option<Head>,
    first_byte: Option<Duration>,
    /// When something went out last, keep-alives among it.
    last_out: Instant,
}

pub(crate) const EVENT_STREAM: &str = "text/event-stream";
pub(crate) const JSON: &str = "application/json";
/// What is kept of an answer for the record, in bytes.
const KEPT: usize = 64 << 20;
/// Longest wait for a client to make room for the end of its answer.
const READING: Duration = Duration::from_secs(60);
/// A whole answer is silent longer before it is kept alive: its status is then settled.
const PATIENCE: u32 = 8;

impl Reply {
    pub(crate) fn new(
        dialect: Dialect,
        stream: bool,
        keep_alive: Duration,
        as_array: bool,
    ) -> (Self, oneshot::Receiver<Head>, BodyStream) {
        let (head, receiver) = oneshot::channel();
        let (body, bytes) = BodyStream::channel();
        let reply = Self {
            dialect,
            stream,
            keep_alive: if stream { keep_alive } else { keep_alive * PATIENCE },
            array: as_array.then(Array::new),
            head: Some(head),
            body,
            arrived: Instant::now(),
            sent: Vec::new(),
            begun: None,
            first_byte: None,
            last_out: Instant::now(),
        };
        (reply, receiver, bytes)
    }

    /// A handle that resolves once the client is gone.
    pub(crate) fn watcher(&self) -> BodySender {
        self.body.clone()
    }

    /// Whether the head is out: errors can no longer have a status of their own.
    pub(crate) fn is_begun(&self) -> bool {
        self.head.is_none()
    }

    /// Whether anything but keep-alives went out.
    pub(crate) fn has_sent(&self) -> bool {
        !self.sent.is_empty()
    }

    /// The head that the client sees, with `last` to come; `None` when it sees none.
    pub(crate) fn head(&self, last: &Last) -> Option<Head> {
        self.begun.clone().or_else(|| match last {
            Last::Bytes(_) => Some(self.ok_head(false)),
            Last::Whole(head, _) => Some(head.clone()),
            Last::Broken(_) => None,
        })
    }

    pub(crate) fn elapsed(&self) -> Duration {
        self.arrived.elapsed()
    }

    /// When the first byte went out, or goes out now with `last`.
    pub(crate) fn first_byte(&self, last: &Last) -> Option<Duration> {
        let now = match last {
            Last::Bytes(bytes) | Last::Whole(_, bytes) => !bytes.is_empty(),
            Last::Broken(_) => false,
        };
        self.first_byte.or_else(|| now.then(|| self.arrived.elapsed()))
    }

    /// The end in the form that the client reads. To be asked for once.
    pub(crate) fn framed(&mut self, last: Last) -> Last {
        match (&mut self.array, last) {
            (Some(array), Last::Bytes(bytes)) => Last::Bytes(array.end(&bytes)),
            (_, last) => last,
        }
    }

    /// What was sent so far, and what `last` will add to it.
    pub(crate) fn recorded(&self, last: &Last) -> Vec<u8> {
        let mut all = self.sent.clone();
        match last {
            Last::Bytes(bytes) | Last::Whole(_, bytes) => all.extend_from_slice(bytes),
            Last::Broken(_) => {}
        }
        all
    }

    fn begin(&mut self, head: Head) {
        if let Some(sender) = self.head.take() {
            self.begun = Some(head.clone());
            // An error here means that the client is gone, which the caller learns from the body.
            drop(sender.send(head));
        }
    }

    fn begin_ok(&mut self, exhausted: bool) {
        self.begin(self.ok_head(exhausted));
    }

    pub(crate) fn ok_head(&self, exhausted: bool) -> Head {
        let content_type = if self.sends_events() { EVENT_STREAM } else { JSON };
        Head { status: StatusCode::OK.as_u16(), content_type: content_type.into(), exhausted }
    }

    /// Whether the answer goes out as server-sent events.
    pub(crate) fn sends_events(&self) -> bool {
        self.stream && self.array.is_none()
    }

    /// Sends a piece of a streamed answer.
    pub(crate) async fn send(&mut self, bytes: Bytes) -> Result<(), HungUp> {
        let bytes = match &mut self.array {
            Some(array) => array.push(&bytes),
            None => bytes,
        };
        self.send_framed(bytes).await
    }

    /// Sends a piece of a streamed answer that has the client's form already.
    pub(crate) async fn send_framed(&mut self, bytes: Bytes) -> Result<(), HungUp> {
        self.begin_ok(false);
        if bytes.is_empty() {
            return Ok(());
        }
        self.first_byte.get_or_insert_with(|| self.arrived.elapsed());
        self.last_out = Instant::now();
        if self.sent.len() + bytes.len() <= KEPT {
            self.sent.extend_from_slice(&bytes);
        }
        self.body.send(Ok(bytes)).await.map_err(|_| HungUp)
    }

    /// Sends a keep-alive where nothing went out for long, though something came in.
    pub(crate) fn stay_in_touch(&mut self, between_events: bool) {
        if between_events && self.last_out.elapsed() >= self.keep_alive {
            self.keep_alive();
        }
    }

    fn keep_alive(&mut self) {
        self.begin_ok(false);
        let sign = match (self.sends_events(), self.dialect) {
            // White space before JSON means nothing.
            (false, _) => "\n",
            (true, Dialect::AnthropicMessages) => "event: ping\ndata: {\"type\": \"ping\"}\n\n",
            (true, _) => ": keep-alive\n\n",
        };
        // A full channel means that the client has something to read; a closed one is noticed elsewhere.
        drop(self.body.try_send(Ok(Bytes::from_static(sign.as_bytes()))));
        self.last_out = Instant::now();
    }

    /// Waits for `work`, with keep-alives whenever it takes long. `between_events`: whether something may be put in
    /// here.
    pub(crate) async fn while_waiting<T>(
        &mut self,
        between_events: bool,
        work: impl Future<Output = T>,
    ) -> T {
        tokio::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = tokio::time::sleep(self.keep_alive) => {}
            }
            if between_events {
                self.keep_alive();
            }
        }
    }

    /// Sends the end, after the call is on record. A client that has stopped reading is left behind.
    pub(crate) async fn finish(self, last: Last, exhausted: bool) {
        if tokio::time::timeout(READING, self.end(last, exhausted)).await.is_err() {
            tracing::debug!("a client stopped reading its answer");
        }
    }

    async fn end(mut self, last: Last, exhausted: bool) {
        let bytes = match last {
            Last::Bytes(bytes) => {
                self.begin_ok(exhausted);
                bytes
            }
            Last::Whole(head, bytes) => {
                self.begin(head);
                bytes
            }
            Last::Broken(why) => {
                // Without a head there is nothing to break: the front answers with an error of its own.
                drop(self.body.send(Err(BodyError(why))).await);
                return;
            }
        };
        if !bytes.is_empty() {
            drop(self.body.send(Ok(bytes)).await);
        }
    }
}
