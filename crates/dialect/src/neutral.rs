//! The neutral form: one shape for requests, answers and usage, between the four dialects.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
pub use vocabulary::{StopReason, Usage};

/// A request to a model.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// The model asked for.
    pub model: String,
    /// System prompt, as blocks.
    pub system: Vec<Content>,
    /// The conversation so far.
    pub messages: Vec<Message>,
    /// Tools offered.
    pub tools: Vec<Tool>,
    /// Which tool must be called.
    pub tool_choice: ToolChoice,
    /// Longest answer, in tokens.
    pub max_output: Option<u64>,
    /// Whether the answer is streamed.
    pub stream: bool,
    /// Sampling and effort.
    pub sampling: Sampling,
    /// A JSON schema the answer must follow.
    pub output_schema: Option<Value>,
    /// Tools that the client knows otherwise than they are offered here.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub origins: Origins,
}

impl Request {
    /// Its texts, system prompt first. Reasoning, tool calls and their results are left out.
    pub fn text(&self) -> String {
        text(self.system.iter().chain(self.messages.iter().flat_map(|message| &message.content)))
    }
}

/// The texts among some blocks, with a line break between each two.
pub fn text<'c>(blocks: impl IntoIterator<Item = &'c Content>) -> String {
    let texts = blocks.into_iter().filter_map(|block| match block {
        Content::Text { text, .. } => Some(text.as_str()),
        _ => None,
    });
    texts.collect::<Vec<_>>().join("\n")
}

/// How a client knows tools that are offered as plain functions, by the name they are offered under.
pub type Origins = BTreeMap<String, Origin>;

/// How a client knows a tool that is offered as a plain function.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// It takes free text: the function's only argument, [`FREEFORM_ARGUMENT`].
    Freeform,
    /// It searches for tools, and the client carries it out.
    Search,
    /// It stands in a namespace.
    Namespaced {
        /// The namespace.
        namespace: String,
        /// The tool's name within it.
        name: String,
        /// Whether it takes free text.
        #[serde(default)]
        freeform: bool,
    },
}

impl Origin {
    /// Whether the tool takes free text: the function's only argument, [`FREEFORM_ARGUMENT`].
    pub fn is_freeform(&self) -> bool {
        matches!(self, Self::Freeform | Self::Namespaced { freeform: true, .. })
    }
}

/// The argument that stands for the free text of a tool that takes no arguments.
pub const FREEFORM_ARGUMENT: &str = "input";

/// One turn of the conversation.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Message {
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub content: Vec<Content>,
}

/// Who speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Instructions in mid-conversation.
    System,
    /// The user, or the harness for it; tool results too.
    User,
    /// The model.
    Assistant,
}

/// A block of content.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content {
    /// Text.
    Text {
        /// The text.
        text: String,
        /// Whether a cache marker stood on it.
        #[serde(default)]
        cache: bool,
    },
    /// An image.
    Image {
        /// Media type, as `image/png`.
        media_type: String,
        /// Base64 data, or a URL when `media_type` is empty.
        data: String,
    },
    /// Reasoning, with what the provider signs it with.
    Reasoning {
        /// The readable part; empty when hidden.
        text: String,
        /// Signature or encrypted content, to be sent back unchanged.
        signature: Option<String>,
    },
    /// A call of a tool.
    ToolCall {
        /// Links the call to its result.
        id: String,
        /// The tool.
        name: String,
        /// Arguments as sent: parsed JSON, or a string where the text was no JSON object.
        arguments: Value,
    },
    /// What a tool gave.
    ToolResult {
        /// The call it answers.
        id: String,
        /// What came back.
        content: Vec<Content>,
        /// Whether the tool failed.
        is_error: bool,
    },
}

/// A tool offered to the model.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Tool {
    /// Its name.
    pub name: String,
    /// What it does.
    pub description: String,
    /// JSON schema of its arguments.
    pub parameters: Value,
    /// Dialect's own kind for tools that are not plain functions (`web_search_20250305`, `custom`, …), with the
    /// rest of its definition.
    pub hosted: Option<(String, Map<String, Value>)>,
}

/// Which tool must be called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToolChoice {
    /// The model decides.
    #[default]
    Auto,
    /// Some tool.
    Any,
    /// No tool.
    None,
    /// This tool.
    Named(String),
}

/// Sampling and effort, as asked.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// Temperature.
    pub temperature: Option<f64>,
    /// Nucleus.
    pub top_p: Option<f64>,
    /// Top k.
    pub top_k: Option<u64>,
    /// Stop sequences.
    pub stop: Vec<String>,
    /// Reasoning effort, in words.
    pub effort: Option<String>,
    /// Thinking budget, in tokens.
    pub thinking_budget: Option<u64>,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Response {
    /// The provider's id for it.
    pub id: String,
    /// The model that answered, as the provider names it.
    pub model: String,
    /// What it said.
    pub content: Vec<Content>,
    /// Why it stopped.
    pub stop: StopReason,
    /// What it used; absent when the provider did not say.
    pub usage: Option<Usage>,
}
