//! All calls of a try as one conversation.

use std::{collections::HashMap, sync::Arc};

use dialect::neutral::{self, Content, Message, Response, Role, Tool};
use ledger::{BlobStore, CallRecord, event::CallKind};

use crate::{
    body::{self, Body, Unreadable},
    pool::Pool,
};

/// The calls of one try, in their order.
#[derive(Debug, Default)]
pub struct Transcript {
    /// The calls.
    pub calls: Vec<Call>,
}

/// One call.
#[derive(Debug)]
pub struct Call {
    /// Its number, from 1.
    pub number: u32,
    /// What kind of call it is. Sub-agents, titles and summaries are told apart by it.
    pub kind: CallKind,
    /// What its client sent; `None` when none was recorded.
    pub request: Option<Body<SharedRequest>>,
    /// What its client got; `None` when none was recorded.
    pub response: Option<Body<Response>>,
}

/// A request that shares what it repeats with the trial's other requests. Cache markers are taken off.
#[derive(Debug)]
pub struct SharedRequest {
    /// System prompt, as blocks.
    pub system: Arc<Vec<Content>>,
    /// Tools offered.
    pub tools: Arc<Vec<Tool>>,
    /// The conversation so far.
    pub messages: Vec<Arc<Message>>,
    /// How many of its first messages are, in this order, the first ones of an earlier request.
    pub repeated: usize,
    /// The last call whose request began with those messages; `None` when nothing is repeated.
    pub follows: Option<u32>,
    /// The conversation it belongs to: the number of the first call with the same first words of the user.
    pub conversation: u32,
}

impl SharedRequest {
    /// The messages that no earlier request began with, and the place of the first of them. Answers of the model are
    /// among them: a client repeats each in its next request.
    pub fn new_messages(&self) -> impl Iterator<Item = (usize, &Message)> {
        self.messages.iter().map(Arc::as_ref).enumerate().skip(self.repeated)
    }

    /// Its texts, system prompt first. Reasoning, tool calls and their results are left out.
    pub fn text(&self) -> String {
        let said = self.messages.iter().flat_map(|message| &message.content);
        neutral::text(self.system.iter().chain(said))
    }
}

impl Call {
    /// Its request; `None` when none was recorded, or it cannot be read.
    pub fn asked(&self) -> Option<&SharedRequest> {
        self.request.as_ref()?.read()
    }

    /// Its answer; `None` when none was recorded, or it cannot be read.
    pub fn answered(&self) -> Option<&Response> {
        self.response.as_ref()?.read()
    }

    /// Whether it works on the task: sub-agents do, titles and summaries do not.
    pub fn is_work(&self) -> bool {
        matches!(self.kind, CallKind::Main | CallKind::SubAgent)
    }
}

impl Transcript {
    /// Reads the bodies of a try's calls. What several requests hold is kept once, and at most about 1 GiB of all.
    pub fn read(blobs: &BlobStore, calls: &[CallRecord]) -> Self {
        let mut reader = Reader::default();
        let mut calls: Vec<&CallRecord> = calls.iter().collect();
        // The ledger has them in the order in which they ended.
        calls.sort_by_key(|call| call.call);
        let read = |call: &CallRecord| Call {
            number: call.call,
            kind: call.kind,
            request: body::request(blobs, call).map(|body| body.try_map(|one| reader.share(one, call.call))),
            response: body::response(blobs, call).map(|body| body.try_map(|one| reader.hold(one))),
        };
        Self { calls: calls.into_iter().map(read).collect() }
    }

    /// The calls that work on the task.
    pub fn work(&self) -> impl DoubleEndedIterator<Item = &Call> {
        self.calls.iter().filter(|call| call.is_work())
    }

    /// A call by its number.
    pub fn call(&self, number: u32) -> Option<&Call> {
        let place = self.calls.binary_search_by_key(&number, |call| call.number).ok()?;
        self.calls.get(place)
    }

    /// Bodies that were recorded and cannot be read: the call's number, and why.
    pub fn unreadable(&self) -> impl Iterator<Item = (u32, &Unreadable)> {
        self.calls.iter().flat_map(|call| {
            let request = call.request.as_ref().and_then(|body| body.content.as_ref().err());
            let response = call.response.as_ref().and_then(|body| body.content.as_ref().err());
            request.into_iter().chain(response).map(|why| (call.number, why))
        })
    }
}

#[derive(Default)]
struct Reader {
    pool: Pool,
    prefixes: HashMap<(u32, u32), Prefix>,
    conversations: HashMap<String, u32>,
}

/// A sequence of messages that some request began with: one longer than the sequence of which it is the child.
struct Prefix {
    /// Its own number, from 1; 0 is the empty sequence.
    number: u32,
    /// The last call whose request began with it.
    call: u32,
}

impl Reader {
    fn hold(&mut self, response: Response) -> Result<Response, Unreadable> {
        self.room()?;
        self.pool.answer(&response.content);
        Ok(response)
    }

    fn room(&self) -> Result<(), Unreadable> {
        self.pool.is_full().map_or(Ok(()), |held| Err(Unreadable::TooMuch(held)))
    }

    fn share(&mut self, request: neutral::Request, call: u32) -> Result<SharedRequest, Unreadable> {
        self.room()?;
        let first = request.messages.iter().find(|message| message.role == Role::User);
        let first = first.map(|message| neutral::text(&message.content)).unwrap_or_default();
        let conversation = *self.conversations.entry(first).or_insert(call);
        let (mut above, mut repeated, mut follows) = (0, 0, None);
        let mut messages = Vec::with_capacity(request.messages.len());
        for (place, message) in request.messages.into_iter().enumerate() {
            let (message, number) = self.pool.message(message);
            messages.push(message);
            let next = u32::try_from(self.prefixes.len()).unwrap_or(u32::MAX).saturating_add(1);
            let prefix = self.prefixes.entry((above, number)).or_insert(Prefix { number: next, call });
            above = prefix.number;
            let before = std::mem::replace(&mut prefix.call, call);
            if repeated == place && prefix.number != next {
                (repeated, follows) = (place + 1, Some(before));
            }
        }
        let system = self.pool.system(request.system);
        let tools = self.pool.tools(request.tools);
        Ok(SharedRequest { system, tools, messages, repeated, follows, conversation })
    }
}
