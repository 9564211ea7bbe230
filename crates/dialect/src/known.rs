//! Which fields of a request may reach a provider: those that bound, form or label an answer. What starts work beside
//! the answer, keeps it elsewhere, or costs more for a token is on no list.

use serde_json::{Value, value::RawValue};
use vocabulary::Dialect;

use crate::gemini;

/// What of a field may pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// Whatever it says.
    Any,
    /// What says that it is off.
    Off,
    /// One of these words.
    Words(&'static [&'static str]),
}

use Rule::{Any, Off, Words};

/// The usual lane, under the names that APIs give it.
const USUAL: Rule = Words(&["auto", "default", "standard", "standard_only"]);

/// Fields that ask for tools of the provider's, at one place or another: clients also send them to say that they want
/// none.
pub(crate) const ASKING: &[&str] = &[
    "web_search_options",
    "web_search",
    "enable_web_search",
    "enable_search",
    "search_parameters",
    "search_options",
    "search_settings",
    "plugins",
    "connectors",
    "data_sources",
    "dataSources",
    "compound_custom",
    "mcp_servers",
    "container",
];

const ANTHROPIC: &[(&str, Rule)] = &[
    ("model", Any),
    ("messages", Any),
    ("system", Any),
    ("tools", Any),
    ("tool_choice", Any),
    ("max_tokens", Any),
    ("stream", Any),
    ("temperature", Any),
    ("top_p", Any),
    ("top_k", Any),
    ("stop_sequences", Any),
    ("thinking", Any),
    ("output_config", Any),
    ("output_format", Any),
    ("context_management", Any),
    ("cache_control", Any),
    ("metadata", Any),
    ("service_tier", USUAL),
    ("speed", USUAL),
];

/// Of all the servers that speak it: OpenAI's, Mistral's, Alibaba's, Moonshot's, Zhipu's, OpenRouter's, vLLM's.
const CHAT: &[(&str, Rule)] = &[
    ("model", Any),
    ("messages", Any),
    ("tools", Any),
    ("tool_choice", Any),
    ("functions", Any),
    ("function_call", Any),
    ("parallel_tool_calls", Any),
    ("max_tokens", Any),
    ("max_completion_tokens", Any),
    ("n", Any),
    ("stream", Any),
    ("stream_options", Any),
    ("temperature", Any),
    ("top_p", Any),
    ("top_k", Any),
    ("min_p", Any),
    ("top_a", Any),
    ("stop", Any),
    ("seed", Any),
    ("random_seed", Any),
    ("logprobs", Any),
    ("top_logprobs", Any),
    ("logit_bias", Any),
    ("presence_penalty", Any),
    ("frequency_penalty", Any),
    ("repetition_penalty", Any),
    ("response_format", Any),
    ("verbosity", Any),
    ("reasoning", Any),
    ("reasoning_effort", Any),
    ("reasoning_format", Any),
    ("reasoning_split", Any),
    ("include_reasoning", Any),
    ("thinking", Any),
    ("thinking_budget", Any),
    ("enable_thinking", Any),
    ("preserve_thinking", Any),
    ("prompt_mode", Any),
    ("safe_prompt", Any),
    ("do_sample", Any),
    ("tool_stream", Any),
    ("chat_template_kwargs", Any),
    ("usage", Any),
    ("user", Any),
    ("metadata", Any),
    ("safety_identifier", Any),
    ("cache_control", Any),
    ("prompt_cache_key", Any),
    ("prompt_cache_retention", Any),
    ("store", Off),
    ("service_tier", USUAL),
    ("modalities", Words(&["text"])),
];

const RESPONSES: &[(&str, Rule)] = &[
    ("model", Any),
    ("input", Any),
    ("instructions", Any),
    ("tools", Any),
    ("tool_choice", Any),
    ("parallel_tool_calls", Any),
    ("max_tool_calls", Any),
    ("max_output_tokens", Any),
    ("stream", Any),
    ("stream_options", Any),
    ("temperature", Any),
    ("top_p", Any),
    ("top_k", Any),
    ("top_logprobs", Any),
    ("reasoning", Any),
    ("text", Any),
    ("truncation", Any),
    ("include", Any),
    ("user", Any),
    ("metadata", Any),
    ("client_metadata", Any),
    ("safety_identifier", Any),
    ("prompt_cache_key", Any),
    ("prompt_cache_retention", Any),
    ("store", Off),
    ("background", Off),
    ("previous_response_id", Off),
    ("conversation", Off),
    ("prompt", Off),
    ("service_tier", USUAL),
];

