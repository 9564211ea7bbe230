//! The schemas in `docs/schemas/` are those of the types.

use std::path::Path;

#[test]
fn are_up_to_date() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schemas");
    for (name, schema) in spec::schemas() {
        let file = folder.join(name);
        let text = format!("{}\n", serde_json::to_string_pretty(&schema).unwrap());
        if std::env::var_os("OVERHANG_WRITE_SCHEMAS").is_some() {
            fs_err::create_dir_all(&folder).unwrap();
            fs_err::write(&file, &text).unwrap();
        }
        let stored = fs_err::read_to_string(&file).unwrap_or_default();
        assert!(stored == text, "{name} is out of date: OVERHANG_WRITE_SCHEMAS=1 cargo test -p spec schemas");
    }
}

#[test]
fn every_key_is_described() {
    for (name, schema) in spec::schemas() {
        let definitions = schema["$defs"].as_object().unwrap().iter();
        for (table, definition) in definitions.chain([(&name.to_owned(), &schema)]) {
            for (key, value) in definition["properties"].as_object().into_iter().flatten() {
                assert!(value.get("description").is_some(), "{name}: {table}.{key}");
            }
        }
    }
}
