//! Tasks in Harbor's format, of any version.

use std::{collections::BTreeMap, os::unix::fs::PermissionsExt};

use spec::{
    Task,
    task::{Reach, VerifierMode, load},
};

use spec::host::Host;

use crate::kit::{SWEEP, Sketch, TASK, no_env, nowhere};
use vocabulary::{Attack, ImageSource};

fn read(sketch: &Sketch) -> Task {
    load(&sketch.root().join("tasks/fix/one"), &Host::of(&no_env)).unwrap()
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
    assert_eq!(
        task.environment.image,
        ImageSource::built_in(sketch.root().join("tasks/fix/one/environment"))
    );
    assert_eq!((&task.environment.network, &task.verifier.network), (&None, &None));
    assert!(!task.keep_processes() && !task.git_history());
}

#[test]
fn keys_of_older_formats_are_folded_in() {
    let sketch = Sketch::new();
    let text =
        "version = \"1.0\"\n[environment]\nmemory = \"2G\"\nstorage = \"10G\"\nallow_internet = true\n";
    sketch.task("tasks/fix/one", text);
    let environment = read(&sketch).environment;
    assert_eq!((environment.memory_mb, environment.storage_mb), (Some(2048), Some(10240)));
    assert_eq!(environment.network, Some(Reach::Everything));
}

#[test]
fn a_ready_image_goes_before_the_dockerfile() {
    let sketch = Sketch::new();
    sketch.task("tasks/fix/one", "[environment]\ndocker_image = \"base:1\"\n");
    assert_eq!(read(&sketch).environment.image, ImageSource::Named("base:1".into()));
}

/// Only what its file says decides where a task is graded, never what lies in the tests' folder.
#[test]
fn where_a_task_is_graded_is_what_its_file_says() {
    let sketch = Sketch::new();
    sketch.write("tasks/fix/one/tests/Dockerfile", "FROM base\n");
    let built = Some(ImageSource::built_in(sketch.root().join("tasks/fix/one/tests")));
    let named = Some(ImageSource::Named("tests:1".into()));
    let env = "[environment]\nworkdir = \"/w\"\nenv = { A = \"a\" }\n";
    let own = "[verifier.environment]\nenv = { B = \"b\" }\n";
    let separate = "[verifier]\nenvironment_mode = \"separate\"\n";
    for (text, mode, image, workdir, names) in [
        ("", VerifierMode::Shared, None, Some("/w"), "A"),
        ("[verifier]\nenvironment_mode = \"shared\"\n", VerifierMode::Shared, None, Some("/w"), "A"),
        (separate, VerifierMode::Separate, built.clone(), Some("/w"), "A"),
        (own, VerifierMode::Separate, built.clone(), None, "B"),
        ("[verifier.environment]\ndocker_image = \"tests:1\"\n", VerifierMode::Separate, named, None, ""),
    ] {
        sketch.task("tasks/fix/one", &format!("{env}{text}"));
        let verifier = read(&sketch).verifier;
        let found: Vec<String> = verifier.environment_env.into_keys().collect();
        let workdir = workdir.map(str::to_owned);
        assert_eq!(
            (verifier.mode, verifier.image, verifier.workdir, found.join(" ")),
            (mode, image, workdir, names.to_owned()),
            "{text}"
        );
    }
    sketch.task("tasks/fix/one", separate).remove("tasks/fix/one/tests/test.sh");
    read(&sketch);
    sketch.task("tasks/fix/one", "").remove("tasks/fix/one/tests/test.sh");
    let error = load(&sketch.root().join("tasks/fix/one"), &Host::of(&no_env)).unwrap_err();
    assert!(error.problems[0].message.starts_with("the task has no tests"), "{error}");
}

