//! Tasks of the older format, converted.

use std::{collections::BTreeMap, path::Path};

use spec::{
    host::Host,
    imports::Verdict,
    older::{self, Content},
    task::load,
};

use crate::kit::{Sketch, no_env};

const TASK: &str = "instruction: |-\n  Count the lines.\ndifficulty: easy\ntags: [text, counting]\nmax_agent_timeout_sec: 90.0\n\
                    parser_name: pytest\n";

const COMPOSE: &str = "services:\n  client:\n    build:\n      dockerfile: Dockerfile\n    image: ${T_BENCH_TASK_DOCKER_CLIENT_IMAGE_NAME}\n\
                       \x20   container_name: c\n    command: [sh, -c, sleep infinity]\n    environment:\n      - TEST_DIR=${T_BENCH_TEST_DIR}\n\
                       \x20     - GREETING=hello\n    working_dir: /data\n    volumes:\n      - ${T_BENCH_TASK_LOGS_PATH}:${T_BENCH_CONTAINER_LOGS_PATH}\n";

fn task(compose: &str) -> Sketch {
    let sketch = Sketch::new();
    for (file, text) in [
        ("task.yaml", TASK),
        ("docker-compose.yaml", compose),
        ("Dockerfile", "FROM base\nCOPY data.txt /data/\nCOPY tests/seen.txt /data/"),
        ("data.txt", "one\n"),
        ("nested/data.txt", "two\n"),
        ("run-tests.sh", "#!/bin/bash\npytest $TEST_DIR/test_outputs.py"),
        ("solution.sh", "wc -l data.txt\n"),
        ("tests/test_outputs.py", "pass\n"),
        ("tests/seen.txt", "seen\n"),
    ] {
        sketch.write(&format!("older/{file}"), text);
    }
    sketch
}

/// Writes what was converted, and gives each file's text by path.
fn written(sketch: &Sketch) -> BTreeMap<String, String> {
    let files = older::converted(&sketch.root().join("older")).unwrap();
    let mut texts = BTreeMap::new();
    for file in files {
        let text = match file.content {
            Content::Text(text) => text,
            Content::Of(path) => fs_err::read_to_string(path).unwrap(),
        };
        let path = file.path.display().to_string();
        sketch.write(&format!("tasks/fix/converted/{path}"), &text);
        texts.insert(path, text);
    }
    texts
}

#[test]
fn an_older_task_has_its_files_where_harbors_command_puts_them() {
    let sketch = task(COMPOSE);
    let texts = written(&sketch);
    let names: Vec<&str> = texts.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [
            "environment/Dockerfile",
            "environment/data.txt",
            "environment/nested/data.txt",
            "environment/tests/seen.txt",
            "environment/tests/test_outputs.py",
            "instruction.md",
            "solution/solve.sh",
            "task.toml",
            "tests/seen.txt",
            "tests/test.sh",
            "tests/test_outputs.py",
        ]
    );
    assert!(
        texts["environment/Dockerfile"].ends_with(
            "COPY tests/seen.txt /data/\nENV TEST_DIR=/tests\nENV GREETING=hello\nWORKDIR /data\n"
        )
    );
    assert!(texts["tests/test.sh"].starts_with("#!/bin/bash\n(\n:\npytest /tests/test_outputs.py\n)\n"));
    assert!(texts["tests/test.sh"].contains("echo 1 > /logs/verifier/reward.txt"));
    let read = load(&sketch.root().join("tasks/fix/converted"), &Host::of(&no_env)).unwrap();
    assert_eq!((read.agent_timeout_sec, read.verifier.timeout_sec), (Some(90.0), 60.0));
    assert_eq!(
        (read.instruction.as_str(), read.metadata["difficulty"].as_str()),
        ("Count the lines.\n", Some("easy"))
    );
    assert!(read.has_solution());
}