const GEMINI: &[(&str, Rule)] = &[
    ("contents", Any),
    ("systemInstruction", Any),
    ("tools", Any),
    ("toolConfig", Any),
    ("generationConfig", Any),
    ("safetySettings", Any),
    ("labels", Any),
    ("cachedContent", Off),
    ("store", Off),
    ("serviceTier", USUAL),
];

/// Fields of Gemini's `generationConfig`: speech and pictures cost more for a token than text.
const GENERATION: &[(&str, Rule)] = &[
    ("maxOutputTokens", Any),
    ("temperature", Any),
    ("topP", Any),
    ("topK", Any),
    ("stopSequences", Any),
    ("candidateCount", Any),
    ("seed", Any),
    ("presencePenalty", Any),
    ("frequencyPenalty", Any),
    ("responseLogprobs", Any),
    ("logprobs", Any),
    ("thinkingConfig", Any),
    ("responseMimeType", Any),
    ("responseSchema", Any),
    ("responseJsonSchema", Any),
    ("responseModalities", Words(&["text"])),
    ("mediaResolution", Any),
];

/// Whether a field of a body may pass. A name in another spelling is another field: a server that takes it for the same
/// one would read it beside ours.
pub(crate) fn passes(dialect: Dialect, key: &str, value: &RawValue) -> bool {
    let list = match dialect {
        Dialect::AnthropicMessages => ANTHROPIC,
        Dialect::OpenaiChat => CHAT,
        Dialect::OpenaiResponses => RESPONSES,
        Dialect::Gemini => GEMINI,
    };
    let camel = (dialect == Dialect::Gemini).then(|| gemini::camel(key));
    let name = camel.as_deref().unwrap_or(key);
    let listed = list.iter().find(|(known, _)| *known == name).map(|(_, rule)| *rule);
    match listed.or_else(|| ASKING.contains(&name).then_some(Off)) {
        None => false,
        // The conversation is among them, and is long.
        Some(Any) => true,
        Some(rule) => serde_json::from_str(value.get()).is_ok_and(|value| holds(rule, &value)),
    }
}

/// Whether a field of Gemini's `generationConfig` may pass.
pub(crate) fn passes_generation(key: &str, value: &Value) -> bool {
    let name = gemini::camel(key);
    GENERATION.iter().any(|(known, rule)| *known == name && holds(*rule, value))
}

/// Whether an edit of a context is one that only takes out of it: a summary is written by the model, and is not in the
/// usage that the answer tells.
pub(crate) fn only_clears(edit: &Value) -> bool {
    edit["type"].as_str().is_some_and(|kind| kind.starts_with("clear_"))
}

/// A key as the least particular reader takes it: without case, dashes and underscores. To some, the long s and the sign
/// of Kelvin are letters in another case.
pub(crate) fn fold(key: &str) -> String {
    let letters = key.chars().filter(|letter| !matches!(letter, '_' | '-'));
    letters
        .map(|letter| match letter {
            '\u{17f}' => 's',
            '\u{212a}' => 'k',
            letter => letter.to_ascii_lowercase(),
        })
        .collect()
}

fn holds(rule: Rule, value: &Value) -> bool {
    let is_word = |words: &[&str], value: &Value| {
        value.as_str().is_some_and(|word| words.contains(&word.to_ascii_lowercase().as_str()))
    };
    match rule {
        Any => true,
        Off => is_off(value),
        Words(words) => match value {
            Value::Array(items) => items.iter().all(|item| is_word(words, item)),
            value => value.is_null() || is_word(words, value),
        },
    }
}

/// Whether a field asks for nothing: some are switches, or lists.
fn is_off(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}
