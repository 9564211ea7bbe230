//! A throw-away project to make mistakes in.

use std::path::{Path, PathBuf};

use spec::{FileError, Project};
use tempfile::TempDir;

pub(crate) const SWEEP: &str = r#"name = "demo"
models = ["sim"]
arms = ["bare/generic", "robot/specific"]
tasks = ["tasks/*/*"]
attempts = 2

[budget]
tokens = 400_000
"#;

pub(crate) const SIM: &str = r#"id = "sim"
vendor = "overhang"
weights = "open"

[sim]
skill = { default = 0.5 }

[limits]
context = 200_000
output = 8_000

[prompts]
specific = "prompts/sim.md"
"#;

pub(crate) const REAL: &str = r#"id = "real"
vendor = "Somebody"
weights = "closed"

[endpoint]
dialect = "openai-chat"
base_url = "https://api.example.com"
key_env = "SOMEBODY_API_KEY"
model = "real-1"

[limits]
context = 200_000
output = 8_000
"#;

pub(crate) const HARNESS: &str = r#"name = "robot"
version = "1.2.3"
homepage = "https://example.com"
licence = "MIT"
maker = "Somebody"
dialects = ["openai-chat"]
prompt = "appended"

[pack]
build = "true"
complete = ["bin/robot"]
smoke = ["{{ pack }}/bin/robot", "--version"]

[run]
command = ["{{ pack }}/bin/robot"]
"#;

pub(crate) const TASK: &str = r#"schema_version = "1.4"

[environment]
network_mode = "no-network"
"#;

/// A project that is right in every file.
pub(crate) struct Sketch {
    dir: TempDir,
}

impl Sketch {
    pub(crate) fn new() -> Self {
        let sketch = Self::empty();
        sketch
            .write("sweeps/demo.toml", SWEEP)
            .write("models/sim.toml", SIM)
            .write("models/prompts/generic.md", "Work with care.\n")
            .write("models/prompts/sim.md", "Work as you do best.\n")
            .write("harnesses/robot/harness.toml", HARNESS);
        sketch.task("tasks/fix/one", TASK);
        sketch.task("tasks/port/two", TASK);
        sketch
    }

    pub(crate) fn empty() -> Self {
        Self { dir: TempDir::new().unwrap() }
    }

    pub(crate) fn root(&self) -> &Path {
        self.dir.path()
    }

    pub(crate) fn write(&self, path: &str, text: &str) -> &Self {
        let path = self.root().join(path);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
        self
    }

    pub(crate) fn remove(&self, path: &str) -> &Self {
        fs_err::remove_file(self.root().join(path)).unwrap();
        self
    }

    pub(crate) fn task(&self, dir: &str, toml: &str) -> &Self {
        self.write(&format!("{dir}/task.toml"), toml)
            .write(&format!("{dir}/instruction.md"), "<!-- canary 1 -->\n\nMend it.\n")
            .write(&format!("{dir}/environment/Dockerfile"), "FROM base\n")
            .write(&format!("{dir}/tests/test.sh"), "#!/bin/sh\n")
            .write(&format!("{dir}/solution/solve.sh"), "#!/bin/sh\n")
    }

    pub(crate) fn project(&self) -> Project {
        Project::find(self.root()).unwrap()
    }

    /// What a person reads, with the place of this project left out.
    pub(crate) fn rendered(&self, error: &FileError) -> String {
        error.render(false).replace(&format!("{}/", self.root().display()), "")
    }

    /// What a person reads when the sweep is resolved with its text changed.
    pub(crate) fn resolved(&self, sweep: &str) -> String {
        self.write("sweeps/demo.toml", sweep);
        match self.project().load(&self.root().join("sweeps/demo.toml"), &no_env, &nowhere) {
            Ok(resolved) => format!("fine: {:#?}\n", resolved.notes),
            Err(errors) => errors.iter().map(|error| self.rendered(error)).collect::<Vec<_>>().join("\n"),
        }
    }
}

pub(crate) fn no_env(_: &str) -> Option<String> {
    None
}

/// There is no place for generated tasks.
pub(crate) fn nowhere(task: &generate::Task) -> std::io::Result<PathBuf> {
    Err(std::io::Error::other(format!("{} is put nowhere", task.recipe.id())))
}
