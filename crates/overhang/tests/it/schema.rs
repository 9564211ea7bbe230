//! What commands print for programs is what `docs/schemas/` says.

use std::path::Path;

use boon::{Compiler, Schemas};
use serde_json::Value;

use crate::{
    lab::{Lab, text},
    records,
};

/// Why a value is not what the schema of this name says.
fn problem(name: &str, value: &Value) -> Option<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../docs/schemas/{name}.json"));
    let schema = serde_json::from_slice(&fs_err::read(file).unwrap()).unwrap();
    let (mut schemas, mut compiler) = (Schemas::new(), Compiler::new());
    compiler.add_resource("schema.json", schema).unwrap();
    let place = compiler.compile("schema.json", &mut schemas).unwrap();
    schemas.validate(value, place).err().map(|error| error.to_string())
}

/// What a command printed, after it was held against the schema of this name.
pub(crate) fn document(name: &str, printed: &[u8]) -> Value {
    let value: Value =
        serde_json::from_slice(printed).unwrap_or_else(|error| panic!("{name}: {error}: {}", text(printed)));
    assert_eq!(problem(name, &value), None, "{name}: {value:#}");
    assert_eq!(value["version"], 1, "{name}");
    value
}

fn printed(lab: &Lab, name: &str, arguments: &[&str]) -> Value {
    let output = lab.overhang(arguments).env("XDG_CACHE_HOME", lab.root()).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
    document(name, &output.stdout)
}

#[test]
fn of_a_run() {
    let lab = records::lab();
    let mut report = printed(&lab, "report", &["report", "run", "--format", "json"]);
    assert_eq!(report["gaps"][0]["estimate"]["estimate"], 1.0);
    // Each field is asked for: one that is gone is noticed.
    report.as_object_mut().unwrap().remove("arms");
    assert!(problem("report", &report).is_some());

    let difference = printed(&lab, "diff", &["diff", "run", "run", "--format", "json"]);
    assert_eq!(difference["arms"][1]["verdict"], "no-detectable-difference");
    let comparison = printed(&lab, "compare", &["compare", "run", "--format", "json"]);
    assert_eq!(comparison["subjects"].as_array().unwrap().len(), 2);
    let status = printed(&lab, "status", &["status", "run", "--json"]);
    assert_eq!((&status["ended"], &status["outcomes"]["PASS"]), (&4.into(), &2.into()));

    let audited = records::audited();
    let mut audit = printed(&audited, "audit", &["audit", "run", "--json"]);
    assert_eq!(audit["trials"].as_array().unwrap().len(), 4);
    audit["trials"][0]["checks"][0]["state"] = "maybe".into();
    assert!(problem("audit", &audit).is_some());

    let shown = printed(&lab, "show", &["show", "run", "--json"]);
    assert_eq!(shown["trials"].as_array().unwrap().len(), 4);
    let trial = printed(&lab, "show-trial", &["show", "run", "robot/specific:fix", "--json"]);
    assert_eq!(trial["trial"]["commands"][0], "cat notes.txt");
    assert_eq!(trial["pair"]["arm"], "bare/generic");
    assert_eq!(trial["changes"][0]["path"], "workspace/notes.txt");
    let call = printed(&lab, "show-call", &["show", "run", "robot/specific:fix", "--call", "1"]);
    assert_eq!(call["request"], serde_json::json!({"model": "m"}));
}

#[test]
fn of_a_project() {
    let lab = Lab::new();
    lab.sweep("expert", &["bare/generic", "claude-code/specific"], "tasks/words/*", 400_000, "");
    let plan = printed(&lab, "plan", &["plan", "sweep.toml", "--json"]);
    assert_eq!((&plan["digest"], &plan["harnesses"][0]["pack"]), (&Value::Null, &Value::Null));
    assert_eq!(plan["forecast"]["gaps"], 1);

    lab.edit("tasks/words/count/task.toml", "memory_mb = 512", "gpus = 1");
    let tasks = printed(&lab, "task-list", &["task", "list", "--json"]);
    let state = |id: &str| {
        let mut tasks = tasks["tasks"].as_array().unwrap().iter();
        tasks.find(|task| task["id"] == id).map(|task| task["state"].clone())
    };
    assert_eq!(state("words/count"), Some("refused".into()));
    assert_eq!(state("words/greet"), Some("runs".into()));

    let harnesses = printed(&lab, "harness-list", &["harness", "list", "--json"]);
    assert_eq!(harnesses["harnesses"][0]["name"], "bare");
    lab.edit("harnesses/puppet/harness.toml", "homepage", "homepag");
    let output = lab.overhang(&["harness", "list", "--json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let harnesses = document("harness-list", &output.stdout);
    let puppet = harnesses["harnesses"].as_array().unwrap().iter().find(|one| one["name"] == "puppet");
    assert!(puppet.unwrap()["error"].as_str().unwrap().contains("harness.toml"), "{puppet:?}");
}

#[test]
fn of_a_machine_without_an_engine() {
    let lab = Lab::new();
    let mut command = lab.overhang(&["doctor", "--json"]);
    let output = command.env("DOCKER_HOST", "unix:///nonexistent/docker.sock").output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let looked = document("doctor", &output.stdout);
    assert_eq!(looked["ready"], false);
    let bad = |line: &&Value| line["state"] == "bad";
    assert_eq!(looked["lines"].as_array().unwrap().iter().filter(bad).count(), 1, "{looked:#}");
}
