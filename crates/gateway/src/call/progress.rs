//! A call, and what is known of it while it is under way.

use std::sync::Arc;

use bytes::Bytes;
use dialect::{Loss, Rewritten, neutral};
use http::HeaderMap;
use ledger::CallRecord;
use spec::Dialect;

use super::answer::Answer;
use crate::{
    admission::Admission, intake::Room, kind::Classified, session::Inner, setback::Turn, weighing::Weighed,
};

/// One call.
pub(crate) struct Call {
    pub(crate) session: Arc<Inner>,
    /// Which call of this try, from 1.
    pub(crate) number: u32,
    pub(crate) arrived_ms: u64,
    /// The client's dialect.
    pub(crate) dialect: Dialect,
    pub(crate) kind: Classified,
    /// Whether it asks for another model than the one under test.
    pub(crate) other_model: bool,
    pub(crate) headers: HeaderMap,
    pub(crate) query: Option<String>,
    pub(crate) body: Bytes,
    pub(crate) request: neutral::Request,
    /// What it may take to read.
    pub(crate) weighed: Arc<Weighed>,
    /// What the neutral form has no place for.
    pub(crate) losses: Vec<Loss>,
    /// Whether a client of `openai-chat` asked for usage in its stream.
    pub(crate) include_usage: bool,
    /// Fields that are sent otherwise than they came.
    pub(crate) rewritten: Vec<Rewritten>,
    /// What it takes of the session's room.
    pub(crate) _room: Room,
}

impl Call {
    /// Which call it is, and of what.
    pub(crate) fn turn(&self) -> Turn {
        let root = self.weighed.conversation.root;
        Turn { call: self.number, kind: self.kind.kind, root }
    }

    /// Whose form the provider gets it in, in words.
    pub(crate) fn form(&self) -> String {
        let provider = self.session.model.endpoint.as_ref().map(|endpoint| endpoint.dialect);
        match provider.filter(|provider| *provider != self.dialect) {
            Some(provider) => format!("call {}, translated from {} to {provider}", self.number, self.dialect),
            None => format!("call {}", self.number),
        }
    }

    /// Whether the form in which the provider gets it is this program's: it wrote it, or translated it.
    pub(crate) fn has_our_form(&self) -> bool {
        let provider = self.session.model.endpoint.as_ref().map(|endpoint| endpoint.dialect);
        self.session.spec.ours || provider.is_some_and(|provider| provider != self.dialect)
    }
}

/// What is known of a call while it is under way: it may be cut off at any point.
#[derive(Default)]
pub(crate) struct Progress {
    pub(crate) admission: Option<Admission>,
    pub(crate) answer: Answer,
    pub(crate) edits: Vec<String>,
    pub(crate) losses: Vec<Loss>,
    pub(crate) tries: u32,
    /// Something is upstream that may be billed.
    pub(crate) upstream: bool,
    pub(crate) simulated: bool,
    /// Where the answer came from, when that is a record.
    pub(crate) played: Option<Played>,
}

/// Where a played answer came from.
pub(crate) struct Played {
    /// The recorded call; `None` when the request was refused.
    pub(crate) record: Option<Box<CallRecord>>,
    pub(crate) diverged: bool,
    pub(crate) diff: Option<String>,
    /// What was given, where it can be read.
    pub(crate) answer: Option<neutral::Response>,
}
