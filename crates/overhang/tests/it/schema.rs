//! Checks a value against a JSON Schema of the kind our types give, and nothing beyond: a keyword that is not known
//! here stops the test, so that none is passed over.

use serde_json::{Map, Value};

/// What is wrong, with its place; empty when nothing is.
pub(crate) fn problems(root: &Value, value: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(root, root, value, "", &mut found);
    found
}

fn check(root: &Value, schema: &Value, value: &Value, place: &str, found: &mut Vec<String>) {
    let Some(schema) = schema.as_object() else {
        assert_eq!(schema, &Value::Bool(true), "{place}: {schema}");
        return;
    };
    for (keyword, wanted) in schema {
        let holds = match keyword.as_str() {
            "$schema" | "title" | "description" | "format" | "default" | "$defs" => true,
            "$ref" => {
                let pointer = wanted.as_str().unwrap().trim_start_matches('#');
                check(root, root.pointer(pointer).unwrap(), value, place, found);
                true
            }
            "type" => types(wanted).iter().any(|name| is(name, value)),
            "const" => wanted == value,
            "enum" => wanted.as_array().unwrap().contains(value),
            "minimum" => value.as_f64().is_none_or(|number| number >= wanted.as_f64().unwrap()),
            "maximum" => value.as_f64().is_none_or(|number| number <= wanted.as_f64().unwrap()),
            "anyOf" | "oneOf" => wanted.as_array().unwrap().iter().any(|one| {
                let mut inside = Vec::new();
                check(root, one, value, place, &mut inside);
                inside.is_empty()
            }),
            "required" => value.as_object().is_none_or(|object| {
                wanted.as_array().unwrap().iter().all(|key| object.contains_key(key.as_str().unwrap()))
            }),
            "properties" => {
                each(wanted.as_object().unwrap(), value, place, &mut |schema, inner, place| {
                    check(root, schema, inner, place, found);
                });
                true
            }
            "additionalProperties" => {
                others(schema, value, place, &mut |inner, place| match wanted {
                    Value::Bool(false) => found.push(format!("{place} is unknown")),
                    wanted => check(root, wanted, inner, place, found),
                });
                true
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    check(root, wanted, item, &format!("{place}/{index}"), found);
                }
                true
            }
            "uniqueItems" => true,
            other => panic!("{place}: the keyword `{other}` is not checked"),
        };
        if !holds {
            found.push(format!("{place}: {value} is not of {keyword} {wanted}"));
        }
    }
}

fn types(wanted: &Value) -> Vec<&str> {
    match wanted {
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        name => name.as_str().into_iter().collect(),
    }
}

fn is(name: &str, value: &Value) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no type is called `{other}`"),
    }
}

fn each(
    properties: &Map<String, Value>,
    value: &Value,
    place: &str,
    then: &mut dyn FnMut(&Value, &Value, &str),
) {
    for (key, schema) in properties {
        if let Some(inner) = value.get(key) {
            then(schema, inner, &format!("{place}/{key}"));
        }
    }
}

fn others(schema: &Map<String, Value>, value: &Value, place: &str, then: &mut dyn FnMut(&Value, &str)) {
    let known = schema.get("properties").and_then(Value::as_object);
    for (key, inner) in value.as_object().into_iter().flatten() {
        if !known.is_some_and(|known| known.contains_key(key)) {
            then(inner, &format!("{place}/{key}"));
        }
    }
}

#[test]
fn what_does_not_fit_is_told_with_its_place() {
    let schema = serde_json::json!({
        "type": "object", "required": ["a"], "properties": {"a": {"$ref": "#/$defs/A"}}, "additionalProperties": false,
        "$defs": {"A": {"type": ["integer", "null"], "minimum": 0}},
    });
    for fine in ["{\"a\": 1}", "{\"a\": null}"] {
        assert_eq!(problems(&schema, &serde_json::from_str(fine).unwrap()), [""; 0], "{fine}");
    }
    for wrong in ["{}", "{\"a\": -1}", "{\"a\": \"1\"}", "{\"a\": 1, \"b\": 1}", "[]"] {
        assert_ne!(problems(&schema, &serde_json::from_str(wrong).unwrap()), [""; 0], "{wrong}");
    }
}
