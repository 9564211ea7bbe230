//! What kind of call it is: told by what is in its request and in the session's earlier ones, and by nothing else.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
};

use dialect::neutral::{Request, Role, ToolChoice, text};
use ledger::event::CallKind;
use serde::Serialize;

/// A call's kind, and what it was seen by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Classified {
    pub(crate) kind: CallKind,
    pub(crate) evidence: Vec<String>,
}

/// The conversation a call belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Conversation {
    /// Hash of its first message.
    pub(crate) root: u64,
    /// Whether the model has said nothing in it yet.
    pub(crate) begins: bool,
}

impl Conversation {
    pub(crate) fn of(request: &Request) -> Self {
        let begins = request.messages.iter().all(|message| message.role != Role::Assistant);
        Self { root: root(request), begins }
    }
}

/// The conversations of a session, told apart by how they begin.
#[derive(Debug, Default)]
pub(crate) struct Conversations {
    main: Option<Frame>,
    /// By the hash of a conversation's first message, and by whether it offers tools: a title is asked for with the
    /// same words as the task.
    known: HashMap<(u64, bool), CallKind>,
    /// A summary was asked for: the main conversation may begin anew.
    compacted: bool,
}

/// What stays the same from turn to turn of one conversation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Frame {
    system: u64,
    tools: u64,
    offers_tools: bool,
}

/// Words by which harnesses ask for a summary of the conversation, lower case.
const COMPACTION: &[&str] = &[
    "compact the conversation",
    "context checkpoint",
    "continuing our conversation",
    "handoff summary",
    "state_snapshot",
    "summarize the conversation",
    "summarize this conversation",
    "summarizes internal chat history",
    "summarizing conversations",
    "summary of our conversation",
    "summary of the conversation",
];
/// Words by which harnesses ask for a title, lower case.
const TITLE: &[&str] =
    &["concise title", "generate a title", "session title", "short title", "title generator"];
/// What is read of a text in search of such words, in bytes: they stand at its beginning.
const READ: usize = 4096;

impl Conversations {
    /// Tells a call's kind and remembers its conversation.
    pub(crate) fn classify(&mut self, request: &Request) -> Classified {
        let root = root(request);
        let frame = Frame {
            system: hash(&text(&request.system)),
            tools: hash(&request.tools),
            offers_tools: !request.tools.is_empty(),
        };
        let classified = self.tell(request, root, frame);
        match classified.kind {
            CallKind::Main => {
                self.main = Some(frame);
                self.compacted = false;
            }
            CallKind::Compaction => self.compacted = true,
            _ => {}
        }
        // A summary may be asked for within the conversation that it is of.
        if !matches!(classified.kind, CallKind::Compaction | CallKind::Title) {
            self.known.entry((root, frame.offers_tools)).or_insert(classified.kind);
        }
        classified
    }

    fn tell(&self, request: &Request, root: u64, frame: Frame) -> Classified {
        let is = |kind, evidence: &[&str]| Classified {
            kind,
            evidence: evidence.iter().map(|text| (*text).to_owned()).collect(),
        };
        if let Some(words) = asks_for_title(request) {
            return is(CallKind::Title, &[&words]);
        }
        if let Some(words) = self.asks_for_summary(request, frame) {
            return is(CallKind::Compaction, &[&words]);
        }
        if let Some(kind) = self.known.get(&(root, frame.offers_tools)) {
            return is(*kind, &["goes on from a conversation seen before"]);
        }
        match self.main {
            None => is(CallKind::Main, &["first conversation of the session"]),
            Some(main) if frame.offers_tools && !main.offers_tools => {
                is(CallKind::Main, &["first conversation that offers tools"])
            }
            Some(main) if main == frame && self.compacted => {
                is(CallKind::Main, &["the main conversation's system prompt and tools, after a compaction"])
            }
            Some(_) if frame.offers_tools => {
                is(CallKind::SubAgent, &["a conversation of its own, with tools"])
            }
            Some(_) => is(CallKind::Side, &["a conversation of its own, without tools"]),
        }
    }

    fn asks_for_summary(&self, request: &Request, frame: Frame) -> Option<String> {
        let own_system = self.main.is_some_and(|main| main.system != frame.system);
        let system = own_system.then(|| text(&request.system));
        // The first message is the task's: its words are not the harness's.
        let last = (request.messages.len() > 1).then(|| request.messages.last()).flatten();
        let last = last.filter(|message| message.role != Role::Assistant);
        let last = last.map(|message| text(&message.content));
        system.iter().chain(&last).find_map(|text| found(text, COMPACTION))
    }
}

