//! Numbers: finite, and within the bounds a schema states.

use serde_json::Value;
use toml::de::DeValue;

/// Says, as the end of a sentence, what is wrong with a number.
pub(super) fn check(value: &DeValue<'_>, schema: &Value) -> Result<(), String> {
    let Some(number) = read(value) else { return Err("does not fit a number of 64 bits".to_owned()) };
    if !number.is_finite() {
        return Err("must be finite".to_owned());
    }
    let bound = |name: &str| schema.get(name).and_then(Value::as_f64);
    if let Some(least) = bound("exclusiveMinimum").filter(|least| number <= *least) {
        return Err(format!("must be more than {least}"));
    }
    if let Some(least) = bound("minimum").filter(|least| number < *least) {
        return Err(format!("must be at least {least}"));
    }
    let most = match schema.get("format").and_then(Value::as_str) {
        Some("uint32") => Some(f64::from(u32::MAX)),
        // What TOML itself can hold.
        Some("uint64") => Some(i64::MAX as f64),
        _ => None,
    };
    match bound("maximum").or(most).filter(|most| number > *most) {
        Some(most) => Err(format!("must be at most {most}")),
        None => Ok(()),
    }
}

fn read(value: &DeValue<'_>) -> Option<f64> {
    match value {
        DeValue::Integer(integer) => {
            i64::from_str_radix(integer.as_str(), integer.radix()).ok().map(|integer| integer as f64)
        }
        DeValue::Float(float) => float.as_str().parse().ok(),
        _ => None,
    }
}
