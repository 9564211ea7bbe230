//! Fields of a request that is passed on: those that are not known go, or are listed.

use serde_json::{Map, Value, value::RawValue};
use vocabulary::Dialect;

use super::Passing;
use crate::{gemini, known};

impl Passing {
    /// Replaces fields that were written anew before, with what was done.
    pub fn rewrite(&mut self, rewritten: &[Rewritten]) {
        for Rewritten { key, value, edits } in rewritten {
            if let Some(position) = self.fields.iter().position(|(known, _)| known == key) {
                self.fields[position].1 = value.clone();
                self.edits.extend(edits.iter().cloned());
            }
        }
    }

    /// Takes out fields that are on no list of this dialect, and what costs more, is kept or goes on elsewhere.
    pub fn strip_fields(&mut self) {
        let dialect = self.dialect;
        let edits = &mut self.edits;
        self.fields.retain(|(key, raw)| {
            let passes = known::passes(dialect, key, raw);
            if !passes {
                edits.push(format!("{}: taken out", shown(key)));
            }
            passes
        });
        self.strip_within();
    }

    /// Lists the fields that would be taken out, and leaves them in.
    pub fn note_fields(&mut self) {
        let allowed = self.fields.iter().filter(|(key, raw)| !known::passes(self.dialect, key, raw));
        let edits: Vec<String> = allowed.map(|(key, _)| format!("{}: allowed", shown(key))).collect();
        self.edits.extend(edits);
    }

    fn strip_within(&mut self) {
        match self.dialect {
            Dialect::AnthropicMessages => {
                let Some(Value::Object(mut management)) = self.get("context_management") else { return };
                let Some(Value::Array(edits)) = management.get_mut("edits") else { return };
                let before = edits.len();
                edits.retain(known::only_clears);
                if edits.len() != before {
                    let left = (!edits.is_empty()).then_some(Value::Object(management));
                    self.put("context_management", left);
                    self.edits.push("context_management: edits that the model is asked for taken out".into());
                }
            }
            Dialect::OpenaiChat => {
                // A server may read either name: none that leaves the answer without a limit stands beside one that
                // has a limit.
                let names = ["max_completion_tokens", "max_tokens"];
                let number = |value: &Value| value.as_f64().or_else(|| value.as_str()?.trim().parse().ok());
                let is_limit = |value: &Value| number(value).is_some_and(|limit| limit > 0.0);
                if let [Some(one), Some(other)] = names.map(|key| self.get(key)) {
                    match (is_limit(&one), is_limit(&other)) {
                        (true, false) => self.set(names[1], None),
                        (false, true) => self.set(names[0], None),
                        _ => {}
                    }
                }
            }
            Dialect::Gemini => self.strip_generation(),
            Dialect::OpenaiResponses => {}
        }
    }

    /// Leaves in `generationConfig` what is known, and of a field in two spellings the one that was read.
    fn strip_generation(&mut self) {
        let Some(Value::Object(config)) = self.get("generationConfig") else { return };
        let (mut left, mut taken) = (Map::new(), Vec::new());
        for (key, value) in config {
            if !known::passes_generation(&key, &value) {
                taken.push(key);
                continue;
            }
            let twin =
                left.keys().find(|known: &&String| gemini::camel(known) == gemini::camel(&key)).cloned();
            if let Some(twin) = twin {
                left.shift_remove(&twin);
                taken.push(twin);
            }
            left.insert(key, value);
        }
        if !taken.is_empty() {
            self.put("generationConfig", Some(Value::Object(left)));
            let edits = taken.iter().map(|key| format!("generationConfig.{}: taken out", shown(key)));
            self.edits.extend(edits);
        }
    }
}

/// A field that was written anew before the request is passed on.
#[derive(Clone, Debug)]
pub struct Rewritten {
    /// Its name, as the client wrote it.
    pub key: String,
    /// What is sent.
    pub value: Box<RawValue>,
    /// What was done, in words.
    pub edits: Vec<String>,
}

