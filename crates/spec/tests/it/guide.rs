//! The examples of the guide make a project that works.

use std::path::Path;

use crate::kit::{Sketch, no_env, nowhere};

#[test]
fn its_examples_are_read() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides/files.md");
    let guide = fs_err::read_to_string(guide).unwrap();
    let sketch = Sketch::empty();
    let mut names = Vec::new();
    for block in guide.split("```toml\n").skip(1) {
        let text = block.split("```").next().unwrap();
        let name = text.lines().next().unwrap().trim_start_matches("# ");
        match name.strip_suffix("/task.toml") {
            Some(dir) => sketch.task(dir, text),
            None => sketch.write(name, text),
        };
        names.push(name);
    }
    assert_eq!(names.len(), 5, "{names:?}");
    sketch.write("models/prompts/generic.md", "Work.\n").write("models/prompts/small.md", "Work well.\n");

    let sweep = sketch.root().join("sweeps/first.toml");
    let resolved = sketch.project().load(&sweep, &no_env, &nowhere).unwrap();
    assert_eq!(resolved.tasks[0].id, "fix/greeting");
    assert_eq!(resolved.notes, [] as [&str; 0]);
    spec::model::load(&sketch.root().join("models/rehearsal.toml")).unwrap();
}

/// Each place of the guide to endpoints is a profile that is read without a word against it.
#[test]
fn its_places_are_profiles() {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guides/endpoints.md");
    let guide = fs_err::read_to_string(guide).unwrap();
    let sketch = Sketch::empty();
    let mut kinds = Vec::new();
    for block in guide.split("```toml\n").skip(1) {
        let text = block.split("```").next().unwrap();
        let name = text.lines().next().unwrap().trim_start_matches("# ");
        sketch.write(name, text);
        let model = spec::model::load(&sketch.root().join(name));
        let model = model.unwrap_or_else(|error| panic!("{}", error.render(false)));
        kinds.push(format!("{:?}", model.endpoint.unwrap().kind()));
    }
    let expected = [
        "OpenaiCompatible",
        "OpenaiCompatible",
        "AzureOpenai",
        "AzureOpenai",
        "Bedrock",
        "BedrockConverse",
        "Vertex",
    ];
    assert_eq!(kinds, expected);
}
