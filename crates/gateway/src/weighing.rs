//! What a call may cost to read: likely, and at the most.
//!
//! A provider has counted the beginning of a conversation once the call that ended there is settled. A call that goes on
//! from it word for word is known to take what was told, and its new part on top. Nothing else that was learnt lowers a
//! reservation.

use std::hash::{BuildHasher, Hash as _, Hasher, RandomState};

use dialect::{
    Loss, estimate,
    estimate::Weight,
    neutral::{Content, Request, Role, Usage},
};
use serde_json::Value;

use crate::kind::Conversation;

/// A call as it is weighed, before anything is known of its session.
#[derive(Clone, Debug)]
pub(crate) struct Weighed {
    pub(crate) weight: Weight,
    pub(crate) conversation: Conversation,
    /// Bytes of text that a provider reads for certain.
    pub(crate) text: u64,
    /// The most that the model reads, in tokens, by its profile.
    pub(crate) window: u64,
    /// Its beginnings: the n-th ends after n messages.
    beginnings: Vec<Beginning>,
}

/// The beginning of a conversation, with its system prompt, its tools and its settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Beginning {
    messages: usize,
    /// Keyed, so that no client can make two of the same.
    digest: u64,
    /// What of the most that a call can take is this beginning's, in tokens.
    counted: u64,
}

/// What a settled call has shown of its conversation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Known {
    pub(crate) beginning: Beginning,
    /// What it was likely to take, in tokens.
    pub(crate) likely: u64,
    /// What the provider counted.
    pub(crate) input: Usage,
    /// Whether a call under way relies on it: one at a time does.
    pub(crate) lent: bool,
}

/// Fields whose values make no beginning of a conversation another one.
const APART: &[&str] = &[
    "contents",
    "input",
    "instructions",
    "max_completion_tokens",
    "max_output_tokens",
    "max_tokens",
    "messages",
    "metadata",
    "model",
    "prompt_cache_key",
    "stream",
    "stream_options",
    "system",
    "systemInstruction",
    "system_instruction",
    "tools",
    "user",
];

/// A hash of what a body asks beside its conversation: a provider may be told to leave out the half of it.
pub(crate) fn settings(body: &Value, keys: &RandomState) -> u64 {
    let mut hasher = keys.build_hasher();
    for (key, value) in
        body.as_object().into_iter().flatten().filter(|(key, _)| !APART.contains(&key.as_str()))
    {
        (key, value).hash(&mut hasher);
    }
    hasher.finish()
}

impl Weighed {
    /// Weighs a request. `bytes`: of its body; `settings`: their hash; `window`: the most that the model reads, in tokens.
    pub(crate) fn of(
        request: &Request,
        losses: &[Loss],
        bytes: u64,
        settings: u64,
        window: u64,
        keys: &RandomState,
    ) -> Self {
        let mut weight = estimate::weight(request, bytes);
        // A document is read page by page, whatever the size of its file.
        if losses.iter().any(Loss::is_of_a_part) {
            weight.most = weight.most.max(window);
        }
        Self {
            weight,
            conversation: Conversation::of(request),
            text: estimate::text(request),
            window,
            beginnings: beginnings(request, settings, keys),
        }
    }

    /// All of it, as it will be known once it is settled.
    pub(crate) fn whole(&self) -> Option<Beginning> {
        self.beginnings.last().copied()
    }

    /// Whether it goes on from there.
    pub(crate) fn goes_on_from(&self, known: &Known) -> bool {
        self.beginnings.get(known.beginning.messages) == Some(&known.beginning)
    }

    /// The most it can take where it goes on from there, in tokens.
    pub(crate) fn most_from(&self, known: &Known) -> u64 {
        let new = self.weight.most.saturating_sub(known.beginning.counted);
        known.input.input().saturating_add(new).min(self.weight.most)
    }
}

fn beginnings(request: &Request, settings: u64, keys: &RandomState) -> Vec<Beginning> {
    let mut hasher = keys.build_hasher();
    settings.hash(&mut hasher);
    request.tools.hash(&mut hasher);
    hash_all(&request.system, &mut hasher);
    let mut counted =
        estimate::counted(&request.system) + request.tools.iter().map(estimate::counted_tool).sum::<u64>();
    let mut all = Vec::with_capacity(request.messages.len() + 1);
    all.push(Beginning { messages: 0, digest: hasher.finish(), counted });
    for (index, message) in request.messages.iter().enumerate() {
        (message.role == Role::Assistant, message.role == Role::System).hash(&mut hasher);
        hash_all(&message.content, &mut hasher);
        counted += estimate::counted(&message.content);
        all.push(Beginning { messages: index + 1, digest: hasher.finish(), counted });
    }
    all
}

/// Cache markers wander from call to call, and change nothing of what is read.
fn hash_all(content: &[Content], hasher: &mut impl Hasher) {
    content.len().hash(hasher);
    for block in content {
        match block {
            Content::Text { text, .. } => text.hash(hasher),
            Content::ToolResult { id, content, is_error } => {
                (id, is_error).hash(hasher);
                hash_all(content, hasher);
            }
            other => other.hash(hasher),
        }
    }
}