/// A name of the client's choosing, for the record.
fn shown(key: &str) -> &str {
    &key[..key.floor_char_boundary(64)]
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn stripped(dialect: Dialect, body: &Value) -> (Value, Vec<String>) {
        let body = body.to_string();
        let mut passing = Passing::parse(dialect, body.as_bytes()).unwrap();
        passing.strip_fields();
        let (body, edits) = passing.finish(body.as_bytes());
        (serde_json::from_slice(&body).unwrap(), edits)
    }

    #[test]
    fn what_is_on_no_list_goes_and_is_recorded() {
        use Dialect::{
            AnthropicMessages as Anthropic, Gemini, OpenaiChat as Chat, OpenaiResponses as Responses,
        };
        for (dialect, field, value) in [
            (Anthropic, "a_field_of_tomorrow", json!({"x": 1})),
            (Anthropic, "container", json!({"skills": [{"type": "anthropic"}]})),
            (Anthropic, "mcp_servers", json!([{"url": "http://h"}])),
            (Anthropic, "speed", json!("fast")),
            (Anthropic, "service_tier", json!("priority")),
            (Anthropic, "inference_geo", json!("us")),
            (Anthropic, "anthropic_beta", json!(["fast-mode-2026-02-01"])),
            (Anthropic, "Max_Tokens", json!(900_000)),
            (Chat, "search_parameters", json!({"mode": "auto"})),
            (Chat, "plugins", json!([{"id": "web"}])),
            (Chat, "enable_search", json!(true)),
            (Chat, "prediction", json!({"type": "content", "content": "x"})),
            (Chat, "modalities", json!(["text", "audio"])),
            (Chat, "audio", json!({"voice": "v"})),
            (Chat, "store", json!(true)),
            (Chat, "models", json!(["dearer"])),
            (Chat, "provider", json!({"sort": "throughput"})),
            (Chat, "N", json!(64)),
            (Chat, "best_of", json!(64)),
            (Chat, "max_new_tokens", json!(900_000)),
            (Chat, "service_tier", json!("flex")),
            (Responses, "background", json!(true)),
            (Responses, "previous_response_id", json!("resp_1")),
            (Responses, "conversation", json!({"id": "conv_1"})),
            (Responses, "prompt", json!({"id": "pmpt_1"})),
            (Responses, "store", json!(true)),
            (Responses, "service_tier", json!("priority")),
            (Responses, "context_management", json!([{"type": "compaction"}])),
            (Responses, "maxOutputTokens", json!(900_000)),
            (Gemini, "cached_content", json!("cachedContents/1")),
            (Gemini, "cachedContent", json!("cachedContents/1")),
            (Gemini, "GENERATIONCONFIG", json!({"maxOutputTokens": 900_000})),
            (Gemini, "generateContentRequest", json!({"contents": []})),
            (Gemini, "model", json!("models/dearer")),
            (Gemini, "service_tier", json!("flex")),
        ] {
            let (sent, edits) = stripped(dialect, &json!({"temperature": 1, "contents": [], field: value}));
            let kept = if dialect == Gemini { json!({"contents": []}) } else { json!({"temperature": 1}) };
            assert_eq!(sent, kept, "{field}");
            assert!(edits.contains(&format!("{field}: taken out")), "{field}: {edits:?}");
        }
    }

    #[test]
    fn what_bounds_forms_or_labels_an_answer_and_what_is_off_stays() {
        for (dialect, body) in [
            (
                Dialect::AnthropicMessages,
                json!({"model": "m", "messages": [], "system": [], "tools": [], "tool_choice": {}, "max_tokens": 1,
                    "stream": true, "temperature": 1, "thinking": {"type": "adaptive"}, "metadata": {"user_id": "u"},
                    "context_management": {"edits": [{"type": "clear_thinking_20251015", "keep": "all"}]},
                    "output_config": {"effort": "high"}, "service_tier": "auto", "speed": null, "mcp_servers": []}),
            ),
            (
                Dialect::OpenaiChat,
                json!({"model": "m", "messages": [], "stream_options": {"include_usage": true}, "seed": 1,
                    "reasoning_effort": "low", "store": false, "web_search": false, "modalities": ["text"],
                    "max_tokens": 1, "max_completion_tokens": 2, "top_k": -1, "service_tier": "default"}),
            ),
            (
                Dialect::OpenaiResponses,
                json!({"model": "m", "input": [], "instructions": "i", "store": false, "include": ["reasoning.encrypted_content"],
                    "text": {"verbosity": "low"}, "prompt_cache_key": "k", "previous_response_id": null,
                    "background": false, "parallel_tool_calls": true, "reasoning": {"effort": "high"}}),
            ),
            (
                Dialect::Gemini,
                json!({"contents": [], "system_instruction": {}, "tool_config": {}, "safetySettings": [],
                    "generation_config": {"max_output_tokens": 1, "thinkingConfig": {}, "responseModalities": ["TEXT"]}}),
            ),
        ] {
            assert_eq!(stripped(dialect, &body), (body, vec![]), "{dialect}");
        }
    }

    #[test]
    fn a_limit_in_two_spellings_is_the_one_that_was_read() {
        let (sent, edits) = stripped(
            Dialect::Gemini,
            &json!({"generationConfig": {
                "maxOutputTokens": 5, "max_output_tokens": 900_000, "MAXOUTPUTTOKENS": 9, "speechConfig": {},
            }}),
        );
        assert_eq!(sent, json!({"generationConfig": {"max_output_tokens": 900_000}}));
        assert_eq!(edits.len(), 3, "{edits:?}");
        let (sent, _) = stripped(Dialect::OpenaiChat, &json!({"max_completion_tokens": 5, "max_tokens": -1}));
        assert_eq!(sent, json!({"max_completion_tokens": 5}));
    }

    #[test]
    fn a_context_is_cleared_by_the_provider_and_not_rewritten() {
        let edits = |kinds: &[&str]| {
            let edits: Vec<Value> = kinds.iter().map(|kind| json!({"type": kind})).collect();
            json!({"context_management": {"edits": edits}})
        };
        let both = edits(&["compact_20260112", "clear_tool_uses_20250919"]);
        let (sent, said) = stripped(Dialect::AnthropicMessages, &both);
        assert_eq!((sent, said.len()), (edits(&["clear_tool_uses_20250919"]), 1));
        assert_eq!(stripped(Dialect::AnthropicMessages, &edits(&["compact_20260112"])).0, json!({}));
    }

    #[test]
    fn a_field_written_anew_is_sent_so() {
        let body = br#"{"messages":[1,1],"max_tokens":9}"#;
        let mut passing = Passing::parse(Dialect::OpenaiChat, body).unwrap();
        let value = serde_json::value::to_raw_value(&json!([2])).unwrap();
        let rewritten =
            |key: &str| Rewritten { key: key.into(), value: value.clone(), edits: vec!["said".into()] };
        passing.rewrite(&[rewritten("messages"), rewritten("not there")]);
        let (sent, edits) = passing.finish(body);
        assert_eq!(sent, br#"{"messages":[2],"max_tokens":9}"#);
        assert_eq!(edits, ["said"]);
    }
}
