//! What an answer says, and its form in `anthropic-messages` and `openai-chat`, written by hand.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Form, Seen, newer};

/// What an answer says it used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// All input, cached or not.
    pub input: u64,
    /// Input read from the cache, within `input`.
    pub cache_read: u64,
    /// All output.
    pub output: u64,
}

/// An answer.
#[derive(Clone, Debug)]
pub struct Answer {
    /// What it says.
    pub text: String,
    /// What it thought before: text, and what the provider signs it with.
    pub reasoning: Option<(String, String)>,
    /// Tools it calls: name and arguments.
    pub tool_calls: Vec<(String, Value)>,
    /// What it says it used; nothing is said when absent.
    pub usage: Option<Usage>,
    /// Whether the output limit cut it short.
    pub cut: bool,
    /// Pause before it begins.
    pub before: Duration,
    /// Pause between the events of a streamed answer.
    pub between: Duration,
}

impl Answer {
    /// A text, and ten tokens in and five out.
    pub fn text(text: &str) -> Self {
        let usage = Some(Usage { input: 10, cache_read: 0, output: 5 });
        Self {
            text: text.to_owned(),
            reasoning: None,
            tool_calls: Vec::new(),
            usage,
            cut: false,
            before: Duration::ZERO,
            between: Duration::ZERO,
        }
    }

    /// The same with a call of a tool.
    pub fn calling(mut self, tool: &str, arguments: Value) -> Self {
        self.tool_calls.push((tool.to_owned(), arguments));
        self
    }

    /// The same after a thought.
    pub fn thinking(mut self, text: &str, signature: &str) -> Self {
        self.reasoning = Some((text.to_owned(), signature.to_owned()));
        self
    }

    /// The same with another usage.
    pub fn using(mut self, usage: Option<Usage>) -> Self {
        self.usage = usage;
        self
    }

    /// The same with pauses before it begins and between its events.
    pub fn pausing(mut self, before: Duration, between: Duration) -> Self {
        (self.before, self.between) = (before, between);
        self
    }

    /// The same, cut short by the output limit.
    pub fn cut(mut self) -> Self {
        self.cut = true;
        self
    }
}

/// The model that scripted answers name.
pub(super) const MODEL: &str = "scripted-1";

/// A large request is never told to have been less than one token for so many bytes: nobody would believe it.
const LARGE: u64 = 1_000;

/// The answer to `seen`: content type and pieces, one an event.
pub fn render(answer: &Answer, seen: &Seen) -> (&'static str, Vec<Vec<u8>>) {
    let counted = |usage: Usage| Usage { input: usage.input.max(seen.body.len() as u64 / LARGE), ..usage };
    let answer = &Answer { usage: answer.usage.map(counted), ..answer.clone() };
    let whole = |body: Value| ("application/json", vec![body.to_string().into_bytes()]);
    // Ids differ from turn to turn, as a provider's do.
    let turn = seen.turns();
    let events = match (seen.form(), seen.wants_stream()) {
        (Form::Anthropic, false) => return whole(anthropic(answer, turn)),
        (Form::Chat, false) => return whole(chat(answer, turn)),
        (Form::Responses, false) => return whole(newer::responses(answer, seen)),
        (Form::Gemini, false) => return whole(newer::gemini(answer)),
        (Form::Anthropic, true) => anthropic_events(answer, turn),
        (Form::Chat, true) => chat_events(answer, turn, seen.json["stream_options"]["include_usage"] == true),
        (Form::Responses, true) => newer::responses_events(answer, seen),
        (Form::Gemini, true) => newer::gemini_events(answer),
    };
    ("text/event-stream", events)
}

fn anthropic_stop(answer: &Answer) -> &'static str {
    match (answer.cut, answer.tool_calls.is_empty()) {
        (true, _) => "max_tokens",
        (false, false) => "tool_use",
        (false, true) => "end_turn",
    }
}

fn chat_stop(answer: &Answer) -> &'static str {
    match (answer.cut, answer.tool_calls.is_empty()) {
        (true, _) => "length",
        (false, false) => "tool_calls",
        (false, true) => "stop",
    }
}

fn anthropic_usage(usage: Usage) -> Value {
    json!({
        "input_tokens": usage.input - usage.cache_read, "cache_creation_input_tokens": 0,
        "cache_read_input_tokens": usage.cache_read, "output_tokens": usage.output,
    })
}

fn chat_usage(usage: Usage) -> Value {
    json!({
        "prompt_tokens": usage.input, "completion_tokens": usage.output,
        "total_tokens": usage.input + usage.output,
        "prompt_tokens_details": {"cached_tokens": usage.cache_read},
    })
}

fn anthropic(answer: &Answer, turn: usize) -> Value {
    let thought = answer.reasoning.iter();
    let mut content: Vec<Value> = thought
        .map(|(text, signature)| json!({"type": "thinking", "thinking": text, "signature": signature}))
        .collect();
    content.push(json!({"type": "text", "text": answer.text}));
    for (index, (name, input)) in answer.tool_calls.iter().enumerate() {
        content.push(
            json!({"type": "tool_use", "id": format!("toolu_{turn}_{index}"), "name": name, "input": input}),
        );
    }
    let mut body = json!({
        "id": format!("msg_{turn}"), "type": "message", "role": "assistant", "model": MODEL, "content": content,
        "stop_reason": anthropic_stop(answer), "stop_sequence": null,
    });
    if let Some(usage) = answer.usage {
        body["usage"] = anthropic_usage(usage);
    }
    body
}

