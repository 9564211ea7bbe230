//! Records of a newer program, read as far as this one knows them.

use serde_json::{Map, Value};

use crate::plan::Plan;

/// Takes out of a plan's JSON every key that this version does not know, so that it can be read as a [`Plan`].
pub(crate) fn keep_what_is_known(plan: &mut Value) {
    let schema = schemars::schema_for!(Plan).to_value();
    keep(plan, &schema, &schema);
}

fn keep(value: &mut Value, schema: &Value, root: &Value) {
    let reference = schema.get("$ref").and_then(Value::as_str).and_then(|name| name.strip_prefix('#'));
    if let Some(target) = reference.and_then(|place| root.pointer(place)) {
        return keep(value, target, root);
    }
    match value {
        Value::Array(items) => {
            let Some(schema) = schema.get("items") else { return };
            items.iter_mut().for_each(|item| keep(item, schema, root));
        }
        Value::Object(entries) => {
            let known = schema.get("properties").and_then(Value::as_object);
            match schema.get("additionalProperties") {
                Some(Value::Bool(false)) => {
                    entries.retain(|key, _| known.is_some_and(|known| known.contains_key(key)))
                }
                Some(others) => each(entries, known, others, root),
                None => {}
            }
            for (key, schema) in known.into_iter().flatten() {
                if let Some(entry) = entries.get_mut(key) {
                    keep(entry, schema, root);
                }
            }
        }
        _ => {}
    }
}

/// Entries of a map, whose keys are not those of a record.
fn each(entries: &mut Map<String, Value>, known: Option<&Map<String, Value>>, schema: &Value, root: &Value) {
    for (key, entry) in entries {
        if !known.is_some_and(|known| known.contains_key(key)) {
            keep(entry, schema, root);
        }
    }
}
