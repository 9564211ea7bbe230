//! JSON Schemas of the files users write, for editors and for the documentation.

use schemars::schema_for;
use serde_json::Value;

/// The schema of every file users write, with the name it is stored under in `docs/schemas/`.
pub fn schemas() -> Vec<(&'static str, Value)> {
    vec![
        ("sweep.json", schema_for!(crate::Sweep).to_value()),
        ("model.json", schema_for!(crate::Model).to_value()),
        ("harness.json", schema_for!(crate::Harness).to_value()),
        ("task.json", schema_for!(crate::task::TaskFile).to_value()),
        ("hypotheses.json", schema_for!(vocabulary::Hypotheses).to_value()),
        ("claims-file.json", schema_for!(vocabulary::Claims).to_value()),
    ]
}