fn asks_for_title(request: &Request) -> Option<String> {
    if let ToolChoice::Named(name) = &request.tool_choice
        && name.to_lowercase().contains("title")
    {
        return Some(format!("must call `{name}`"));
    }
    if !request.tools.is_empty() {
        return None;
    }
    let last = request.messages.last().map(|message| text(&message.content));
    std::iter::once(text(&request.system)).chain(last).find_map(|text| found(&text, TITLE))
}

fn found(text: &str, words: &[&str]) -> Option<String> {
    let head = text[..text.floor_char_boundary(READ)].to_lowercase();
    words.iter().find(|words| head.contains(**words)).map(|words| format!("says \"{words}\""))
}

/// The conversation's first message. Cache markers wander, and are left out.
fn root(request: &Request) -> u64 {
    let first = request.messages.iter().find(|message| message.role == Role::User);
    hash(&first.map(|message| text(&message.content)))
}

fn hash(value: &impl Serialize) -> u64 {
    let mut hasher = DefaultHasher::new();
    serde_json::to_vec(value).unwrap_or_default().hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use dialect::neutral::{Content, Message, Tool};

    use super::*;

    fn text(text: &str) -> Vec<Content> {
        vec![Content::Text { text: text.into(), cache: false }]
    }

    fn request(system: &str, tools: &[&str], turns: &[&str]) -> Request {
        let roles = [Role::User, Role::Assistant].into_iter().cycle();
        let tool = |name: &&str| Tool {
            name: (*name).into(),
            description: String::new(),
            parameters: serde_json::Value::Null,
            hosted: None,
        };
        Request {
            system: text(system),
            tools: tools.iter().map(tool).collect(),
            messages: turns
                .iter()
                .zip(roles)
                .map(|(turn, role)| Message { role, content: text(turn) })
                .collect(),
            ..Request::default()
        }
    }

    /// The kinds of these calls, one after the other.
    fn kinds(requests: &[Request]) -> Vec<CallKind> {
        let mut conversations = Conversations::default();
        requests.iter().map(|request| conversations.classify(request).kind).collect()
    }

    #[test]
    fn a_title_before_the_main_conversation_is_not_taken_for_it() {
        let title = request("You are a title generator.", &[], &["Fix it."]);
        let main = request("You are an agent.", &["bash"], &["Fix it."]);
        assert_eq!(kinds(&[title, main]), [CallKind::Title, CallKind::Main]);
        let forced = Request {
            tool_choice: ToolChoice::Named("session_title".into()),
            ..request("", &["session_title"], &["Fix it."])
        };
        assert_eq!(kinds(&[forced]), [CallKind::Title]);
    }

    #[test]
    fn sub_agents_are_conversations_of_their_own_with_tools() {
        let main = |turns: &[&str]| request("You are an agent.", &["bash", "agent"], turns);
        let sub = |turns: &[&str]| request("You are an agent.", &["bash"], turns);
        let calls = [
            main(&["Fix it."]),
            sub(&["Look for the error."]),
            sub(&["Look for tests."]),
            sub(&["Look for the error.", "There.", "ok"]),
            main(&["Fix it.", "Found.", "ok"]),
            request("Is this safe?", &[], &["rm -rf"]),
        ];
        use CallKind::{Main, Side, SubAgent};
        assert_eq!(kinds(&calls), [Main, SubAgent, SubAgent, SubAgent, Main, Side]);
    }

    #[test]
    fn after_a_compaction_the_main_conversation_begins_anew() {
        let main = |turns: &[&str]| request("You are an agent.", &["bash"], turns);
        let calls = [
            main(&["Fix it."]),
            main(&["Fix it.", "Working.", "Create a detailed summary of the conversation so far."]),
            main(&["This session is continued: it was to be fixed."]),
            main(&["This session is continued: it was to be fixed.", "Going on.", "ok"]),
        ];
        use CallKind::{Compaction, Main};
        assert_eq!(kinds(&calls), [Main, Compaction, Main, Main]);
    }

    #[test]
    fn a_task_about_summaries_or_titles_is_no_compaction_and_no_title() {
        let calls = [
            request("Agent.", &["bash"], &["Write a summary of the conversation, with a short title."]),
            request(
                "Agent.",
                &["bash"],
                &["Write a summary of the conversation, with a short title.", "x", "FAILED"],
            ),
        ];
        assert_eq!(kinds(&calls), [CallKind::Main, CallKind::Main]);
    }

    #[test]
    fn a_loop_without_tools_is_a_main_conversation() {
        let calls = [
            request("Answer in bash blocks.", &[], &["Fix it."]),
            request("Answer in bash blocks.", &[], &["Fix it.", "ls", "a"]),
        ];
        assert_eq!(kinds(&calls), [CallKind::Main, CallKind::Main]);
    }
}
