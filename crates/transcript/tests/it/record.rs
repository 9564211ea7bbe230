//! Conversations, recorded as the gateway does.

use dialect::{
    Dialect,
    neutral::{Content, Message, Request, Response, Role, StopReason, Tool},
    stream,
};
use ledger::{BlobStore, CallRecord, event::CallKind};
use serde_json::{Value, json};
use testkit::runs;
use transcript::Transcript;

pub(crate) const DIALECTS: [Dialect; 4] =
    [Dialect::AnthropicMessages, Dialect::OpenaiChat, Dialect::OpenaiResponses, Dialect::Gemini];

/// A store and the calls whose bodies are in it.
pub(crate) struct Recorded {
    folder: tempfile::TempDir,
    pub(crate) calls: Vec<CallRecord>,
}

impl Recorded {
    pub(crate) fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), calls: Vec::new() }
    }

    pub(crate) fn blobs(&self) -> BlobStore {
        BlobStore::new(self.folder.path())
    }

    pub(crate) fn read(&self) -> Transcript {
        Transcript::read(&self.blobs(), &self.calls)
    }

    /// A call with these bodies.
    pub(crate) fn bodies(&mut self, dialect: Dialect, request: &[u8], response: &[u8]) -> &mut CallRecord {
        let number = u32::try_from(self.calls.len()).unwrap() + 1;
        let mut call = runs::call(&runs::trial("bare/generic", "fix/one", 1), number);
        call.dialect = dialect;
        call.request = Some(self.blobs().put(request).unwrap());
        call.response = Some(self.blobs().put(response).unwrap());
        self.calls.push(call);
        self.calls.last_mut().unwrap()
    }

    pub(crate) fn call(&mut self, dialect: Dialect, kind: CallKind, asked: &Request, answer: &Response) {
        let request = dialect::encode_request(dialect, asked).unwrap().body.to_string();
        let response = if asked.stream { streamed(dialect, answer) } else { whole(dialect, answer) };
        self.bodies(dialect, request.as_bytes(), &response).kind = kind;
    }
}

fn whole(dialect: Dialect, answer: &Response) -> Vec<u8> {
    let encoded = dialect::encode_response(dialect, answer, 0, &Default::default()).unwrap();
    encoded.body.to_string().into_bytes()
}

fn streamed(dialect: Dialect, answer: &Response) -> Vec<u8> {
    let mut encoder = dialect::stream_encoder(dialect, 0, true, &Default::default()).unwrap();
    let mut body = Vec::new();
    for delta in stream::deltas(answer) {
        encoder.delta(&delta, &mut body);
    }
    body
}

pub(crate) fn text(text: &str) -> Content {
    Content::Text { text: text.into(), cache: false }
}

pub(crate) fn user(said: &str) -> Message {
    Message { role: Role::User, content: vec![text(said)] }
}

/// A call of the tool `bash`.
pub(crate) fn bash(id: &str, command: &str) -> Content {
    Content::ToolCall { id: id.into(), name: "bash".into(), arguments: json!({"command": command}) }
}

pub(crate) fn result(id: &str, output: &str) -> Message {
    let content = vec![text(output)];
    let result = Content::ToolResult { id: id.into(), content, is_error: false };
    Message { role: Role::User, content: vec![result] }
}

pub(crate) fn said(content: Vec<Content>) -> Message {
    Message { role: Role::Assistant, content }
}

pub(crate) fn request(messages: &[Message], stream: bool) -> Request {
    let bash = Tool {
        name: "bash".into(),
        description: "Runs a command.".into(),
        parameters: json!({"type": "object", "properties": {"command": {"type": "string"}}}),
        hosted: None,
    };
    Request {
        model: "m".into(),
        system: vec![text("You are an agent.")],
        messages: messages.to_vec(),
        tools: vec![bash],
        max_output: Some(100),
        stream,
        ..Request::default()
    }
}

pub(crate) fn answer(id: &str, content: Vec<Content>) -> Response {
    let calls = content.iter().any(|block| matches!(block, Content::ToolCall { .. }));
    let stop = if calls { StopReason::ToolCalls } else { StopReason::End };
    Response { id: id.into(), model: "m".into(), content, stop, usage: None }
}

/// The command among a tool's arguments.
pub(crate) fn command(arguments: &Value) -> &str {
    arguments["command"].as_str().unwrap()
}