fn chat(answer: &Answer, turn: usize) -> Value {
    let mut message = json!({"role": "assistant", "content": answer.text});
    if let Some((text, _)) = &answer.reasoning {
        message["reasoning_content"] = text.as_str().into();
    }
    if !answer.tool_calls.is_empty() {
        message["tool_calls"] = Value::Array(chat_calls(answer, turn));
    }
    let mut body = json!({
        "id": format!("chatcmpl-{turn}"), "object": "chat.completion", "created": 1, "model": MODEL,
        "choices": [{"index": 0, "message": message, "finish_reason": chat_stop(answer)}],
    });
    if let Some(usage) = answer.usage {
        body["usage"] = chat_usage(usage);
    }
    body
}

fn chat_calls(answer: &Answer, turn: usize) -> Vec<Value> {
    let calls = answer.tool_calls.iter().enumerate().map(|(index, (name, arguments))| {
        let function = json!({"name": name, "arguments": arguments.to_string()});
        json!({"index": index, "id": format!("call_{turn}_{index}"), "type": "function", "function": function})
    });
    calls.collect()
}

/// A text in two halves, so that there is something to stream.
pub(super) fn halves(text: &str) -> [&str; 2] {
    let (left, right) = text.split_at(text.floor_char_boundary(text.len() / 2));
    [left, right]
}

fn anthropic_events(answer: &Answer, turn: usize) -> Vec<Vec<u8>> {
    let mut events = Vec::new();
    let mut send = |kind: &str, mut data: Value| {
        data["type"] = kind.into();
        events.push(format!("event: {kind}\ndata: {data}\n\n").into_bytes());
    };
    let mut message = json!({
        "id": format!("msg_{turn}"), "type": "message", "role": "assistant", "model": MODEL, "content": [],
        "stop_reason": null, "stop_sequence": null,
    });
    if let Some(usage) = answer.usage {
        message["usage"] = anthropic_usage(Usage { output: 1, ..usage });
    }
    send("message_start", json!({"message": message}));
    let mut first = 0;
    if let Some((text, signature)) = &answer.reasoning {
        let block = json!({"type": "thinking", "thinking": "", "signature": ""});
        send("content_block_start", json!({"index": 0, "content_block": block}));
        for half in halves(text) {
            let delta = json!({"type": "thinking_delta", "thinking": half});
            send("content_block_delta", json!({"index": 0, "delta": delta}));
        }
        let delta = json!({"type": "signature_delta", "signature": signature});
        send("content_block_delta", json!({"index": 0, "delta": delta}));
        send("content_block_stop", json!({"index": 0}));
        first = 1;
    }
    send("content_block_start", json!({"index": first, "content_block": {"type": "text", "text": ""}}));
    send("ping", json!({}));
    for half in halves(&answer.text) {
        send("content_block_delta", json!({"index": first, "delta": {"type": "text_delta", "text": half}}));
    }
    send("content_block_stop", json!({"index": first}));
    for (call, (name, input)) in answer.tool_calls.iter().enumerate() {
        let index = first + 1 + call;
        let block =
            json!({"type": "tool_use", "id": format!("toolu_{turn}_{call}"), "name": name, "input": {}});
        send("content_block_start", json!({"index": index, "content_block": block}));
        let input = input.to_string();
        for half in halves(&input) {
            let delta = json!({"type": "input_json_delta", "partial_json": half});
            send("content_block_delta", json!({"index": index, "delta": delta}));
        }
        send("content_block_stop", json!({"index": index}));
    }
    let mut end = json!({"delta": {"stop_reason": anthropic_stop(answer), "stop_sequence": null}});
    if let Some(usage) = answer.usage {
        end["usage"] = json!({"output_tokens": usage.output});
    }
    send("message_delta", end);
    send("message_stop", json!({}));
    events
}

fn chat_events(answer: &Answer, turn: usize, include_usage: bool) -> Vec<Vec<u8>> {
    let mut events = Vec::new();
    let mut send = |choices: Value, usage: Option<Usage>| {
        let mut chunk = json!({
            "id": format!("chatcmpl-{turn}"), "object": "chat.completion.chunk", "created": 1, "model": MODEL,
            "choices": choices,
        });
        if let Some(usage) = usage {
            chunk["usage"] = chat_usage(usage);
        }
        events.push(format!("data: {chunk}\n\n").into_bytes());
    };
    let choice =
        |delta: Value, reason: Option<&str>| json!([{"index": 0, "delta": delta, "finish_reason": reason}]);
    send(choice(json!({"role": "assistant", "content": ""}), None), None);
    for half in answer.reasoning.iter().flat_map(|(text, _)| halves(text)) {
        send(choice(json!({"reasoning_content": half}), None), None);
    }
    for half in halves(&answer.text) {
        send(choice(json!({"content": half}), None), None);
    }
    for mut call in chat_calls(answer, turn) {
        let arguments = call["function"]["arguments"].take();
        call["function"]["arguments"] = "".into();
        send(choice(json!({"tool_calls": [call.clone()]}), None), None);
        for half in halves(arguments.as_str().unwrap_or_default()) {
            let piece = json!({"index": call["index"], "function": {"arguments": half}});
            send(choice(json!({"tool_calls": [piece]}), None), None);
        }
    }
    send(choice(json!({}), Some(chat_stop(answer))), None);
    if include_usage && answer.usage.is_some() {
        send(json!([]), answer.usage);
    }
    events.push(b"data: [DONE]\n\n".to_vec());
    events
}
