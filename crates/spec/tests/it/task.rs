//! Tasks in Harbor's format, of any version.

use std::os::unix::fs::PermissionsExt;

use spec::{
    Task,
    task::{ImageSource, VerifierMode, load},
};

use crate::kit::{Sketch, no_env};

fn read(sketch: &Sketch) -> Task {
    load(&sketch.root().join("tasks/fix/one"), &no_env).unwrap()
}

#[test]
fn a_task_that_says_nothing_gets_harbors_defaults() {
    let sketch = Sketch::new();
    sketch.task("tasks/fix/one", "");
    let task = read(&sketch);
    assert_eq!((task.id.as_str(), task.family.as_str()), ("fix/one", "fix"));
    assert_eq!(task.instruction, "Mend it.\n");
    assert_eq!(task.verifier.mode, VerifierMode::Shared);
    assert_eq!((task.verifier.timeout_sec, task.environment.build_timeout_sec), (600.0, 600.0));
    assert_eq!(task.agent_timeout_sec, None);
    assert_eq!(task.environment.image, ImageSource::Build(sketch.root().join("tasks/fix/one/environment")));
    assert!(!task.environment.network && !task.keep_processes() && !task.git_history());
}

#[test]
fn keys_of_older_formats_are_folded_in() {
    let sketch = Sketch::new();
    let text =
        "version = \"1.0\"\n[environment]\nmemory = \"2G\"\nstorage = \"10G\"\nallow_internet = true\n";
    sketch.task("tasks/fix/one", text);
    let environment = read(&sketch).environment;
    assert_eq!((environment.memory_mb, environment.storage_mb), (Some(2048), Some(10240)));
    assert!(environment.network);
}

#[test]
fn a_ready_image_goes_before_the_dockerfile() {
    let sketch = Sketch::new();
    sketch.task("tasks/fix/one", "[environment]\ndocker_image = \"base:1\"\n");
    assert_eq!(read(&sketch).environment.image, ImageSource::Named("base:1".into()));
}

#[test]
fn tests_with_a_dockerfile_are_graded_apart() {
    let sketch = Sketch::new();
    sketch.task("tasks/fix/one", "").remove("tasks/fix/one/tests/test.sh");
    sketch.write("tasks/fix/one/tests/Dockerfile", "FROM base\n");
    let verifier = read(&sketch).verifier;
    assert_eq!(verifier.mode, VerifierMode::Separate);
    assert_eq!(verifier.image, Some(ImageSource::Build(sketch.root().join("tasks/fix/one/tests"))));
}

#[test]
fn environment_values_come_from_the_host() {
    let sketch = Sketch::new();
    let text = "[environment.env]\nA = \"${A}\"\nB = \"${B:-b}\"\nC = \"c\"\n[verifier.env]\nA = \"${A}\"\n";
    sketch.task("tasks/fix/one", text);
    let host = |name: &str| (name == "A").then(|| "host".to_owned());
    let task = load(&sketch.root().join("tasks/fix/one"), &host).unwrap();
    assert_eq!(task.environment.env.values().collect::<Vec<_>>(), ["host", "b", "c"]);
    assert_eq!(task.verifier.env["A"], "host");
}

#[test]
fn every_known_key_is_read() {
    let sketch = Sketch::new();
    let text = r#"
schema_version = "1.4"
source = "somewhere"
artifacts = ["/out", { source = "/log", destination = "log" }]

[task]
name = "overhang/one"
version = "2"
description = "Mend it."
authors = [{ name = "A", email = "a@example.com" }]
keywords = ["c"]

[metadata]
family = "mend"
keep_processes = true
git_history = true
anything = { at = ["all", 1, 2.5, true, 2026-01-02] }

[agent]
timeout_sec = 90.5
user = 1000
network_mode = "no-network"
allowed_hosts = []

[verifier]
timeout_sec = 60
user = "tester"
environment_mode = "separate"
environment = { docker_image = "tests:1" }
network_mode = "no-network"

[environment]
build_timeout_sec = 30
os = "linux"
cpus = 2
memory_mb = 512
storage_mb = 1024
gpus = 0
workdir = "/w"
network_mode = "no-network"

[solution.env]
A = "1"
"#;
    sketch.task("tasks/fix/one", text);
    let task = read(&sketch);
    assert_eq!(task.id, "mend/one");
    assert_eq!(task.artifacts, ["/out", "/log"]);
    assert_eq!(task.agent_user.as_deref(), Some("1000"));
    assert_eq!(task.verifier.user.as_deref(), Some("tester"));
    assert_eq!(task.verifier.image, Some(ImageSource::Named("tests:1".into())));
    assert!(task.keep_processes() && task.git_history());
    assert_eq!(task.environment.workdir.as_deref(), Some("/w"));
    assert_eq!(task.solution_env["A"], "1");
}

#[test]
fn the_digest_follows_names_contents_and_bits_alone() {
    let sketch = Sketch::new();
    let script = sketch.root().join("tasks/fix/one/solution/solve.sh");
    let first = read(&sketch).digest;
    assert_eq!(first.len(), 64);

    sketch.write("tasks/fix/one/solution/solve.sh", "#!/bin/sh\n");
    assert_eq!(read(&sketch).digest, first, "the same bytes again");
    sketch.write("tasks/fix/one/.git/HEAD", "x");
    assert_eq!(read(&sketch).digest, first, "git's own files");

    let mut seen = vec![first];
    let mut differs = |what: &str| {
        let digest = read(&sketch).digest;
        assert!(!seen.contains(&digest), "{what}");
        seen.push(digest);
    };
    sketch.write("tasks/fix/one/solution/solve.sh", "#!/bin/bash\n");
    differs("content");
    std::fs::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    differs("execute bit");
    std::fs::rename(&script, script.with_file_name("other.sh")).unwrap();
    differs("name");
    std::os::unix::fs::symlink("other.sh", &script).unwrap();
    differs("link");
}