#[test]
fn a_key_that_is_not_known_changes_nothing_unless_it_may_be_a_slip() {
    let sketch = Sketch::new();
    let text = "workstream = \"x\"\n[[sources]]\nurl = \"y\"\n[task]\ntitle = \"a/b\"\nformat = 2\n[agent]\npersona = \"z\"\n[environment]\ntype = \"k8s\"\n";
    sketch.task("tasks/fix/one", text);
    let task = read(&sketch);
    assert_eq!(
        task.unknown,
        ["agent.persona", "environment.type", "sources", "task.format", "task.title", "workstream"]
    );
    for (text, key) in [
        ("[agent]\ntimeout = 9\n", "agent.timeout"),
        ("[verifier]\nusr = \"root\"\n", "verifier.usr"),
        ("[environment]\nallow_internett = true\n", "environment.allow_internett"),
        ("artefacts = [\"/x\"]\n", "artefacts"),
        ("[metadata]\nkeep_process = true\n", "metadata.keep_process"),
        ("[metadata]\nset-uid = true\n", "metadata.set-uid"),
        ("[environment.healthcheck]\ncommand = \"true\"\nretires = 1\n", "environment.healthcheck.retires"),
    ] {
        sketch.task("tasks/fix/one", text);
        let error = load(&sketch.root().join("tasks/fix/one"), &Host::of(&no_env)).unwrap_err();
        assert_eq!(error.problems[0].message, format!("unknown key `{key}`"));
        assert!(error.problems[0].help.as_ref().unwrap().starts_with("did you mean"), "{error}");
    }
}

#[test]
fn environment_values_come_from_the_host() {
    let sketch = Sketch::new();
    let text = "[environment.env]\nA = \"${A}\"\nB = \"${B:-b}\"\nC = \"c\"\n[verifier.env]\nA = \"${A}\"\n";
    sketch.task("tasks/fix/one", text);
    let host = |name: &str| (name == "A").then(|| "host".to_owned());
    let task = load(&sketch.root().join("tasks/fix/one"), &Host::of(&host)).unwrap();
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
falls_to = { git-dig = "The history is the task." }
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
    let marks = BTreeMap::from([(Attack::GitDig, "The history is the task.".to_owned())]);
    assert_eq!(task.falls_to(), marks);
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
    fs_err::set_permissions(&script, std::fs::Permissions::from_mode(0o755)).unwrap();
    differs("execute bit");
    fs_err::rename(&script, script.with_file_name("other.sh")).unwrap();
    differs("name");
    std::os::unix::fs::symlink("other.sh", &script).unwrap();
    differs("link");
}

