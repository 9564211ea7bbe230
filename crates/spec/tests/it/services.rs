//! Services of a task beside the agent's container.

use spec::{
    Kind,
    task::{Evidence, Health, Need, Restart, Until},
};
use vocabulary::ImageSource;

use crate::{
    compose::read,
    kit::{HARNESS, SWEEP, Sketch},
};

const SEVERAL: &str = r#"
services:
  main:
    build: { context: "${CONTEXT_DIR}" }
    container_name: desk
    depends_on:
      api: { condition: service_healthy }
      seed: { condition: service_completed_successfully }
    healthcheck: { test: test -e /ready, interval: 2s }
    networks: [back]
  seed:
    image: "seed:${SEED_TAG:-1}"
    depends_on: [db]
    command: load --all "two words" $$HOME
    networks: [back]
  api:
    image: api:1
    entrypoint: ["/bin/api"]
    user: "1000:1000"
    restart: on-failure:3
    cap_add: [CHOWN]
    depends_on:
      db: { condition: service_healthy }
    environment: [MODE=fast]
    networks: { back: { aliases: [gate] } }
    deploy: { resources: { limits: { cpus: "0.5", memory: 128M } } }
  db:
    image: db:1
    hostname: store
    volumes: ["data:/var/lib/db", "/scratch", "./init.sql:/init/init.sql:ro"]
    mem_limit: 268435456
    ports: ["5432:5432"]
    healthcheck:
      test: ["CMD-SHELL", "is-ready || exit 1"]
      interval: 1m30s
      timeout: 500ms
      retries: 7
      start_period: 10s
    networks: [back]
volumes: { data: }
networks: { back: { driver: bridge } }
"#;

#[test]
fn services_are_read_in_the_order_in_which_they_start() {
    let with_file = |sketch: &Sketch| {
        sketch.write("tasks/fix/one/environment/init.sql", "x");
    };
    let (sketch, task) = read(SEVERAL, "", with_file);
    let environment = task.unwrap().environment;
    let names: Vec<&str> = environment.services.iter().map(|service| &*service.name).collect();
    assert_eq!(names, ["db", "api", "seed"]);
    assert_eq!(environment.names, ["desk"]);
    let Health::Check(health) = &environment.health else { panic!("{:?}", environment.health) };
    assert_eq!((health.argv.last().unwrap().as_str(), health.interval_sec), ("test -e /ready", 2.0));

    let db = environment.service("db").unwrap();
    assert_eq!((&*db.hostname, &*db.names), ("store", &["db".to_owned(), "store".into()][..]));
    assert_eq!((db.memory_mb, db.cpus, db.ends, db.restart), (Some(256), None, false, Restart::No));
    let at = sketch.root().join("tasks/fix/one/environment/init.sql");
    assert_eq!(db.files, [(at, "/init/init.sql".to_owned())]);
    let Health::Check(check) = &db.health else { panic!("{:?}", db.health) };
    assert_eq!(check.argv, ["/bin/sh", "-c", "is-ready || exit 1"]);
    assert_eq!(
        (check.interval_sec, check.timeout_sec, check.start_period_sec, check.retries),
        (90.0, 0.5, 10.0, 7)
    );

    let api = environment.service("api").unwrap();
    assert_eq!(api.entrypoint.as_deref(), Some(&["/bin/api".to_owned()][..]));
    assert_eq!(
        (api.user.as_deref(), api.restart, api.cpus),
        (Some("1000:1000"), Restart::OnFailure, Some(0.5))
    );
    assert_eq!((&*api.names, &api.health), (&["api".to_owned(), "gate".into()][..], &Health::OfImage));
    assert_eq!(api.needs, [Need { service: "db".into(), until: Until::Healthy }]);

    let seed = environment.service("seed").unwrap();
    assert_eq!(seed.image, ImageSource::Named("seed:1".into()));
    assert_eq!(seed.command.as_ref().unwrap(), &["load", "--all", "two words", "$HOME"]);
    assert!(seed.ends);
}

