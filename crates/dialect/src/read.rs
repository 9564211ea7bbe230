//! A body read with bounds: how many values it may hold, and which of its fields hold a key twice.

use std::{cell::Cell, collections::HashSet};

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use crate::fields::DecodeError;

/// Most values in a body: a value takes a hundred times the room of the two bytes that it may be written in. The
/// longest conversations have some ten thousand.
pub const MOST_VALUES: usize = 250_000;

/// Most fields of a body. No dialect has half as many.
const MOST_FIELDS: usize = 256;

/// A body, read.
#[derive(Clone, Debug, PartialEq)]
pub struct Body {
    /// Its value. Of a key that is given twice, the last one.
    pub value: Value,
    /// Its fields in which some object has a key twice: another reader may take the first one.
    pub doubled: Vec<String>,
}

/// Reads a body.
///
/// # Errors
/// When it is no JSON object, or holds more than [`MOST_VALUES`] values, 256 fields or 127 levels.
pub fn read(bytes: &[u8]) -> Result<Body, DecodeError> {
    let (values, is_doubled) = (Cell::new(0), Cell::new(false));
    let node = Node { values: &values, is_doubled: &is_doubled };
    let mut reader = serde_json::Deserializer::from_slice(bytes);
    let read = Root(node).deserialize(&mut reader).and_then(|body| reader.end().map(|()| body));
    read.map_err(|error| DecodeError::new("", error.to_string()))
}

/// The most values that a body can hold, told without reading it: it has one more than it has separators.
pub fn most_values(bytes: &[u8]) -> usize {
    let (mut values, mut in_string, mut is_escaped) = (1, false, false);
    for byte in bytes {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if in_string => is_escaped = true,
            b'"' => in_string = !in_string,
            b',' | b'[' | b'{' if !in_string => values += 1,
            _ => {}
        }
    }
    values
}

/// Reads one value, and counts it.
#[derive(Clone, Copy)]
struct Node<'a> {
    values: &'a Cell<usize>,
    is_doubled: &'a Cell<bool>,
}

impl<'de> DeserializeSeed<'de> for Node<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.values.set(self.values.get() + 1);
        if self.values.get() > MOST_VALUES {
            return Err(D::Error::custom(format!("more than {MOST_VALUES} values")));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Node<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut all = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            all.push(item);
        }
        Ok(Value::Array(all))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value, A::Error> {
        let mut all = Map::new();
        while let Some(key) = fields.next_key::<String>()? {
            let value = fields.next_value_seed(self)?;
            if all.insert(key, value).is_some() {
                self.is_doubled.set(true);
            }
        }
        Ok(Value::Object(all))
    }
}

/// Reads a whole body.
struct Root<'a>(Node<'a>);

impl<'de> DeserializeSeed<'de> for Root<'_> {
    type Value = Body;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Body, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Root<'_> {
    type Value = Body;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Body, A::Error> {
        let (mut given, mut doubled) = (Vec::new(), Vec::new());
        while let Some(key) = fields.next_key::<String>()? {
            if given.len() == MOST_FIELDS {
                return Err(A::Error::custom(format!("more than {MOST_FIELDS} fields")));
            }
            let value = fields.next_value_seed(self.0)?;
            if self.0.is_doubled.replace(false) {
                doubled.push(key.clone());
            }
            given.push((key, value));
        }
        // In the order in which they were given last: of two spellings of one name, too, the last one counts.
        let (mut seen, mut last) = (HashSet::new(), Vec::new());
        while let Some((key, value)) = given.pop() {
            if seen.insert(key.clone()) {
                last.push((key, value));
            }
        }
        Ok(Body { value: Value::Object(last.into_iter().rev().collect()), doubled })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_is_read_is_what_any_reader_reads() {
        let body = r#"{"a":[1,-2,1.5,1e400,"x\u00e9",null,true,{}],"b":18446744073709551616,"c":{"d":[]}}"#;
        // Two readers differ in what a number beyond all floats is: that is refused.
        assert!(read(body.as_bytes()).is_err());
        let body = body.replace("1e400", "1e40");
        let value: Value = serde_json::from_str(&body).unwrap();
        assert_eq!(read(body.as_bytes()).unwrap(), Body { value, doubled: vec![] });
        for body in ["", "[]", "1", "{", "{} {}", "\"x\"", "{\"a\":1,}"] {
            assert!(read(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn fields_with_a_key_twice_in_them_are_named() {
        let body = br#"{"a":[{"k":1,"l":2}],"b":[{"x":{"k":1,"\u006b":2}}],"c":{"k":1},"d":{"k":[],"k":[]}}"#;
        let Body { value, doubled } = read(body).unwrap();
        assert_eq!(doubled, ["b", "d"]);
        assert_eq!(value["b"][0]["x"]["k"], 2);
    }

    #[test]
    fn of_a_field_given_twice_the_last_place_counts() {
        let Body { value, .. } = read(br#"{"a":1,"b":2,"a":3}"#).unwrap();
        assert_eq!(value.to_string(), r#"{"b":2,"a":3}"#);
    }

    #[test]
    fn fields_values_and_levels_are_bounded() {
        let fields = |count: usize| {
            let fields: Vec<String> = (0..count).map(|number| format!("\"f{number}\":0")).collect();
            format!("{{{}}}", fields.join(","))
        };
        assert!(read(fields(MOST_FIELDS).as_bytes()).is_ok());
        assert!(read(fields(MOST_FIELDS + 1).as_bytes()).is_err());
        let many = |values: usize| format!("{{\"m\":[{}]}}", vec!["[]"; values].join(","));
        assert!(read(many(MOST_VALUES - 1).as_bytes()).is_ok());
        let error = read(many(MOST_VALUES).as_bytes()).unwrap_err();
        assert!(error.to_string().contains("more than 250000 values"), "{error}");
        let deep = format!("{{\"m\":{}{}}}", "[".repeat(200_000), "]".repeat(200_000));
        assert!(read(deep.as_bytes()).is_err());
    }

    fn json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-1e300f64..1e300).prop_map(Value::from),
            ".{0,8}".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::vec((".{0,4}", inner), 0..6)
                    .prop_map(|fields| Value::Object(fields.into_iter().collect())),
            ]
        })
    }

    /// Values of a body, the body left out.
    fn values(value: &Value) -> usize {
        let within: usize = match value {
            Value::Array(items) => items.iter().map(values).sum(),
            Value::Object(map) => map.values().map(values).sum(),
            _ => 0,
        };
        1 + within
    }

    proptest! {
        #[test]
        fn no_body_holds_more_values_than_it_can(value in json()) {
            prop_assert!(most_values(value.to_string().as_bytes()) >= values(&value));
        }

        #[test]
        fn any_object_is_read_as_it_is(value in json()) {
            let body = serde_json::json!({"m": value});
            prop_assert_eq!(read(body.to_string().as_bytes()).unwrap(), Body { value: body, doubled: vec![] });
        }
    }
}
