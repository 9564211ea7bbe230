//! JSON Schemas of the files, for editors, for the documentation, and for [`crate::check`].

use schemars::JsonSchema;
use serde_json::Value;

/// The schema of one type.
pub(crate) fn of<T: JsonSchema>() -> Value {
    schemars::schema_for!(T).to_value()
}

/// The schema of every file users write, with the name it is stored under in `docs/schemas/`.
pub fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        ("sweep.json", of::<crate::Sweep>()),
        ("model.json", of::<crate::Model>()),
        ("harness.json", of::<crate::Harness>()),
        ("task.json", of::<crate::task::TaskFile>()),
    ]
}
