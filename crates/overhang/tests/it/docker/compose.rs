//! Compose files of other people's tasks, played. Harbor 0.25 with Docker Compose 2.26 gave nine of these eleven the same:
//! it puts several documents together, and gives a task up of which a service has ended that nothing waits for.

use crate::lab::{Lab, text};

const VALID: &str = "valid";

/// Name, compose file, what its tests ask, and what becomes of it.
const TASKS: [(&str, &str, &str, &str); 11] = [
    (
        "scalars",
        "services:\n  main:\n    environment:\n      MODE: 0644\n      FLAG: yes\n      SIZE: 1e3\n      VERSION: 1.10\n      \
         DOLLARS: $ $5 $$\n",
        "[ \"$MODE $FLAG $SIZE $VERSION $DOLLARS\" = '420 yes 1000 1.1 $ $5 $' ]",
        VALID,
    ),
    (
        "unset",
        "services:\n  main:\n    environment:\n      NOBODY_HAS_IT:\n",
        "[ -z \"${NOBODY_HAS_IT+x}\" ]",
        VALID,
    ),
    ("empty", "", "[ -e /app/done ]", VALID),
    ("nothing", "services:\n  main:\n", "[ -e /app/done ]", VALID),
    (
        "talks",
        "services:\n  main:\n    depends_on: { web: { condition: service_healthy } }\n  web:\n    image: overhang/base:1\n    \
         command: python3 -m http.server 8000\n    healthcheck:\n      \
         test: [CMD, bash, -c, 'echo > /dev/tcp/127.0.0.1/8000']\n      interval: 1s\n",
        "echo > /dev/tcp/web/8000",
        VALID,
    ),
    (
        "names",
        "services:\n  main: {}\n  names:\n    image: overhang/base:1\n    expose: [53/udp]\n    command:\n      - python3\n      \
         - -c\n      - 'import socket, time; a = socket.socket(type=socket.SOCK_DGRAM); a.bind((str(), 53)); time.sleep(300)'\n",
        "true",
        VALID,
    ),
    ("once", "services:\n  main: {}\n  once: { image: 'overhang/base:1', command: 'true' }\n", "true", VALID),
    (
        "unchecked",
        "services:\n  main:\n    depends_on: { db: { condition: service_healthy } }\n  \
         db: { image: 'overhang/base:1', command: sleep 300 }\n",
        "true",
        "void\n  its solution has no verdict, TASK_SETUP: the service `db` has no health check",
    ),
    (
        "nobody",
        "services: { main: {} }\n",
        "true",
        "void\n  its solution has no verdict, TASK_SETUP: the tests' user: there is no user `nobody-here`",
    ),
    (
        "number",
        "services:\n  main: {}\n  db:\n    image: overhang/base:1\n    user: 0\n    command: sleep 300\n",
        "true",
        "broken\n  `environment/docker-compose.yaml:5`: `services.db.user`: it is to be a text",
    ),
    (
        "documents",
        "services:\n  main:\n    environment: { A: 1 }\n---\nservices:\n  main:\n    environment: { B: 2 }\n",
        "true",
        "refused\n  `environment/docker-compose.yaml:4`: the file goes on after `---`",
    ),
];

#[test]
fn what_becomes_of_compose_files_is_what_becomes_of_them_in_harbor() {
    let lab = Lab::new();
    for (name, compose, check, _) in TASKS {
        let at = |file: &str| format!("theirs/{name}/{file}");
        let user = if name == "nobody" { "user = \"nobody-here\"\n" } else { "" };
        let toml = format!(
            "version = \"1.0\"\n[verifier]\ntimeout_sec = 60\n{user}[environment]\nallow_internet = false\n"
        );
        lab.write(&at("task.toml"), &toml)
            .write(&at("instruction.md"), "Do it.\n")
            .write(&at("environment/Dockerfile"), "FROM overhang/base:1\nWORKDIR /app\n")
            .write(&at("environment/docker-compose.yaml"), compose)
            .write(&at("solution/solve.sh"), "echo done > /app/done\n")
            .write(
                &at("tests/test.sh"),
                &format!(
                    "#!/bin/bash\nif {check}; then echo 1; else echo 0; fi > /logs/verifier/reward.txt\n"
                ),
            );
    }
    let output = lab.overhang(&["task", "import", "theirs", "--family", "theirs"]).output().unwrap();
    let said = text(&output.stdout);
    for (name, .., verdict) in TASKS {
        let told = said.contains(&format!("{name}: {verdict}"));
        let is_valid = verdict == VALID && !said.contains(&format!("{name}: "));
        assert!(told || is_valid, "{name}: {said}");
    }
    assert!(said.contains("1 broken, 1 refused, 7 valid, 2 void"), "{said}");
}
