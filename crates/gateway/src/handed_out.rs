//! What a provider hands out with an answer and demands back with the next request: signatures of thoughts, encrypted
//! reasoning, and reasoning itself where the server asks for it. Many clients have no field for it. The session keeps it
//! under the ids of the calls that it came with, and puts it back where a translated request has lost it.

use std::{
    collections::HashSet,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use dialect::neutral::{Content, Message, Request, Response, Role};
use serde_json::Value;

/// Most bytes kept of one session. A provider chooses how much it hands out.
const LARGEST: usize = 64 << 20;

/// A call, and what came before it.
#[derive(Clone, Debug)]
struct Kept {
    /// As the provider, or the reader of its answer, named it. Some servers begin to count anew in each conversation.
    id: String,
    /// Hash of its name and its arguments.
    asked: u64,
    /// The conversation that it was made in: the hash of its first message.
    root: u64,
    /// What led the turn: it came before its text.
    leading: Vec<Content>,
    /// What came right before the call.
    before: Vec<Content>,
    /// Reasoning of its turn that is not signed: some servers want it before each of the turn's calls.
    turn: Vec<Content>,
}

/// What one session was handed out, in the order in which it came.
#[derive(Debug, Default)]
pub(crate) struct HandedOut {
    calls: Vec<Kept>,
    bytes: usize,
    /// The field that a server of `openai-chat` puts reasoning in; `None` while it has shown none.
    pub(crate) reasoning_field: Option<&'static str>,
    /// Whether the provider hands out reasoning that it does not sign.
    pub(crate) unsigned: bool,
    /// Whether it hands out signatures.
    pub(crate) signed: bool,
}

impl HandedOut {
    /// Keeps the reasoning of an answer with the calls that it came before. `root`: the conversation's.
    pub(crate) fn keep(&mut self, answer: &Response, root: u64) {
        let unsigned = |block: &&Content| matches!(block, Content::Reasoning { signature: None, .. });
        let turn: Vec<Content> = answer.content.iter().filter(unsigned).cloned().collect();
        self.unsigned |= !turn.is_empty();
        self.signed |= answer.content.iter().any(is_signed);
        let (mut leading, mut before) = (Vec::new(), Vec::new());
        for block in &answer.content {
            match block {
                Content::Reasoning { .. } => before.push(block.clone()),
                Content::Text { .. } => leading.append(&mut before),
                Content::ToolCall { id, name, arguments } => {
                    let kept = Kept {
                        id: id.clone(),
                        asked: asked(name, arguments),
                        root,
                        leading: std::mem::take(&mut leading),
                        before: std::mem::take(&mut before),
                        turn: turn.clone(),
                    };
                    self.bytes +=
                        kept.leading.iter().chain(&kept.before).chain(&kept.turn).map(size).sum::<usize>();
                    if self.bytes <= LARGEST {
                        self.calls.push(kept);
                    }
                }
                Content::Image { .. } | Content::ToolResult { .. } => {}
            }
        }
    }

    /// Puts back what a request of a conversation has lost. Returns for how many calls.
    pub(crate) fn put_back(&self, request: &mut Request, root: u64) -> usize {
        let mut found = HashSet::new();
        let turns = request.messages.iter_mut().filter(|message| message.role == Role::Assistant);
        turns.map(|turn| self.put_back_into(turn, root, &mut found)).sum()
    }

    /// The call that a block repeats: by its id and by what it asks; by its id where only one call has it; by what it
    /// asks where the client has ids of its own. Of several, the first that was not found yet, of this conversation if
    /// it has any.
    fn kept(&self, block: &Content, root: u64, found: &mut HashSet<usize>) -> Option<&Kept> {
        let Content::ToolCall { id, name, arguments } = block else { return None };
        let asked = asked(name, arguments);
        let first = |is: &dyn Fn(&Kept) -> bool| {
            let all = self.calls.iter().enumerate().filter(|(at, kept)| !found.contains(at) && is(kept));
            let all: Vec<usize> = all.map(|(at, _)| at).collect();
            all.iter().find(|at| self.calls[**at].root == root).or(all.first()).copied()
        };
        let is_only = self.calls.iter().filter(|kept| kept.id == *id).count() == 1;
        let at = first(&|kept| kept.id == *id && kept.asked == asked)
            .or_else(|| first(&|kept| is_only && kept.id == *id))
            .or_else(|| first(&|kept| kept.asked == asked))?;
        found.insert(at);
        self.calls.get(at)
    }

    fn put_back_into(&self, turn: &mut Message, root: u64, found: &mut HashSet<usize>) -> usize {
        let mut put = 0;
        let mut content = Vec::with_capacity(turn.content.len());
        let mut leading = Vec::new();
        let whole = std::mem::take(&mut turn.content);
        for block in &whole {
            if let Some(kept) = self.kept(block, root, found) {
                let lost = |kept: &&Content| !is_there(&whole, kept);
                let before = content.len() + leading.len();
                leading.extend(kept.leading.iter().filter(lost).cloned());
                content.extend(kept.before.iter().filter(lost).cloned());
                let is_first = !content.iter().chain(&leading).chain(&whole).any(is_reasoning);
                if is_first {
                    // A client that splits a turn sends its later calls in messages of their own.
                    content.extend(kept.turn.iter().cloned());
                }
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

/// Takes out reasoning that nobody signed, for a provider that refuses it. Returns whether there was any.
pub(crate) fn take_unsigned(request: &mut Request) -> bool {
    let mut taken = false;
    for message in &mut request.messages {
        let before = message.content.len();
        message.content.retain(|block| !matches!(block, Content::Reasoning { signature: None, .. }));
        taken |= message.content.len() < before;
    }
    taken
}

/// What Google's documentation has for a call whose signature nobody has: one that the client made up, or that was left
/// of a turn of several.
const UNKNOWN: &str = "skip_thought_signature_validator";

/// Signs the first call of each turn that has no signature, for a server that wants one there. Returns how many were.
pub(crate) fn sign_calls(request: &mut Request) -> usize {
    let mut signed = 0;
    for turn in request.messages.iter_mut().filter(|message| message.role == Role::Assistant) {
        let first = turn.content.iter().position(|block| matches!(block, Content::ToolCall { .. }));
        let Some(first) = first.filter(|_| !turn.content.iter().any(is_signed)) else { continue };
        let block = Content::Reasoning { text: String::new(), signature: Some(UNKNOWN.to_owned()) };
        turn.content.insert(first, block);
        signed += 1;
    }
    signed
}

fn is_signed(block: &Content) -> bool {
    matches!(block, Content::Reasoning { signature: Some(_), .. })
}

fn is_reasoning(block: &Content) -> bool {
    matches!(block, Content::Reasoning { .. })
}

/// The order of an object's keys does not count.
fn asked(name: &str, arguments: &Value) -> u64 {
    let mut hasher = DefaultHasher::new();
    name.hash(&mut hasher);
    hash(arguments, &mut hasher);
    hasher.finish()
}

fn hash(value: &Value, hasher: &mut DefaultHasher) {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_unstable();
            for key in keys {
                key.hash(hasher);
                hash(&map[key], hasher);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| hash(item, hasher)),
        other => other.to_string().hash(hasher),
    }
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
            if !signed.is_empty() && text.contains(signed.trim()))
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
        handed.keep(&Response { id, model, content, stop: StopReason::ToolCalls, usage: None }, 1);
        handed
    }

    fn put_back(handed: &HandedOut, content: Vec<Content>) -> (usize, Vec<Content>) {
        let messages = vec![Message { role: Role::Assistant, content }];
        let mut request = Request { messages, ..Request::default() };
        let put = handed.put_back(&mut request, 1);
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

    #[test]
    fn ids_that_are_given_anew_take_nothing_from_another_conversation() {
        let answer = |content| Response {
            id: String::new(),
            model: String::new(),
            content,
            stop: StopReason::ToolCalls,
            usage: None,
        };
        let call = |what: &str| Content::ToolCall {
            id: "t:0".into(),
            name: "t".into(),
            arguments: json!({"a": what}),
        };
        let mut handed = HandedOut::default();
        handed.keep(&answer(vec![thought("main", None), call("x")]), 1);
        handed.keep(&answer(vec![thought("sub", None), call("y")]), 2);
        handed.keep(&answer(vec![thought("again", None), call("x")]), 1);
        let messages = |calls: &[&str]| {
            let turns = calls.iter().map(|what| Message { role: Role::Assistant, content: vec![call(what)] });
            turns.collect::<Vec<_>>()
        };
        for (root, calls, thoughts) in
            [(1, vec!["x", "x"], ["main", "again"]), (2, vec!["y", "z"], ["sub", ""])]
        {
            let mut request = Request { messages: messages(&calls), ..Request::default() };
            handed.put_back(&mut request, root);
            let led = request.messages.iter().map(|message| match &message.content[0] {
                Content::Reasoning { text, .. } => text.as_str(),
                _ => "",
            });
            assert_eq!(led.collect::<Vec<_>>(), thoughts, "{root}");
        }
    }

    #[test]
    fn the_calls_of_a_turn_that_a_client_splits_each_have_its_reasoning() {
        let handed = kept(vec![thought("hm", None), call("a"), call("b")]);
        let mut request = Request {
            messages: ["a", "b"]
                .map(|id| Message { role: Role::Assistant, content: vec![call(id)] })
                .to_vec(),
            ..Request::default()
        };
        assert_eq!(handed.put_back(&mut request, 1), 2);
        for message in &request.messages {
            assert_eq!(message.content[0], thought("hm", None));
        }
    }
}
