//! A tool call as it comes in: in pieces, whole, or both.

use serde_json::{Value, json};

use crate::{fields::arguments, neutral::FREEFORM_ARGUMENT};

/// What came of one call of a tool.
#[derive(Clone, Debug, Default)]
pub(crate) struct Call {
    /// As the provider names it; may be empty.
    pub(crate) id: String,
    pub(crate) name: String,
    /// Whether its arguments are free text.
    pub(crate) freeform: bool,
    /// The pieces of its arguments, joined, and the last one.
    joined: String,
    last: String,
    /// The final form of its arguments.
    whole: Option<Value>,
}

impl Call {
    pub(crate) fn new(id: impl Into<String>, name: impl Into<String>) -> Self {
        Self { id: id.into(), name: name.into(), ..Self::default() }
    }

    /// Takes a piece of its arguments.
    pub(crate) fn piece(&mut self, json: &str) {
        if !json.is_empty() {
            // A placeholder before the pieces.
            if self.joined.trim() == "{}" {
                self.joined.clear();
            }
            self.joined.push_str(json);
            json.clone_into(&mut self.last);
        }
    }

    /// Takes the final form of its arguments, as text or as an object. What is empty says nothing after pieces came.
    pub(crate) fn finally(&mut self, arguments: Value) {
        match arguments {
            Value::Null => {}
            Value::String(text) if text.is_empty() => {}
            // A placeholder; what came in pieces says more.
            Value::String(text) if text.trim() == "{}" && !self.joined.is_empty() => {}
            Value::String(text) if text.trim() == "{}" => self.piece(&text),
            Value::Object(map) if map.is_empty() && !self.joined.is_empty() => {}
            whole => self.whole = Some(whole),
        }
    }

    /// Whether something of its arguments came.
    pub(crate) fn has_arguments(&self) -> bool {
        self.whole.is_some() || !self.joined.is_empty()
    }

    /// Whether its arguments are an object already.
    pub(crate) fn is_whole(&self) -> bool {
        self.whole.is_some() || (self.joined.trim_end().ends_with('}') && self.arguments().is_object())
    }

    /// Its arguments: the final form, else what the pieces add up to. Some servers send all of it once more at the
    /// end, so where the pieces add up to no object, the last one may be one.
    pub(crate) fn arguments(&self) -> Value {
        match &self.whole {
            Some(Value::String(text)) if self.freeform => json!({FREEFORM_ARGUMENT: text}),
            Some(Value::String(text)) => arguments(text),
            Some(other) => other.clone(),
            None if self.freeform => json!({FREEFORM_ARGUMENT: self.joined}),
            None => match arguments(&self.joined) {
                Value::String(text) => match arguments(&self.last) {
                    Value::Object(last) => Value::Object(last),
                    _ => Value::String(text),
                },
                object => object,
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(pieces: &[&str]) -> Call {
        let mut call = Call::new("c", "t");
        pieces.iter().for_each(|piece| call.piece(piece));
        call
    }

    #[test]
    fn pieces_add_up_and_a_repetition_of_all_is_known() {
        assert_eq!(call(&["{\"a\":", "1}"]).arguments(), json!({"a": 1}));
        assert_eq!(call(&["{\"a\":", "1}", "{\"a\":1}"]).arguments(), json!({"a": 1}));
        assert_eq!(call(&["{\"a\":", "{\"b\":1}", "}"]).arguments(), json!({"a": {"b": 1}}));
        assert_eq!(call(&[]).arguments(), json!({}));
        assert_eq!(call(&["oops"]).arguments(), json!("oops"));
        assert_eq!(call(&["{}", "{\"a\":", "1}"]).arguments(), json!({"a": 1}));
    }

    #[test]
    fn the_final_form_is_the_last_word() {
        let mut cut = call(&["{\"a\":"]);
        cut.finally(json!("{\"a\":2}"));
        assert_eq!(cut.arguments(), json!({"a": 2}));
        let mut whole = call(&["{\"a\":1}"]);
        whole.finally(json!({}));
        whole.finally(json!(""));
        whole.finally(json!("{}"));
        assert_eq!(whole.arguments(), json!({"a": 1}));
        let mut placeholder = call(&[]);
        placeholder.finally(json!("{}"));
        assert_eq!(placeholder.arguments(), json!({}));
        placeholder.piece("{\"a\":1}");
        assert_eq!(placeholder.arguments(), json!({"a": 1}));
    }
}
