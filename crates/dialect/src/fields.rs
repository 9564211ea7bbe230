//! Reading a JSON object by taking out of it what is understood: what is left is a loss.

use serde_json::{Map, Value};

use crate::loss::Loss;

/// A body that is not of its dialect.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{}{problem}", at(.path))]
pub struct DecodeError {
    /// Where, as `messages[2].role`; empty for the whole body.
    pub path: String,
    /// What is wrong.
    pub problem: String,
}

fn at(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!("{path}: ") }
}

impl DecodeError {
    pub(crate) fn new(path: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { path: path.into(), problem: problem.into() }
    }
}

type Result<T> = std::result::Result<T, DecodeError>;

/// The fields of an object that nobody has taken yet.
pub(crate) struct Fields {
    map: Map<String, Value>,
    path: String,
}

impl Fields {
    pub(crate) fn of(value: Value, path: impl Into<String>) -> Result<Self> {
        let path = path.into();
        match value {
            Value::Object(map) => Ok(Self { map, path }),
            other => Err(DecodeError::new(path, format!("expected an object, found {}", kind(&other)))),
        }
    }

    /// The path of one of its fields.
    pub(crate) fn path(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    /// The same fields, at another path: an event says of a piece what a body says of the whole.
    pub(crate) fn moved(self, path: &str) -> Self {
        Self { path: path.to_owned(), ..self }
    }

    /// Whether there is such a field, `null` or not.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.map.contains_key(key)
    }

    /// A field that stays.
    pub(crate) fn peek(&self, key: &str) -> Option<&Value> {
        self.map.get(key)
    }

    /// Takes a field; `null` is as good as absent.
    pub(crate) fn take(&mut self, key: &str) -> Option<Value> {
        self.map.swap_remove(key).filter(|value| !value.is_null())
    }

    pub(crate) fn string(&mut self, key: &str) -> Result<Option<String>> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(other) => Err(self.wrong(key, "a string", &other)),
        }
    }

    /// Takes what may be read as text; what may not is left. For answers: servers differ in the types of their fields.
    pub(crate) fn text(&mut self, key: &str) -> Option<String> {
        let text = match self.map.get(key)? {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Null => String::new(),
            _ => return None,
        };
        self.map.swap_remove(key);
        Some(text).filter(|text| !text.is_empty())
    }

    pub(crate) fn needed_string(&mut self, key: &str) -> Result<String> {
        self.string(key)?.ok_or_else(|| DecodeError::new(self.path(key), "is required"))
    }

    /// A whole number; below 0 it is as good as absent.
    pub(crate) fn count(&mut self, key: &str) -> Result<Option<u64>> {
        match self.take(key) {
            None => Ok(None),
            // Some clients write -1 for none.
            Some(Value::Number(number)) if number.as_f64().is_some_and(|number| number < 0.0) => Ok(None),
            // Some clients write whole numbers as 1024.0.
            Some(Value::Number(number)) => match number.as_u64() {
                Some(count) => Ok(Some(count)),
                None => match number.as_f64() {
                    Some(float) if (0.0..1e15).contains(&float) && float.fract() == 0.0 => {
                        Ok(Some(float as u64))
                    }
                    _ => Err(self.wrong(key, "a whole number", &Value::Number(number))),
                },
            },
            // The JSON of protocol buffers writes long numbers as text.
            Some(Value::String(text)) => match text.trim().parse::<i64>() {
                Ok(count) => Ok(u64::try_from(count).ok()),
                Err(_) => Err(self.wrong(key, "a whole number", &Value::String(text))),
            },
            Some(other) => Err(self.wrong(key, "a whole number", &other)),
        }
    }

    pub(crate) fn number(&mut self, key: &str) -> Result<Option<f64>> {
        match self.take(key) {
            None => Ok(None),
            Some(value) => match value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()) {
                Some(number) => Ok(Some(number)),
                None => Err(self.wrong(key, "a number", &value)),
            },
        }
    }

    pub(crate) fn flag(&mut self, key: &str) -> Result<Option<bool>> {
        match self.take(key) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(other) => Err(self.wrong(key, "true or false", &other)),
        }
    }

    /// Passes over a flag that says what holds anyway; any other value of it is lost.
    pub(crate) fn expect_flag(&mut self, key: &str, held: bool, losses: &mut Vec<Loss>) -> Result<()> {
        if self.flag(key)?.is_some_and(|flag| flag != held) {
            losses.push(Loss::unknown(self.path(key), key));
        }
        Ok(())
    }

    /// The items of an array, each with its path; empty when absent. One object is an array of one: Google's own
    /// examples are written so.
    pub(crate) fn items(&mut self, key: &str) -> Result<Vec<(String, Value)>> {
        match self.take(key) {
            None => Ok(Vec::new()),
            Some(Value::Array(items)) => Ok(numbered(&self.path(key), items)),
            Some(only @ Value::Object(_)) => Ok(vec![(self.path(key), only)]),
            Some(other) => Err(self.wrong(key, "an array", &other)),
        }
    }

    pub(crate) fn object(&mut self, key: &str) -> Result<Option<Self>> {
        let path = self.path(key);
        self.take(key).map(|value| Self::of(value, path)).transpose()
    }

    /// Ends the reading: what is left is lost.
    pub(crate) fn end(self, losses: &mut Vec<Loss>) {
        for (key, value) in &self.map {
            if !is_empty(value) {
                losses.push(Loss::unknown(self.path(key), key));
            }
        }
    }

    /// Ends the reading of an envelope: what is left beside what is said cannot change it.
    pub(crate) fn end_noted(self, losses: &mut Vec<Loss>) {
        for (key, _) in self.map.iter().filter(|(_, value)| !is_empty(value)) {
            losses.push(Loss::note(self.path(key), "has no place in the neutral form"));
        }
    }

    /// The kind of a tool that tells none: its first field, where it has neither a field of the `plain` kind nor a name.
    pub(crate) fn untyped_kind(&self, plain: &str) -> String {
        let is_plain = self.has(plain) || self.has("name");
        let first = self.map.keys().next().filter(|_| !is_plain);
        first.map_or(plain, String::as_str).to_owned()
    }

    /// What is left, for those who keep it.
    pub(crate) fn rest(self) -> Map<String, Value> {
        self.map
    }

    fn wrong(&self, key: &str, expected: &str, found: &Value) -> DecodeError {
        DecodeError::new(self.path(key), format!("expected {expected}, found {}", kind(found)))
    }
}

/// Array items with their paths.
pub(crate) fn numbered(path: &str, items: Vec<Value>) -> Vec<(String, Value)> {
    items.into_iter().enumerate().map(|(index, item)| (format!("{path}[{index}]"), item)).collect()
}

/// Nothing is lost with a field that says nothing.
fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
        _ => false,
    }
}

/// What a value is, in words.
pub(crate) fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

/// Arguments of a tool call: the object that the text is, else the text as it stands.
pub(crate) fn arguments(text: &str) -> Value {
    if text.trim().is_empty() {
        return Value::Object(Map::new());
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(map)) => Value::Object(map),
        Ok(Value::Null) => Value::Object(Map::new()),
        // Written out twice.
        Ok(Value::String(inner)) => match serde_json::from_str(&inner) {
            Ok(Value::Object(map)) => Value::Object(map),
            _ => Value::String(text.to_owned()),
        },
        _ => Value::String(text.to_owned()),
    }
}

/// The text of a tool call's arguments.
pub(crate) fn arguments_text(arguments: &Value) -> String {
    match arguments {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
