//! What the model asked its tools for, each with what came back.

use std::collections::{HashMap, HashSet, VecDeque};

use dialect::neutral::{Content, Role};
use ledger::{Digest, event::CallKind};
use serde_json::Value;

use crate::read::{Call, Transcript};

/// A tool call in a recorded answer.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolUse<'t> {
    /// The call that the answer belongs to.
    pub call: u32,
    /// What kind of call that is.
    pub kind: CallKind,
    /// The answer's body.
    pub digest: &'t Digest,
    /// Its place among the answer's blocks.
    pub block: usize,
    /// The tool.
    pub name: &'t str,
    /// The arguments: parsed JSON, or a string where the text was no JSON object.
    pub arguments: &'t Value,
    /// What a later request gave as its result; `None` when none did.
    pub output: Option<Output<'t>>,
}

/// What a tool gave, as it was first sent to the model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Output<'t> {
    /// The call whose request brought it.
    pub call: u32,
    /// The request's body.
    pub digest: &'t Digest,
    /// Its place among the request's messages.
    pub message: usize,
    /// What came back.
    pub content: &'t [Content],
    /// Whether the tool failed.
    pub is_error: bool,
}

impl Transcript {
    /// Every tool call of every answer that works on the task, in order. Results are looked for in the same
    /// conversation: where a client rewrote its history, an output may be missing here that the model has seen.
    pub fn tool_uses(&self) -> Vec<ToolUse<'_>> {
        let mut pairing = Pairing::default();
        self.work().for_each(|call| pairing.add(call));
        pairing.uses
    }
}

#[derive(Default)]
struct Pairing<'t> {
    uses: Vec<ToolUse<'t>>,
    conversations: HashMap<u32, Conversation<'t>>,
}

/// What is open of a conversation. Uses are named by their place in the list of all.
#[derive(Default)]
struct Conversation<'t> {
    /// Uses by the id their answer gave them.
    said: HashMap<&'t str, usize>,
    /// The same by tool, in order. A dialect that names no calls (`gemini`) has ids made up for it, which are not the
    /// same in answers and requests.
    said_to: HashMap<&'t str, VecDeque<usize>>,
    /// Those that a request has repeated.
    repeated: HashSet<usize>,
    /// Those without a result, by the id that requests give them.
    waiting: HashMap<&'t str, usize>,
}

impl<'t> Pairing<'t> {
    fn add(&mut self, call: &'t Call) {
        let Some((digest, asked)) = call.request.as_ref().and_then(|body| Some((&body.digest, body.read()?)))
        else {
            return self.said(call, call.number);
        };
        let conversation = self.conversations.entry(asked.conversation).or_default();
        for (message, said) in asked.new_messages() {
            for block in &said.content {
                match block {
                    Content::ToolCall { id, name, .. } if said.role == Role::Assistant => {
                        conversation.repeats(id, name);
                    }
                    Content::ToolResult { id, content, is_error } => {
                        let Some(place) = conversation.waiting.remove(id.as_str()) else { continue };
                        let output =
                            Output { call: call.number, digest, message, content, is_error: *is_error };
                        self.uses[place].output.get_or_insert(output);
                    }
                    _ => {}
                }
            }
        }
        self.said(call, asked.conversation);
    }

    fn said(&mut self, call: &'t Call, conversation: u32) {
        let Some((digest, answer)) =
            call.response.as_ref().and_then(|body| Some((&body.digest, body.read()?)))
        else {
            return;
        };
        let conversation = self.conversations.entry(conversation).or_default();
        for (block, content) in answer.content.iter().enumerate() {
            let Content::ToolCall { id, name, arguments } = content else { continue };
            conversation.said.insert(id, self.uses.len());
            conversation.said_to.entry(name).or_default().push_back(self.uses.len());
            let (call, kind) = (call.number, call.kind);
            self.uses.push(ToolUse { call, kind, digest, block, name, arguments, output: None });
        }
    }
}

impl<'t> Conversation<'t> {
    /// A request repeats a tool call: the use of this id, or the first of this tool that none has repeated.
    fn repeats(&mut self, id: &'t str, tool: &str) {
        let of_tool = self.said_to.get_mut(tool);
        let known = self.said.remove(id).or_else(|| {
            let of_tool = of_tool?;
            std::iter::from_fn(|| of_tool.pop_front()).find(|place| !self.repeated.contains(place))
        });
        if let Some(place) = known {
            self.repeated.insert(place);
            self.waiting.insert(id, place);
        }
    }
}
