//! A request passed on in its own dialect: every byte as it came, save the edits that are listed.

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::{Map, Value, json, value::RawValue};
use vocabulary::Dialect;

use crate::{fields::DecodeError, gemini, limit, neutral::Sampling};

mod fields;
mod tools;

pub use fields::Rewritten;

/// A request's top-level fields, unread. Fields that are not edited are written as they came.
#[derive(Debug)]
pub struct Passing {
    dialect: Dialect,
    fields: Vec<(String, Box<RawValue>)>,
    edits: Vec<String>,
}

impl Passing {
    /// Takes a body apart.
    ///
    /// # Errors
    /// When it is no JSON object.
    pub fn parse(dialect: Dialect, body: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = serde_json::Deserializer::from_slice(body);
        let all = reader.deserialize_map(Fields).and_then(|all| reader.end().map(|()| all));
        let all = all.map_err(|error| DecodeError::new("", error.to_string()))?;
        let mut passing = Self { dialect, fields: Vec::new(), edits: Vec::new() };
        for (key, value) in all {
            // Two readers may take a repeated key differently: the last one is sent, as it is the one we read.
            match passing.position(&key) {
                Some(position) => {
                    passing.fields[position] = (key.clone(), value);
                    passing.edits.push(format!("{key}: given more than once, sent as given last"));
                }
                None => passing.fields.push((key, value)),
            }
        }
        Ok(passing)
    }

    /// Ends the editing: the body to send, and the edits made. Without edits, the body is `original`.
    pub fn finish(self, original: &[u8]) -> (Vec<u8>, Vec<String>) {
        if self.edits.is_empty() {
            return (original.to_vec(), self.edits);
        }
        let mut body = Vec::with_capacity(original.len() + 64);
        body.push(b'{');
        for (position, (key, value)) in self.fields.iter().enumerate() {
            if position > 0 {
                body.push(b',');
            }
            body.extend_from_slice(Value::String(key.clone()).to_string().as_bytes());
            body.push(b':');
            body.extend_from_slice(value.get().as_bytes());
        }
        body.push(b'}');
        (body, self.edits)
    }

    /// Sends another model's name.
    pub fn set_model(&mut self, model: &str) {
        // Gemini names the model in the path.
        if self.dialect != Dialect::Gemini
            && self.get("model").as_ref().and_then(Value::as_str) != Some(model)
        {
            self.set("model", Some(json!(model)));
        }
    }

    /// Limits the answer. `modern`: whether `openai-chat` is to be told in the name that OpenAI's own models ask
    /// for, when the client used neither name.
    pub fn set_max_output(&mut self, limit: u64, modern: bool) {
        match self.dialect {
            Dialect::AnthropicMessages => {
                self.set("max_tokens", Some(json!(limit)));
                let mut thinking = self.get("thinking").unwrap_or_default();
                if let Some(budget) = thinking["budget_tokens"].as_u64().filter(|budget| *budget >= limit) {
                    // A budget that cannot fit is refused by the API; without one the answer is at least had.
                    thinking = match limit::thinking(budget, limit) {
                        Some(fits) => {
                            thinking["budget_tokens"] = json!(fits);
                            thinking
                        }
                        None => json!({"type": "disabled"}),
                    };
                    self.set("thinking", Some(thinking));
                }
            }
            Dialect::OpenaiChat => {
                let keys = ["max_completion_tokens", "max_tokens"];
                let used: Vec<&str> = keys.into_iter().filter(|key| self.get(key).is_some()).collect();
                match used.as_slice() {
                    [] => self.set(keys[usize::from(!modern)], Some(json!(limit))),
                    used => used.iter().for_each(|key| self.set(key, Some(json!(limit)))),
                }
            }
            Dialect::OpenaiResponses => self.set("max_output_tokens", Some(json!(limit))),
            Dialect::Gemini => self.set_within("generationConfig", "maxOutputTokens", Some(json!(limit))),
        }
    }

    /// Replaces the client's sampling settings: what `pinned` leaves out is not sent.
    pub fn pin(&mut self, pinned: &Sampling) {
        let number = |number: Option<f64>| number.map(|number| json!(number));
        let count = pinned.top_k.map(|count| json!(count));
        let effort = pinned.effort.as_ref().map(|effort| json!(effort));
        let (temperature, top_p) = (number(pinned.temperature), number(pinned.top_p));
        match self.dialect {
            Dialect::Gemini => {
                self.set_within("generationConfig", "temperature", temperature);
                self.set_within("generationConfig", "topP", top_p);
                self.set_within("generationConfig", "topK", count);
            }
            dialect => {
                self.set("temperature", temperature);
                self.set("top_p", top_p);
                if dialect != Dialect::OpenaiResponses {
                    self.set("top_k", count);
                }
                match dialect {
                    Dialect::AnthropicMessages => self.set_within("output_config", "effort", effort),
                    Dialect::OpenaiResponses => self.set_within("reasoning", "effort", effort),
                    _ => self.set("reasoning_effort", effort),
                }
            }
        }
    }

    /// Asks a streaming `openai-chat` server for usage. Returns whether the client had not asked.
    pub fn include_usage(&mut self) -> bool {
        let asked = self.get("stream_options").is_some_and(|options| options["include_usage"] == true);
        if self.dialect == Dialect::OpenaiChat && !asked {
            self.set_within("stream_options", "include_usage", Some(json!(true)));
            return true;
        }
        false
    }

    /// Where a field stands, in whichever spelling the client used.
    fn position(&self, key: &str) -> Option<usize> {
        self.fields.iter().position(|(known, _)| self.is_same(known, key))
    }

