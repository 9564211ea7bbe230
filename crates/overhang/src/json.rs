//! What commands print for programs: one JSON object each, with the version of its field names and a schema in
//! docs/schemas.

use schemars::JsonSchema;
use serde::Serialize;
use vocabulary::text::harmless_json;

use crate::failure::Failure;

/// What one command prints.
pub(crate) trait Document: Serialize + JsonSchema {
    /// Version of the field names. One that goes, or means something else, raises it; a new one does not.
    const VERSION: u32 = 1;
}

/// A document with its version before it.
#[derive(Serialize, JsonSchema)]
struct Versioned<T> {
    /// Version of these field names.
    version: u32,
    #[serde(flatten)]
    document: T,
}

/// Prints a document.
pub(crate) fn print<D: Document>(document: D) -> Result<(), Failure> {
    let versioned = Versioned { version: D::VERSION, document };
    let text = serde_json::to_string_pretty(&versioned).map_err(Failure::other)?;
    outln!("{}", harmless_json(&text));
    Ok(())
}

/// The schema of a document as it is printed.
#[cfg(test)]
pub(crate) fn schema<D: Document>() -> serde_json::Value {
    let (mut schema, of_document) = (schemars::schema_for!(Versioned<D>), schemars::schema_for!(D));
    for key in ["title", "description"] {
        schema.insert(key.to_owned(), of_document.get(key).cloned().unwrap_or_default());
    }
    schema.to_value()
}
