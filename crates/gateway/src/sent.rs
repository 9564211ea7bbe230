//! What reaches a provider of what a hostile client writes: no field that is not known, under any spelling, and no
//! limit above what is held, whichever of its names and places a server reads.

use std::sync::Arc;

use bytes::Bytes;
use http::HeaderMap;
use proptest::prelude::*;
use serde_json::{Value, json, value::RawValue};
use spec::Dialect;

use crate::{
    admission::{self, Decision},
    call::{Call, ask_of, prepare},
    intake::Room,
    reading::{self, Purpose},
    theorem::{DIALECTS, session},
};

/// Names that some server or other takes for the limit, or for what multiplies it.
const NAMES: [&str; 20] = [
    "max_tokens",
    "maxTokens",
    "MAX_TOKENS",
    "max_completion_tokens",
    "Max_Completion_Tokens",
    "max_output_tokens",
    "maxOutputTokens",
    "max__output_tokens",
    "max_new_tokens",
    "max_length_tokens",
    "generationConfig",
    "generation_config",
    "GenerationConfig",
    "generation__config",
    "generateContentRequest",
    "extra_body",
    "options",
    "thinking",
    "stream_options",
    "a_field_of_tomorrow",
];

/// A number that a limit may be, or what no limit is.
fn limit() -> impl Strategy<Value = String> {
    prop_oneof![
        3 => (1u64..6_000).prop_map(|limit| limit.to_string()),
        2 => Just("900000".to_owned()),
        1 => prop::sample::select(&["-1", "null", "0", "1e6", "900000.0", "\"900000\"", "[900000]", "{}"][..])
            .prop_map(str::to_owned),
    ]
}

/// A key as JSON, its first letter by its number now and then.
fn key(name: &'static str, escaped: bool) -> String {
    match (escaped, name.split_at(1)) {
        (true, (first, rest)) => format!("\"\\u{:04x}{rest}\"", u32::from(first.as_bytes()[0])),
        (false, _) => format!("\"{name}\""),
    }
}

/// A field that may be a limit, or hold some, any of them more than once.
fn field() -> impl Strategy<Value = String> {
    let name = || {
        (prop::sample::select(&NAMES[..]), prop::bool::weighted(0.2))
            .prop_map(|(name, escaped)| key(name, escaped))
    };
    let flat = || (name(), limit()).prop_map(|(name, limit)| format!("{name}:{limit}"));
    let within = (name(), prop::collection::vec(flat(), 0..4))
        .prop_map(|(name, fields)| format!("{name}:{{{}}}", fields.join(",")));
    prop_oneof![3 => flat(), 2 => within]
}

/// The conversation of a body, without braces.
fn said(dialect: Dialect) -> String {
    let turns = json!([{"role": "user", "content": "Say something."}]);
    match dialect {
        Dialect::Gemini => r#""contents":[{"role":"user","parts":[{"text":"Say something."}]}]"#.to_owned(),
        Dialect::OpenaiResponses => format!(r#""model":"m","input":{turns}"#),
        _ => format!(r#""model":"m","messages":{turns}"#),
    }
}

/// Every field of a body, however often it stands there: (path, key, value).
fn all(raw: &RawValue, within: &str, found: &mut Vec<(String, String, String)>) {
    let Ok(Fields(fields)) = serde_json::from_str(raw.get()) else { return };
    for (key, value) in fields {
        all(&value, &format!("{within}{key}."), found);
        found.push((within.to_owned(), key, value.get().to_owned()));
    }
}

/// An object's fields, those that are given twice among them.
struct Fields(Vec<(String, Box<RawValue>)>);

impl<'de> serde::Deserialize<'de> for Fields {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;
        impl<'de> serde::de::Visitor<'de> for Visitor {
            type Value = Fields;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: serde::de::MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut all = Vec::new();
                while let Some(field) = map.next_entry()? {
                    all.push(field);
                }
                Ok(Fields(all))
            }
        }
        deserializer.deserialize_map(Visitor)
    }
}

/// What is sent of a body, and the limit that is held; `None` where nothing is.
fn sent(dialect: Dialect, body: &str) -> Option<(Bytes, u64)> {
    let session = session(dialect, "total", 1e6);
    let in_path = (dialect == Dialect::Gemini).then(|| ("m".to_owned(), false));
    let decoded = reading::decode(&session, dialect, body.as_bytes(), &Purpose::Answer { in_path }).ok()?;
    let inner = &session.0;
    let kind = inner.state().conversations.classify(&decoded.request);
    let weighed = Arc::new(decoded.weighed);
    let ask = ask_of(inner, &decoded.request, &weighed);
    let Decision::Admitted(admission) = admission::decide(inner, &ask) else { return None };
    let call = Call {
        session: Arc::clone(inner),
        number: 1,
        arrived_ms: 0,
        dialect,
        kind,
        other_model: false,
        headers: HeaderMap::new(),
        query: None,
        body: Bytes::copy_from_slice(body.as_bytes()),
        request: decoded.request,
        weighed,
        losses: decoded.losses,
        include_usage: decoded.include_usage,
        rewritten: decoded.rewritten,
        _room: Room::default(),
    };
    let endpoint = inner.model.endpoint.as_ref()?;
    let provider = inner.providers.reached(&inner.model)?.provider.as_ref();
    let prepared = prepare(&call, endpoint, provider, &admission).ok()?;
    Some((prepared.outgoing.body, admission.output))
}

/// A key without case and underscores.
fn fold(key: &str) -> String {
    key.replace('_', "").to_ascii_lowercase()
}

proptest! {
    #[test]
    fn no_field_is_unknown_and_no_limit_is_above_what_is_held(
        dialect in prop::sample::select(&DIALECTS[..]),
        fields in prop::collection::vec(field(), 0..6),
    ) {
        let body = format!("{{{}}}", std::iter::once(said(dialect)).chain(fields).collect::<Vec<_>>().join(","));
        if let Some((sent, held)) = sent(dialect, &body) {
            let raw: Box<RawValue> = serde_json::from_slice(&sent).unwrap();
            let mut found = Vec::new();
            all(&raw, "", &mut found);
            let limits = ["maxtokens", "maxcompletiontokens", "maxoutputtokens", "maxnewtokens", "maxlengthtokens"];
            for (path, key, value) in &found {
                let value: Value = serde_json::from_str(value).unwrap();
                let number = value.as_f64().or_else(|| value.as_str()?.parse().ok());
                let reads_it = path.is_empty() || path == "generationConfig." || path == "generation_config.";
                if reads_it && limits.contains(&&*fold(key)) {
                    prop_assert!(number.is_none_or(|limit| limit <= held as f64), "{held} is held, sent: {}", String::from_utf8_lossy(&sent));
                }
                let twins = found.iter().filter(|(at, other, _)| at == path && fold(other) == fold(key)).count();
                prop_assert!(twins == 1 || !reads_it, "`{key}` in two spellings: {}", String::from_utf8_lossy(&sent));
            }
            let unknown = ["a_field_of_tomorrow", "extra_body", "options", "generateContentRequest", "max_new_tokens"];
            let is_unknown = |(path, key, _): &&(String, String, String)| path.is_empty() && unknown.contains(&key.as_str());
            prop_assert!(found.iter().find(is_unknown).is_none(), "{}", String::from_utf8_lossy(&sent));
        }
    }
}