    /// `gemini` takes its names in camel and in snake case.
    fn is_same(&self, one: &str, other: &str) -> bool {
        one == other || (self.dialect == Dialect::Gemini && gemini::camel(one) == gemini::camel(other))
    }

    /// A field's value; `None` where it is absent or null.
    pub fn get(&self, key: &str) -> Option<Value> {
        let (_, raw) = self.fields.get(self.position(key)?)?;
        serde_json::from_str(raw.get()).ok().filter(|value: &Value| !value.is_null())
    }

    /// Sets a field, or takes it out; a change is listed with both values, shortened.
    pub fn set(&mut self, key: &str, value: Option<Value>) {
        let old = self.get(key);
        if old == value {
            return;
        }
        let edit = format!("{key}: {} → {}", shown(old.as_ref()), shown(value.as_ref()));
        self.put(key, value);
        self.edits.push(edit);
    }

    /// Sets a field, or takes it out, and leaves it to the caller to list the edit.
    fn put(&mut self, key: &str, value: Option<Value>) {
        match (self.position(key), value.and_then(|value| serde_json::value::to_raw_value(&value).ok())) {
            (Some(position), Some(raw)) => self.fields[position].1 = raw,
            (Some(position), None) => drop(self.fields.remove(position)),
            (None, Some(raw)) => self.fields.push((key.to_owned(), raw)),
            (None, None) => {}
        }
    }

    fn set_within(&mut self, outer: &str, inner: &str, value: Option<Value>) {
        let mut object = match self.get(outer) {
            Some(Value::Object(object)) => object,
            _ => Map::new(),
        };
        let spellings: Vec<String> = object.keys().filter(|key| self.is_same(key, inner)).cloned().collect();
        match (value, spellings.split_first()) {
            (Some(value), Some((spelling, others))) => {
                others.iter().for_each(|other| drop(object.shift_remove(other)));
                object.insert(spelling.clone(), value);
            }
            (Some(value), None) => drop(object.insert(inner.to_owned(), value)),
            (None, _) => spellings.iter().for_each(|spelling| drop(object.shift_remove(spelling))),
        }
        let object = (!object.is_empty() || self.get(outer).is_some()).then_some(Value::Object(object));
        self.set(outer, object);
    }
}

const SHOWN: usize = 80;

fn shown(value: Option<&Value>) -> String {
    let Some(value) = value else { return "absent".into() };
    let mut text = value.to_string();
    if text.len() > SHOWN {
        text.truncate(text.floor_char_boundary(SHOWN));
        text.push('…');
    }
    text
}

struct Fields;

impl<'de> Visitor<'de> for Fields {
    type Value = Vec<(String, Box<RawValue>)>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(dialect: Dialect, body: &str, edit: impl FnOnce(&mut Passing)) -> (String, Vec<String>) {
        let mut passing = Passing::parse(dialect, body.as_bytes()).unwrap();
        edit(&mut passing);
        let (body, edits) = passing.finish(body.as_bytes());
        (String::from_utf8(body).unwrap(), edits)
    }

    #[test]
    fn without_edits_not_a_byte_changes() {
        let body =
            "{ \"model\" : \"m\",\n \"temperature\":1.0, \"x\": [1e3, 123456789012345678901234567890] }";
        let (sent, edits) = edited(Dialect::OpenaiChat, body, |passing| {
            passing.set_model("m");
            passing.strip_server_tools();
        });
        assert_eq!((sent.as_str(), edits.len()), (body, 0));
    }

    #[test]
    fn an_edit_leaves_the_other_fields_as_they_came() {
        let body = r#"{"max_tokens":9,"x":{"b":1.00,"a":123456789012345678901234567890},"temperature":0.5}"#;
        let (sent, edits) = edited(Dialect::AnthropicMessages, body, |passing| {
            passing.set_max_output(5, false);
            passing.pin(&Sampling { top_p: Some(0.9), ..Sampling::default() });
        });
        assert_eq!(sent, r#"{"max_tokens":5,"x":{"b":1.00,"a":123456789012345678901234567890},"top_p":0.9}"#);
        assert_eq!(edits, ["max_tokens: 9 → 5", "temperature: 0.5 → absent", "top_p: absent → 0.9"]);
    }

    #[test]
    fn a_repeated_key_is_sent_once_as_we_read_it() {
        let (sent, edits) = edited(Dialect::OpenaiChat, r#"{"max_tokens":1,"max_tokens":2}"#, |_| {});
        assert_eq!((sent.as_str(), edits.len()), (r#"{"max_tokens":2}"#, 1));
    }

    #[test]
    fn a_thinking_budget_stays_under_the_limit() {
        let body = r#"{"max_tokens":9000,"thinking":{"type":"enabled","budget_tokens":8000}}"#;
        let (sent, _) =
            edited(Dialect::AnthropicMessages, body, |passing| passing.set_max_output(2000, false));
        assert_eq!(sent, r#"{"max_tokens":2000,"thinking":{"type":"enabled","budget_tokens":1984}}"#);
    }

    #[test]
    fn usage_is_asked_for_once() {
        let (sent, _) = edited(Dialect::OpenaiChat, r#"{"stream":true}"#, |passing| {
            assert!(passing.include_usage());
            assert!(!passing.include_usage());
        });
        assert_eq!(sent, r#"{"stream":true,"stream_options":{"include_usage":true}}"#);
    }

    #[test]
    fn what_is_no_object_is_refused() {
        for body in ["", "[]", "{", "1", "{} {}", "\"x\""] {
            assert!(Passing::parse(Dialect::OpenaiChat, body.as_bytes()).is_err(), "{body}");
        }
    }
}