#[test]
fn steps_say_what_differs_from_the_whole_task() {
    let sketch = Sketch::new();
    let text = r#"
artifacts = ["/out"]
[agent]
timeout_sec = 90
user = "clerk"
[verifier]
environment_mode = "separate"
env = { A = "a" }
[[verifier.collect]]
command = "save"
[[steps]]
name = "one"
min_reward = 0.5
[[steps]]
name = "two"
min_reward = { style = 1 }
artifacts = ["/more"]
agent = { user = "root" }
verifier = { timeout_sec = 9, env = { B = "b" }, collect = [{ command = "more", user = "clerk" }] }
healthcheck = { command = "true", retries = 1 }
"#;
    sketch.task("tasks/fix/one", text);
    for step in ["one", "two"] {
        sketch.write(&format!("tasks/fix/one/steps/{step}/instruction.md"), "# canary 1\nStep.\n");
    }
    sketch.write("tasks/fix/one/steps/two/solution/solve.sh", "");
    sketch.write("tasks/fix/one/steps/two/tests/test.sh", "").write("tasks/fix/one/steps/two/workdir/a", "");
    let task = read(&sketch);
    let [one, two] = task.parts() else { panic!("{:?}", task.steps) };
    assert_eq!((one.instruction.as_str(), one.tests.len(), two.tests.len()), ("Step.\n", 1, 2));
    assert_eq!((one.agent_user.as_deref(), two.agent_user.as_deref()), (Some("clerk"), Some("root")));
    assert_eq!((one.agent_timeout_sec, two.agent_timeout_sec), (Some(90.0), Some(90.0)));
    assert_eq!((one.verifier.timeout_sec, two.verifier.timeout_sec), (600.0, 9.0));
    assert_eq!(two.verifier.env.keys().collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!(two.verifier.mode, VerifierMode::Separate);
    let hooks =
        |step: &Task| step.verifier.collect.iter().map(|hook| hook.command.clone()).collect::<Vec<_>>();
    assert_eq!(
        (hooks(one), hooks(two)),
        (vec!["save".to_owned()], vec!["save".to_owned(), "more".to_owned()])
    );
    assert_eq!((one.artifacts.len(), two.artifacts.len()), (1, 2));
    assert_eq!((one.min_reward["reward"], two.min_reward["style"]), (0.5, 1.0));
    assert!(one.upload.is_none() && two.upload.is_some());
    assert!(one.solution.ends_with("fix/one/solution") && two.solution.ends_with("steps/two/solution"));
    let check = two.healthcheck.as_ref().unwrap();
    assert_eq!((check.interval_sec, check.timeout_sec, check.start_interval_sec), (5.0, 30.0, 5.0));
}

#[test]
fn what_an_import_found_is_known_of_its_tasks() {
    let sketch = Sketch::new();
    sketch.task("tasks/fix/one", "");
    let digest = read(&sketch).digest;
    let import = |verdict: &str| {
        let text = format!(
            "source = \"there\"\n[tasks.one]\ndigest = \"{digest}\"\nverdict = \"{verdict}\"\nwhy = \"it scores 0\"\n"
        );
        sketch.write("tasks/fix/import.toml", &text);
    };
    import("valid");
    assert_eq!(read(&sketch).void, None);
    import("invalid");
    assert_eq!(read(&sketch).void.as_deref(), Some("it scores 0"));
    let text = format!(
        "source = \"there\"\n[decisions]\ncap_rewards = true\nbecause = \"x\"\n[tasks.one]\ndigest = \"{digest}\"\n\
         verdict = \"valid\"\nfound = {{ network = true, keep_processes = true, because = \"y\" }}\n\
         decisions = {{ keep_processes = false, because = \"z\" }}\n"
    );
    sketch.write("tasks/fix/import.toml", &text);
    let task = read(&sketch);
    assert_eq!(
        (&task.environment.network, &task.verifier.network),
        (&Some(Reach::Everything), &Some(Reach::Everything))
    );
    assert!(task.cap_rewards && !task.keep_processes() && task.void.is_none());
    assert_eq!(task.decided, " network=true cap_rewards=true keep_processes=false");
    let said = sketch.resolved(SWEEP);
    assert!(said.contains("imported with the network, and the sweep gives none"), "{said}");
    sketch.write("tasks/fix/one/instruction.md", "Other words.\n");
    let error = load(&sketch.root().join("tasks/fix/one"), &Host::of(&no_env)).unwrap_err();
    assert_eq!(error.problems[0].key, "tasks.one.digest");
}

#[test]
fn nothing_leads_out_of_a_task() {
    let sketch = Sketch::new();
    sketch.task("tasks/fix/one", "").remove("tasks/fix/one/solution/solve.sh");
    let dir = sketch.root().join("tasks/fix/one");
    fs_err::remove_dir(dir.join("solution")).unwrap();
    std::os::unix::fs::symlink("../../port/two/solution", dir.join("solution")).unwrap();
    let error = load(&dir, &Host::of(&no_env)).unwrap_err();
    assert_eq!(error.problems[0].message, "`solution` leads out of the task's directory");
}

#[test]
fn no_secret_of_this_machine_fills_a_task() {
    let sketch = Sketch::new();
    // A profile that no sweep uses, and that is wrong besides, names a variable that nobody would take for a key.
    sketch.write("models/other.toml", "id = 7\n[endpoint]\nkey_env = \"SOME_PHRASE\"\n");
    let asks = |name: &str| {
        let text = format!(
            "[environment]\nnetwork_mode = \"no-network\"\n[environment.env]\nA = \"${{{name}:-none}}\"\n\
             [verifier.env]\nB = \"${{{name}:-none}}\"\n[solution.env]\nC = \"${{{name}:-none}}\"\n"
        );
        sketch.task("tasks/fix/one", &text);
    };
    const CANARY: &str = "canary of this machine";
    let variable = |name: &str| match name {
        "SOME_PHRASE" | "SOMEBODY_API_KEY" | "GH_TOKEN" | "LANG" => Some(CANARY.to_owned()),
        "ADDRESS" => Some(format!("https://me:{CANARY}@example.com")),
        _ => None,
    };
    let load = |sweep: &str| {
        sketch.write("sweeps/demo.toml", sweep);
        sketch.project().load(&sketch.root().join("sweeps/demo.toml"), &variable, &nowhere).unwrap()
    };
    for name in ["SOME_PHRASE", "SOMEBODY_API_KEY", "GH_TOKEN", "ADDRESS", "LANG"] {
        asks(name);
        // The same phrase under a name that says nothing is the key, too.
        let resolved = load(SWEEP);
        assert!(!format!("{:?}", resolved.tasks).contains(CANARY), "{name}");
        let note = resolved.notes.iter().find(|note| note.contains(name)).unwrap();
        assert!(note.contains("`fix/one` asks for this machine's") && note.contains("pass_env"), "{note}");
        let listed = load(&format!("pass_env = [\"{name}\"]\n{SWEEP}"));
        let task = &listed.tasks[0];
        let values = [&task.environment.env["A"], &task.verifier.env["B"], &task.solution_env["C"]];
        assert!(values.iter().all(|value| value.contains(CANARY)), "{name}: {values:?}");
        assert!(listed.notes.iter().any(|note| note.contains(&format!("{name}: it is given"))), "{name}");
    }
}

#[test]
fn a_withheld_variable_without_a_default_says_how_to_give_it() {
    let sketch = Sketch::new();
    sketch.task("tasks/fix/one", "[environment.env]\nA = \"${GH_TOKEN}\"\n");
    let set = |_: &str| Some("anything".to_owned());
    let error = load(&sketch.root().join("tasks/fix/one"), &Host::of(&set)).unwrap_err();
    let problem = &error.problems[0];
    assert_eq!(problem.message, "the variable `GH_TOKEN` is not given to a task: it has a secret's name");
    assert!(problem.help.as_ref().unwrap().contains("`--pass-env GH_TOKEN`"), "{problem:?}");
}

#[test]
fn paths_that_go_up_and_names_that_move_the_cursor_are_the_files_fault() {
    let sketch = Sketch::new();
    for (key, text) in [
        ("artifacts[1]", "artifacts = [\"/a..b\", \"/app/../etc\"]\n"),
        ("artifacts[0]", "[[artifacts]]\nsource = \"/x/..\"\n"),
        ("environment.workdir", "[environment]\nworkdir = \"/app/../etc\"\n"),
        ("metadata.writable[0]", "[metadata]\nwritable = [\"/home/../etc\"]\n"),
    ] {
        sketch.task("tasks/fix/one", text);
        let error = load(&sketch.root().join("tasks/fix/one"), &Host::of(&no_env)).unwrap_err();
        assert_eq!(error.problems[0].message, format!("`{key}` goes up with `..`"), "{text}");
    }
    for name in ["o\u{1b}]0;x\u{7}", "o\nPASS", "o\u{202e}e"] {
        let dir = format!("tasks/fix/{name}");
        sketch.task(&dir, TASK);
        let error = load(&sketch.root().join(&dir), &Host::of(&no_env)).unwrap_err();
        let said = error.render(false);
        assert!(said.contains("cannot be shown on one line") && said.lines().count() <= 3, "{said}");
        assert!(said.chars().all(vocabulary::text::is_harmless), "{said}");
    }
}
