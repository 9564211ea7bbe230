//! The conversation: it only ever grows. Nothing is summarised and nothing dropped.

use dialect::{
    estimate,
    neutral::{Content, Message, Request, Role, Tool, Usage},
};
use serde_json::json;

use crate::{
    answer::{ARGUMENT, TOOL},
    config::{Config, Profile},
    prompts,
};

/// Room for less than this, in tokens, is no room for an answer.
const SMALLEST_ANSWER: u64 = 1_024;

/// All that was said, and its size.
pub(crate) struct Conversation {
    messages: Vec<Message>,
    /// Tokens the next request holds: as the provider counted them last, with an estimate of what came after.
    tokens: u64,
}

impl Conversation {
    pub(crate) fn new(config: &Config) -> Self {
        let mut conversation =
            Self { messages: Vec::new(), tokens: estimate::tokens(config.system.len() as u64) };
        conversation.tell(vec![text(prompts::task(config))]);
        conversation
    }

    /// The last message.
    pub(crate) fn last(&self) -> Option<&Message> {
        self.messages.last()
    }

    /// Adds what the user, or the loop in its stead, says.
    pub(crate) fn tell(&mut self, content: Vec<Content>) {
        self.tokens += estimate::output(&content);
        self.messages.push(Message { role: Role::User, content });
    }

    /// Adds what is kept of an answer; `usage` is of the call that gave it.
    pub(crate) fn hear(&mut self, content: Vec<Content>, usage: Option<Usage>) {
        self.tokens = match usage {
            Some(usage) if usage.input() > 0 => usage.total(),
            _ => self.tokens + estimate::output(&content),
        };
        // Providers refuse empty turns.
        if !content.is_empty() {
            self.messages.push(Message { role: Role::Assistant, content });
        }
    }

    /// The next request; absent when the context window has no room for an answer.
    pub(crate) fn request(&self, config: &Config) -> Option<Request> {
        let room = config.context.saturating_sub(self.tokens);
        if room < SMALLEST_ANSWER.min(config.max_output) {
            return None;
        }
        let mut messages = self.messages.clone();
        // One marker that moves along: all before the newest message is read from the cache.
        if let Some(block) = messages.last_mut().and_then(|message| message.content.last_mut()) {
            mark(block);
        }
        Some(Request {
            model: config.model.clone(),
            system: vec![Content::Text { text: config.system.clone(), cache: true }],
            messages,
            tools: match config.profile {
                Profile::Native => vec![bash()],
                Profile::Text => Vec::new(),
            },
            max_output: Some(config.max_output.min(room)),
            ..Request::default()
        })
    }
}

/// A block of text.
pub(crate) fn text(text: String) -> Content {
    Content::Text { text, cache: false }
}

fn bash() -> Tool {
    Tool {
        name: TOOL.into(),
        description:
            "Runs a command in a new bash process in the task's directory; gives its return code and output."
                .into(),
        parameters: json!({
            "type": "object",
            "properties": { ARGUMENT: { "type": "string", "description": "The command, as for `bash -c`." } },
            "required": [ARGUMENT],
        }),
        hosted: None,
    }
}

fn mark(block: &mut Content) {
    match block {
        Content::Text { cache, .. } => *cache = true,
        Content::ToolResult { content, .. } => content.iter_mut().for_each(mark),
        _ => {}
    }
}