#[test]
fn what_leads_out_of_a_service_is_refused_by_name() {
    for (service, key) in [
        ("privileged: true", "services.db.privileged"),
        ("network_mode: host", "services.db.network_mode"),
        ("network_mode: none", "services.db.network_mode"),
        ("pid: host", "services.db.pid"),
        ("ipc: host", "services.db.ipc"),
        ("devices: [/dev/fuse]", "services.db.devices"),
        ("cap_add: [CHOWN, SYS_ADMIN]", "services.db.cap_add.SYS_ADMIN"),
        ("cap_add: [ALL]", "services.db.cap_add.ALL"),
        ("security_opt: [seccomp=unconfined]", "services.db.security_opt"),
        ("volumes: ['/var/run/docker.sock:/var/run/docker.sock:ro']", "services.db.volumes"),
        ("volumes: ['../../two:/two:ro']", "services.db.volumes"),
        ("volumes: ['./:/code']", "services.db.volumes"),
        ("volumes: ['~/x:/code:ro']", "services.db.volumes"),
        ("env_file: [secrets.env]", "services.db.env_file"),
        ("deploy: { replicas: 2 }", "services.db.deploy.replicas"),
        (
            "depends_on: { main: { condition: service_started, required: false } }",
            "services.db.depends_on.main.required",
        ),
        ("networks: [other]", "networks"),
    ] {
        let compose = format!(
            "services:\n  main: {{}}\n  db:\n    image: db:1\n    {service}\nnetworks: {{ other: {{}} }}\n"
        );
        let error = read(&compose, "", |_| ()).1.unwrap_err();
        let [problem] = &*error.problems else { panic!("{service}: {error}") };
        let said = format!("`: `{key}` is not supported");
        assert!(problem.message.starts_with("`environment/docker-compose.yaml:"), "{service}: {error}");
        assert!(problem.message.contains(&said), "{service}: {error}");
        assert_eq!(problem.kind, Kind::Unsupported);
    }
    for (compose, said) in [
        (
            "services: { main: {}, a: { image: a, depends_on: [b] }, b: { image: b, depends_on: [a] } }",
            "a, b",
        ),
        ("services: { main: { depends_on: [a] } }", "there is no such service"),
        ("services: { main: {}, a: {} }", "neither `image` nor `build`"),
        (
            "services:\n  main: {}\n  a:\n    image: a\n    mem_limit: much\n",
            "docker-compose.yaml:5`: `services.a.mem_limit`",
        ),
        ("services: { main: {}, a: { build: ./none } }", "there is no `environment/none/Dockerfile`"),
        (
            "services: { main: {}, a: { image: a, volumes: ['d:/d'] }, b: { image: b, volumes: ['d:/d'] } }",
            "`volumes.d` is not supported",
        ),
        (
            "services: { main: { network_mode: none }, a: { image: a } }",
            "`services.main.network_mode` is not supported",
        ),
    ] {
        let error = read(compose, "", |_| ()).1.unwrap_err();
        assert!(error.to_string().contains(said), "{compose}: {error}");
    }
}

#[test]
fn hooks_and_artifacts_name_services_that_are_there() {
    let compose = "services: { main: {}, db: { image: db:1 } }";
    let toml = "artifacts = [\"out\", { source = \"/var/db.json\", service = \"db\" }]\n\
                [verifier]\nenvironment_mode = \"separate\"\n\
                collect = [{ command = \"dump\", service = \"db\" }, { command = \"true\", service = \"main\" }]\n";
    let task = read(compose, toml, |_| ()).1.unwrap();
    assert_eq!(task.artifacts, ["out"]);
    assert_eq!(task.evidence, [Evidence { service: "db".into(), path: "/var/db.json".into() }]);
    let services: Vec<_> = task.verifier.collect.iter().map(|hook| hook.service.as_deref()).collect();
    assert_eq!(services, [Some("db"), None]);
    assert!(task.tests_have_services());
    for wrong in
        [toml.replace("service = \"db\" }]\n[", "service = \"bd\" }]\n["), toml.replace("/var/db", "var/db")]
    {
        assert!(read(compose, &wrong, |_| ()).1.is_err(), "{wrong}");
    }
}

const SERVER: &str = "[[environment.mcp_servers]]\nname = \"plums\"\ntransport = \"streamable-http\"\nurl = \"http://plums:1/mcp\"\n";

#[test]
fn an_arm_that_cannot_take_what_a_task_gives_is_refused_with_it() {
    let sketch = Sketch::new();
    sketch.task(
        "tasks/fix/one",
        &format!("[environment]\nallow_internet = false\nskills_dir = \"/skills\"\n{SERVER}"),
    );
    let said = sketch.resolved(SWEEP);
    for taker in ["the bare loop", "robot"] {
        let what = format!(
            "this task gives the MCP server `plums` over `streamable-http`, which `{taker}` does not take"
        );
        assert!(said.contains(&what), "{said}");
    }
    let takes =
        "[takes]\nskills = \"{{ home }}/skills\"\n[takes.mcp]\nstreamable_http = '{{ name }} {{ url }}'\n";
    sketch.write("harnesses/robot/harness.toml", &format!("{HARNESS}\n{takes}"));
    let alone = format!("baseline = \"robot/specific\"\n{}", SWEEP.replace("\"bare/generic\", ", ""));
    let said = sketch.resolved(&alone);
    assert!(said.starts_with("fine"), "{said}");
    // Over standard streams it takes none.
    sketch.task(
        "tasks/fix/one",
        &format!(
            "[environment]\nallow_internet = false\n{}",
            SERVER.replace("\"streamable-http\"", "\"stdio\"\ncommand = \"x\"")
        ),
    );
    assert!(sketch.resolved(&alone).contains("over `stdio`, which `robot` does not take"));
}

#[test]
fn servers_and_what_harnesses_make_of_them_are_checked() {
    for (wrong, said) in [
        (SERVER.replace("plums\"\n", "a b\"\n"), "a word of letters"),
        (SERVER.replace("url", "urls"), "`url`"),
        (SERVER.replace("\"streamable-http\"", "\"stdio\""), "`command`"),
        (format!("{SERVER}headers = {{ A = \"b\" }}\n"), "no secret is given"),
        (
            format!("[verifier.environment]\n{}", SERVER.replace("[[environment", "[[verifier.environment")),
            "tests have no harness",
        ),
    ] {
        let error = read("services: { main: {} }", &wrong, |_| ()).1.unwrap_err().to_string();
        assert!(error.contains(said), "{wrong}: {error}");
    }
    let sketch = Sketch::new();
    sketch.write(
        "harnesses/robot/harness.toml",
        &format!("{HARNESS}\n[takes.mcp]\nstdio = '{{{{ nome }}}}'\n"),
    );
    assert!(sketch.resolved(SWEEP).contains("there is no `nome`"));
}
