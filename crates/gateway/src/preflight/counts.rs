//! The names of counts in a usage object, and of the output limit in a request.

use serde_json::Value;

/// The places of all whole numbers in a usage object, with dots between keys.
pub(super) fn fields(usage: &Value) -> Vec<String> {
    let mut found = Vec::new();
    walk(usage, "", &mut found);
    found
}

/// The places of those counts that tell of a cache.
pub(super) fn of_cache(usage: &Value) -> Vec<String> {
    let told = |name: &String| name.to_lowercase().contains("cache");
    fields(usage).into_iter().filter(told).collect()
}

fn walk(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                walk(value, &path, found);
            }
        }
        Value::Number(number) if number.is_u64() => found.push(path.to_owned()),
        _ => {}
    }
}

/// The field that tells the output limit.
pub(super) fn limit_field(body: &Value) -> String {
    let names = ["max_completion_tokens", "max_output_tokens", "max_tokens"];
    let there = names.into_iter().find(|name| body.get(name).is_some());
    there.unwrap_or("generationConfig.maxOutputTokens").to_owned()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn counts_are_found_wherever_they_stand() {
        let usage = json!({"prompt_tokens": 12, "cost": 0.5, "prompt_tokens_details": {"cached_tokens": 0},
            "service": "default", "completion_tokens": 3, "details": null});
        assert_eq!(
            fields(&usage),
            ["prompt_tokens", "prompt_tokens_details.cached_tokens", "completion_tokens"]
        );
        assert_eq!(of_cache(&usage), ["prompt_tokens_details.cached_tokens"]);
    }
}
