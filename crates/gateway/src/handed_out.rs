//! What a provider hands out with an answer and demands back with the next request: signatures of thoughts, encrypted
//! reasoning, and reasoning itself where the server asks for it. Many clients have no field for it. The session keeps it
//! under the ids of the calls that it came with, and puts it back where a translated request has lost it.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use dialect::neutral::{Content, Message, Request, Response, Role};
use serde_json::Value;

/// Most bytes kept of one session. A provider chooses how much it hands out.
const LARGEST: usize = 64 << 20;

/// What came before one call.
#[derive(Clone, Debug, Default)]
struct Kept {
    /// What led the turn: it came before its text.
    leading: Vec<Content>,
    /// What came right before the call.
    before: Vec<Content>,
}

/// What one session was handed out, by the ids of calls.
#[derive(Debug, Default)]
pub(crate) struct HandedOut {
    by_call: HashMap<String, Kept>,
    /// The ids of calls by what they ask: some clients send none back.
    by_content: HashMap<u64, String>,
    bytes: usize,
    /// The field that a server of `openai-chat` puts reasoning in; `None` while it has shown none.
    pub(crate) reasoning_field: Option<&'static str>,
}

impl HandedOut {
    /// Keeps the reasoning of an answer under the call that it came before.
    pub(crate) fn keep(&mut self, answer: &Response) {
        let mut kept = Kept::default();
        for block in &answer.content {
            match block {
                Content::Reasoning { .. } => kept.before.push(block.clone()),
                Content::Text { .. } => kept.leading.append(&mut kept.before),
                Content::ToolCall { id, name, arguments } => {
                    let kept = std::mem::take(&mut kept);
                    self.bytes += kept.leading.iter().chain(&kept.before).map(size).sum::<usize>();
                    // One that nothing came before is known, too: it is no other call of the same content.
                    if self.bytes <= LARGEST {
                        self.by_content.insert(asked(name, arguments), id.clone());
                        self.by_call.insert(id.clone(), kept);
                    }
                }
                Content::Image { .. } | Content::ToolResult { .. } => {}
            }
        }
    }

    /// Puts back what a request has lost. Returns for how many calls.
    pub(crate) fn put_back(&self, request: &mut Request) -> usize {
        let turns = request.messages.iter_mut().filter(|message| message.role == Role::Assistant);
        turns.map(|turn| self.put_back_into(turn)).sum()
    }

    fn kept(&self, block: &Content) -> Option<&Kept> {
        let Content::ToolCall { id, name, arguments } = block else { return None };
        let by_content = || self.by_call.get(self.by_content.get(&asked(name, arguments))?);
        self.by_call.get(id).or_else(by_content)
    }

    fn put_back_into(&self, turn: &mut Message) -> usize {
        let mut put = 0;
        let mut content = Vec::with_capacity(turn.content.len());
        let mut leading = Vec::new();
        let whole = std::mem::take(&mut turn.content);
        for block in &whole {
            if let Some(kept) = self.kept(block) {
                let lost = |kept: &&Content| !is_there(&whole, kept);
                let before = content.len() + leading.len();
                leading.extend(kept.leading.iter().filter(lost).cloned());
                content.extend(kept.before.iter().filter(lost).cloned());
                put += usize::from(content.len() + leading.len() > before);
            }
            content.push(block.clone());
        }
        if put > 0 {
            // What the client sends of a signed thought is a copy without the signature.
            let restored: Vec<Content> = leading.iter().chain(&content).cloned().collect();
            content.retain(|block| !is_copy(block, &restored));
        }
        turn.content = leading.into_iter().chain(content).collect();
        put
    }
}

fn asked(name: &str, arguments: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    (name, arguments.to_string()).hash(&mut hasher);
    hasher.finish()
}

/// Whether a turn has a block of reasoning: its signature where it has one, else any reasoning.
fn is_there(turn: &[Content], kept: &Content) -> bool {
    turn.iter().any(|block| match (block, kept) {
        (Content::Reasoning { signature: has, .. }, Content::Reasoning { signature: Some(kept), .. }) => {
            has.as_ref() == Some(kept)
        }
        (Content::Reasoning { text, .. }, Content::Reasoning { .. }) => !text.is_empty(),
        _ => false,
    })
}

/// Whether a block is unsigned reasoning that stands beside the signed one.
fn is_copy(block: &Content, restored: &[Content]) -> bool {
    let Content::Reasoning { text, signature: None } = block else { return false };
    restored.iter().any(|other| {
        matches!(other, Content::Reasoning { text: signed, signature: Some(_) }
            if !signed.is_empty() && signed.trim() == text.trim())
    })
}

fn size(block: &Content) -> usize {
    match block {
        Content::Reasoning { text, signature } => text.len() + signature.as_ref().map_or(0, String::len),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use dialect::neutral::StopReason;
    use serde_json::json;

    use super::*;

    fn thought(text: &str, signature: Option<&str>) -> Content {
        Content::Reasoning { text: text.into(), signature: signature.map(str::to_owned) }
    }

    fn text(text: &str) -> Content {
        Content::Text { text: text.into(), cache: false }
    }

    fn call(id: &str) -> Content {
        Content::ToolCall { id: id.into(), name: "t".into(), arguments: json!({}) }
    }

    fn kept(content: Vec<Content>) -> HandedOut {
        let mut handed = HandedOut::default();
        let (id, model) = (String::new(), String::new());
        handed.keep(&Response { id, model, content, stop: StopReason::ToolCalls, usage: None });
        handed
    }

    fn put_back(handed: &HandedOut, content: Vec<Content>) -> (usize, Vec<Content>) {
        let messages = vec![Message { role: Role::Assistant, content }];
        let mut request = Request { messages, ..Request::default() };
        let put = handed.put_back(&mut request);
        (put, request.messages.remove(0).content)
    }

    #[test]
    fn a_signature_goes_back_before_its_call() {
        let handed = kept(vec![thought("", Some("s")), call("a"), call("b")]);
        let (put, content) = put_back(&handed, vec![call("a"), call("b")]);
        assert_eq!((put, content), (1, vec![thought("", Some("s")), call("a"), call("b")]));
    }

    #[test]
    fn a_thought_that_led_the_turn_leads_it_again() {
        let handed = kept(vec![thought("hm", Some("s")), text("I look"), call("a")]);
        let lost = vec![thought("hm", None), text("I look"), call("a")];
        let (put, content) = put_back(&handed, lost);
        assert_eq!((put, content), (1, vec![thought("hm", Some("s")), text("I look"), call("a")]));
    }

    #[test]
    fn what_a_client_kept_itself_is_not_put_in_twice() {
        let whole = vec![thought("hm", Some("s")), text("I look"), call("a")];
        assert_eq!(put_back(&kept(whole.clone()), whole.clone()), (0, whole));
        let unsigned = vec![thought("hm", None), call("a")];
        assert_eq!(put_back(&kept(unsigned.clone()), unsigned.clone()), (0, unsigned));
    }

    #[test]
    fn reasoning_that_was_not_signed_goes_back_where_it_is_lost() {
        let handed = kept(vec![thought("hm", None), call("a")]);
        let (put, content) = put_back(&handed, vec![call("a")]);
        assert_eq!((put, content), (1, vec![thought("hm", None), call("a")]));
    }
}
