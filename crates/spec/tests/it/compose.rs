//! Compose files of tasks: what they say of the agent's own container.

use spec::{
    FileError, Kind, Task,
    host::Host,
    task::{Reach, VerifierMode, load},
};
use vocabulary::ImageSource;

use crate::kit::{Sketch, no_env};

/// The one that older versions of Harbor wrote beside every task.
const USUAL: &str = r#"
services:
  main:
    build:
      context: ${CONTEXT_DIR}
    image: ${MAIN_IMAGE_NAME}
    command: ["sh", "-c", "sleep infinity"]
    environment:
      - TEST_DIR=${TEST_DIR}
      - LOGS=${ENV_VERIFIER_LOGS_PATH}/x
      - COLOUR=${COLOUR:-blue}$$
    volumes:
      - ${HOST_VERIFIER_LOGS_PATH}:${ENV_VERIFIER_LOGS_PATH}
      - ${HOST_AGENT_LOGS_PATH}:${ENV_AGENT_LOGS_PATH}
    deploy:
      resources:
        limits:
          cpus: ${CPUS}
          memory: ${MEMORY}
    network_mode: "none"
"#;

/// A task with this compose file, and what is read of it. `more` adds files.
pub(crate) fn read(compose: &str, toml: &str, more: impl Fn(&Sketch)) -> (Sketch, Result<Task, FileError>) {
    let sketch = Sketch::new();
    sketch.task("tasks/fix/one", toml);
    more(&sketch);
    sketch.write("tasks/fix/one/environment/docker-compose.yaml", compose);
    let task = load(&sketch.root().join("tasks/fix/one"), &Host::of(&no_env));
    (sketch, task)
}

#[test]
fn what_is_said_of_main_alone_is_carried_out() {
    let (sketch, task) = read(USUAL, "[environment]\nallow_internet = true\ncpus = 2\n", |_| ());
    let environment = task.unwrap().environment;
    let folder = sketch.root().join("tasks/fix/one/environment");
    assert_eq!(environment.image, ImageSource::built_in(folder));
    assert_eq!((environment.network, environment.cpus), (Some(Reach::Nothing), Some(2.0)));
    let env: Vec<String> = environment.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
    assert_eq!(env, ["COLOUR=blue$", "LOGS=/logs/verifier/x", "TEST_DIR="]);
}

#[test]
fn a_context_may_be_the_whole_task() {
    let compose = "services:\n  main:\n    build:\n      context: ${CONTEXT_DIR}/..\n      dockerfile: ${CONTEXT_DIR}/Dockerfile\n\
                   \x20   working_dir: /w\n    deploy: { resources: { limits: { cpus: '1.5', memory: 2G } } }\n";
    let (sketch, task) =
        read(compose, "[environment.env]\nA = \"a\"\n[environment]\nmemory_mb = 512\n", |_| ());
    let environment = task.unwrap().environment;
    let context = sketch.root().join("tasks/fix/one");
    assert_eq!(
        environment.image,
        ImageSource::Build { context, dockerfile: "environment/Dockerfile".into() }
    );
    assert_eq!((environment.cpus, environment.memory_mb), (Some(1.5), Some(2048)));
    assert_eq!((environment.workdir.as_deref(), environment.network), (Some("/w"), None));
}

