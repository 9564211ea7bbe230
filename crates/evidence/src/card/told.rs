//! What is known, or why it is not.

use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{DeserializeOwned, Error},
};
use serde_json::Value;

/// A value, or the reason why there is none: `{"missing": "…"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum Told<T> {
    /// There is none.
    Missing(Missing),
    /// It is known.
    Known(T),
}

/// Why there is no value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Missing {
    /// The reason.
    pub missing: String,
}

/// Only an object with the one key `missing` is a reason: an untagged enum would take a list of one text for it.
impl<'de, T: DeserializeOwned> Deserialize<'de> for Told<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        let is_reason =
            value.as_object().is_some_and(|fields| fields.len() == 1 && fields.contains_key("missing"));
        let read = if is_reason {
            serde_json::from_value(value).map(Self::Missing)
        } else {
            serde_json::from_value(value).map(Self::Known)
        };
        read.map_err(D::Error::custom)
    }
}

impl<T> Told<T> {
    /// None, for this reason.
    pub fn missing(reason: impl Into<String>) -> Self {
        Self::Missing(Missing { missing: reason.into() })
    }

    /// The value if there is one, else the reason.
    pub fn or(value: Option<T>, reason: &str) -> Self {
        value.map_or_else(|| Self::missing(reason), Self::Known)
    }

    /// The value, where it is known.
    pub fn known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Missing(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_one_text_is_no_reason() {
        let list: Told<Vec<String>> = serde_json::from_str(r#"["ann@example.org"]"#).unwrap();
        assert_eq!(list, Told::Known(vec!["ann@example.org".to_owned()]));
        let text = serde_json::to_string(&list).unwrap();
        assert_eq!(serde_json::from_str::<Told<Vec<String>>>(&text).unwrap(), list);
        let none: Told<Vec<String>> = serde_json::from_str(r#"{"missing":"why"}"#).unwrap();
        assert_eq!(none, Told::missing("why"));
        assert!(serde_json::from_str::<Told<String>>(r#"{"missing":"why","more":1}"#).is_err());
    }
}