#[test]
fn tests_that_end_themselves_have_a_reward_too() {
    for (script, reward) in [
        ("#!/bin/bash\ntrue", "1"),
        ("false", "0"),
        ("#!/bin/bash\nexit 0\n", "1"),
        ("exit 3\n", "0"),
        ("#!/bin/bash\nset -e\nfalse\necho passed\n", "0"),
        ("trap 'echo over' EXIT\nexit 0\n", "1"),
        ("#!/bin/bash\n# nothing", "1"),
    ] {
        let sketch = task(COMPOSE);
        sketch.write("older/run-tests.sh", script);
        let logs = sketch.root().join("logs");
        fs_err::create_dir(&logs).unwrap();
        let converted =
            written(&sketch)["tests/test.sh"].replace("/logs/verifier", &logs.display().to_string());
        sketch.write("test.sh", &converted);
        let ended = std::process::Command::new("bash").arg(sketch.root().join("test.sh")).output().unwrap();
        assert_eq!(ended.status.success(), reward == "1", "{script:?}");
        assert_eq!(fs_err::read_to_string(logs.join("reward.txt")).unwrap().trim(), reward, "{script:?}");
    }
}

#[test]
fn a_dockerfile_finds_the_scripts_that_it_copies() {
    let sketch = task(COMPOSE);
    sketch.write("older/Dockerfile", "FROM base\nCOPY ./run-tests.sh /app/\nADD solution.sh /app/\n");
    let texts = written(&sketch);
    let environment = |name: &&String| name.starts_with("environment/") && name.ends_with(".sh");
    let scripts: Vec<&String> = texts.keys().filter(environment).collect();
    assert_eq!(scripts, ["environment/run-tests.sh", "environment/solution.sh"]);
    assert!(texts["environment/run-tests.sh"].ends_with("pytest $TEST_DIR/test_outputs.py"));
}

#[test]
fn what_a_dockerfile_cannot_say_stays_in_a_compose_file() {
    let sketch =
        task("services:\n  client:\n    build: .\n    cap_add: [SYS_PTRACE]\n  db:\n    image: postgres\n");
    let compose = &written(&sketch)["environment/docker-compose.yaml"];
    let main = serde_json::json!({"build": {"context": "${CONTEXT_DIR}"}, "cap_add": ["SYS_PTRACE"]});
    let wanted = serde_json::json!({"services": {"main": main, "db": {"image": "postgres"}}});
    assert_eq!(serde_json::from_str::<serde_json::Value>(compose).unwrap(), wanted);
}

#[test]
fn a_task_that_cannot_be_converted_says_why() {
    let why = |change: &dyn Fn(&Path)| {
        let sketch = task(COMPOSE);
        let dir = sketch.root().join("older");
        change(&dir);
        let error = older::converted(&dir).unwrap_err();
        (error.verdict(), error.to_string())
    };
    let remove = |file: &'static str| move |dir: &Path| fs_err::remove_file(dir.join(file)).unwrap();
    let write = |file: &'static str, text: &'static str| {
        move |dir: &Path| fs_err::write(dir.join(file), text).unwrap()
    };
    assert_eq!(why(&write("solution.yaml", "")).0, Verdict::Refused);
    assert!(why(&remove("run-tests.sh")).1.starts_with("run-tests.sh: "));
    assert_eq!(why(&write("task.yaml", "difficulty: easy\n")).1, "task.yaml: there is no `instruction`");
    assert_eq!(
        why(&write("docker-compose.yaml", "services: {}\n")).1,
        "docker-compose.yaml: there is no service"
    );
    assert!(
        why(&write("docker-compose.yaml", "services: [\n"))
            .1
            .starts_with("docker-compose.yaml:1: not valid YAML")
    );
    let outside = why(&write("docker-compose.yaml", "services:\n  client:\n    build: ../other\n"));
    assert_eq!(
        outside,
        (Verdict::Broken, "docker-compose.yaml: the context `../other` leads out of the task".to_owned())
    );
}