#[test]
fn what_leads_out_of_the_container_is_refused_by_name() {
    for (compose, key) in [
        ("services: { main: { privileged: true } }", "services.main.privileged"),
        (
            "services: { main: { volumes: ['/var/run/docker.sock:/var/run/docker.sock'] } }",
            "services.main.volumes",
        ),
        ("services: { main: { network_mode: host } }", "services.main.network_mode"),
        ("services: { main: { command: ./serve } }", "services.main.command"),
        ("services: { main: { build: ../../two } }", "services.main.build"),
        ("services: { main: { build: { context: ., args: { A: 1 } } } }", "services.main.build.args"),
        ("services: { main: {} }\nvolumes: { data: { external: true } }", "volumes.data.external"),
        ("services: { main: { user: nobody } }", "services.main.user"),
        ("services: { main: {}, a: { image: a, hostname: Main } }", "services.a"),
        ("services: { main: {} }\nsecrets: { key: }", "secrets"),
        ("services: { main: { networks: [n] } }\nnetworks: { n: { internal: true } }", "networks.n.internal"),
        ("services: { main: { volumes: ['/run/docker.sock:/logs/docker.sock'] } }", "services.main.volumes"),
        ("services: { main: { volumes: ['./seed:/logstash/seed'] } }", "services.main.volumes"),
        ("services: { main: { environment: { A: '${B:?must}' } } }", "${B:?must}"),
        ("services: { main: { environment: { A: '${B:+other}' } } }", "${B:+other}"),
        ("services: { main: { environment: { A: '${B:-${C}}' } } }", "${B:-${C}}"),
    ] {
        let error = read(compose, "", |_| ()).1.unwrap_err();
        let [problem] = &*error.problems else { panic!("{compose}: {error}") };
        let said = format!("`: `{key}` is not supported");
        assert!(problem.message.starts_with("`environment/docker-compose.yaml:"), "{compose}: {error}");
        assert!(problem.message.contains(&said), "{compose}: {error}");
        assert_eq!(problem.kind, Kind::Unsupported);
    }
    let error = read("services: [", "", |_| ()).1.unwrap_err();
    assert_eq!(error.problems[0].kind, Kind::Wrong);
}

/// `docker compose config` 2.26 refuses each of them.
#[test]
fn what_compose_refuses_is_wrong_and_has_its_line() {
    for (service, said) in [
        ("environments: { A: 1 }", "`services.db.environments`: unknown key (did you mean `environment`?)"),
        ("environment: { A: [1] }", "`services.db.environment.A`: it is to be a text, a number"),
        ("environment: 5", "`services.db.environment`: it is to be a map"),
        ("environment: [5]", "`services.db.environment`: it is to be a text, and is none without quotes"),
        ("environment: { 1: a }", "a key is a text"),
        ("environment: { A: 1, A: 2 }", "the key `A` stands twice"),
        ("environment: { A: 2001-01-01 }", "write it in quotes"),
        ("command: { a: b }", "`services.db.command`: it is to be a list"),
        ("command: [0644]", "write it in quotes"),
        ("command: a \"b", "a quote is not closed"),
        ("user: 1000", "`services.db.user`: it is to be a text"),
        ("hostname: 0755", "`services.db.hostname`: it is to be a text"),
        ("restart: false", "`services.db.restart`: it is to be a text"),
        ("volumes: data:/data", "`services.db.volumes`: it is to be a list"),
        ("cap_add: CHOWN", "`services.db.cap_add`: it is to be a list"),
        ("privileged: maybe", "it is to be `true` or `false`"),
        ("cpus: many", "it is no number of CPUs"),
        ("deploy: { resources: { limits: { cpus: 2, memory: 5 } } }", "limits.memory`: it is to be a text"),
        ("depends_on: [main, main]", "`main` stands twice"),
        ("ports: ['abc']", "`abc` is no port of a container"),
        ("expose: { a: 1 }", "it is to be a list of ports"),
        ("init: maybe", "it is to be `true` or `false`"),
        ("stop_grace_period: 5s5", "it is no time"),
        ("mem_limit: 5x", "it is no size"),
        ("depends_on: main", "`services.db.depends_on`: it is to be a list"),
        ("depends_on: { main: }", "`services.db.depends_on.main`: it is to be a map"),
        ("depends_on: { main: {} }", "it wants a `condition`"),
        ("healthcheck: { test: x, interval: 5 }", "`services.db.healthcheck.interval`: it is to be a text"),
        ("healthcheck: { test: x, interval: 1d }", "it is no time"),
        ("healthcheck: { test: x, retries: -1 }", "it is no count"),
        ("healthcheck: { test: [x] }", "a check has a command"),
        ("deploy: { resources: { limits: } }", "`services.db.deploy.resources.limits`: it is to be a map"),
    ] {
        let compose = format!("services:\n  main: {{}}\n  db:\n    image: db:1\n    {service}\n");
        let error = read(&compose, "", |_| ()).1.unwrap_err();
        assert!(error.to_string().contains(said), "{service}: {error}");
        assert!(error.to_string().contains("environment/docker-compose.yaml:5`"), "{service}: {error}");
        assert_eq!(error.problems[0].kind, Kind::Wrong, "{service}");
    }
    for (compose, said) in [
        ("services:", "`services`: it is to be a map"),
        ("services: [main]", "`services`: it is to be a map"),
        (
            "services: { main: { cpus: 1, deploy: { resources: { limits: { cpus: 2 } } } } }",
            "another limit is said beside it",
        ),
        ("services: { main: { environment: { A: '${B' } } }", "`${B`: nothing closes the brace"),
        ("services: { main: [] }", "`services.main`: it is to be a map"),
        ("services: { 'a b': { image: a } }", "`services.a b`: a name has letters"),
        (
            "services: { main: { networks: [n] } }",
            "`networks.n`: the file does not declare it (name it below `networks:`",
        ),
        ("services: { a: { image: a, volumes: ['v:/v'] } }", "`volumes.v`: the file does not declare it"),
        (
            "services: { main: {} }\n---\nservices: { main: {} }\n",
            "docker-compose.yaml:2`: the file goes on after `---`",
        ),
        ("service: { main: {} }", "did you mean `services`?"),
    ] {
        let error = read(compose, "", |_| ()).1.unwrap_err();
        assert!(error.to_string().contains(said), "{compose}: {error}");
    }
}

