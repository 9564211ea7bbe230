//! What requests repeat of each other, held once.

use std::{collections::HashMap, hash::Hash, sync::Arc};

use dialect::neutral::{Content, Message, Tool};

/// Most bytes of distinct content that are held of one trial.
const MOST: usize = 1 << 30;

/// Everything distinct that a trial's bodies hold.
#[derive(Default)]
pub(crate) struct Pool {
    systems: Distinct<Vec<Content>>,
    tools: Distinct<Vec<Tool>>,
    messages: Distinct<Message>,
    held: usize,
}

/// Values by their content, numbered in the order in which they came.
struct Distinct<T>(HashMap<Arc<T>, u32>);

impl<T> Default for Distinct<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Eq + Hash> Distinct<T> {
    /// The value as it is held, its number, and whether it is new.
    fn share(&mut self, value: T) -> (Arc<T>, u32, bool) {
        if let Some((known, number)) = self.0.get_key_value(&value) {
            return (known.clone(), *number, false);
        }
        let (value, number) = (Arc::new(value), u32::try_from(self.0.len()).unwrap_or(u32::MAX));
        self.0.insert(value.clone(), number);
        (value, number, true)
    }
}

impl Pool {
    /// Whether no more is held, and how many bytes are.
    pub(crate) fn is_full(&self) -> Option<usize> {
        (self.held > MOST).then_some(self.held)
    }

    pub(crate) fn system(&mut self, mut system: Vec<Content>) -> Arc<Vec<Content>> {
        unmark(&mut system);
        let (system, _, new) = self.systems.share(system);
        self.count(new, || blocks(&system));
        system
    }

    pub(crate) fn tools(&mut self, tools: Vec<Tool>) -> Arc<Vec<Tool>> {
        let (tools, _, new) = self.tools.share(tools);
        self.count(new, || tools.iter().map(|tool| tool.parameters.to_string().len()).sum());
        tools
    }

    /// A message, and the number by which it is told from others.
    pub(crate) fn message(&mut self, mut message: Message) -> (Arc<Message>, u32) {
        unmark(&mut message.content);
        let (message, number, new) = self.messages.share(message);
        self.count(new, || blocks(&message.content));
        (message, number)
    }

    /// Counts what is held beside the pool.
    pub(crate) fn answer(&mut self, content: &[Content]) {
        self.count(true, || blocks(content));
    }

    fn count(&mut self, new: bool, bytes: impl FnOnce() -> usize) {
        if new {
            self.held = self.held.saturating_add(bytes());
        }
    }
}

/// Takes cache markers off: they wander from call to call.
fn unmark(content: &mut [Content]) {
    for block in content {
        match block {
            Content::Text { cache, .. } => *cache = false,
            Content::ToolResult { content, .. } => unmark(content),
            _ => {}
        }
    }
}

fn blocks(content: &[Content]) -> usize {
    let bytes = |block: &Content| match block {
        Content::Text { text, .. } => text.len(),
        Content::Image { data, .. } => data.len(),
        Content::Reasoning { text, signature } => text.len() + signature.as_ref().map_or(0, String::len),
        Content::ToolCall { arguments, .. } => arguments.to_string().len(),
        Content::ToolResult { content, .. } => blocks(content),
    };
    content.iter().map(bytes).sum()
}