#[test]
fn values_are_what_compose_makes_of_them() {
    let compose = "services:\n  main:\n    environment:\n      MODE: 0644\n      FLAG: yes\n      TRUTH: True\n      \
                   SIZE: 1e3\n      VERSION: 1.10\n      QUOTED: '0644'\n      UNSET:\n      DOLLARS: $ $5 $$\n      \
                   EMPTY: ${UNSET:-a}\n";
    let task = read(compose, "", |_| ()).1.unwrap();
    let env: Vec<String> =
        task.environment.env.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let made = [
        "DOLLARS=$ $5 $",
        "EMPTY=a",
        "FLAG=yes",
        "MODE=420",
        "QUOTED=0644",
        "SIZE=1000",
        "TRUTH=true",
        "VERSION=1.1",
    ];
    assert_eq!(env, made);
}

#[test]
fn a_file_without_network_leaves_no_way_to_hosts() {
    let compose = "services:\n  main:\n    network_mode: none\n";
    let toml = "[environment]\nnetwork_mode = \"allowlist\"\nallowed_hosts = [\"pypi.org\"]\n";
    let error = read(compose, toml, |_| ()).1.unwrap_err();
    let [problem] = &*error.problems else { panic!("{error}") };
    let said = "`environment/docker-compose.yaml:3`: `services.main.network_mode`: it leaves no way out";
    assert!(problem.message.starts_with(said), "{error}");
}

/// Beside the agent nobody looks into the tests' own.
#[test]
fn a_compose_file_of_the_tests_counts_where_they_run_apart() {
    let sketch = Sketch::new();
    let load = |toml: &str| {
        sketch.task("tasks/fix/one", toml);
        load(&sketch.root().join("tasks/fix/one"), &Host::of(&no_env))
    };
    sketch.write("tasks/fix/one/tests/docker-compose.yaml", "services: { main: {} }");
    assert_eq!(load("").unwrap().verifier.mode, VerifierMode::Shared);
    let error = load("[verifier]\nenvironment_mode = \"separate\"\n").unwrap_err();
    assert!(error.to_string().contains("`tests/docker-compose.yaml` is not supported"), "{error}");
}
