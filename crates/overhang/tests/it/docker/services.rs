//! Tasks of several containers: their services come up in order, agents and tests find them, and nothing of them is left.

use std::time::Duration;

use docker::DockerEngine;
use ledger::{Event, Outcome};
use rustix::process::{Pid, Signal, kill_process};
use sandbox::Engine;

use super::{
    containers,
    interruption::{start_with, wait_until},
};
use crate::lab::Lab;

/// Keeps texts under names, in its memory and in a file.
const STORE: &str = r#"import http.server, json, socketserver
kept = {}
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        found = kept.get(self.path)
        self.send_response(200 if found else 404)
        self.end_headers()
        self.wfile.write((found or "").encode())
    def do_PUT(self):
        kept[self.path] = self.rfile.read(int(self.headers["Content-Length"])).decode()
        open("/srv/kept.json", "w").write(json.dumps(kept))
        self.send_response(200)
        self.end_headers()
    def log_message(self, *_): pass
kept["/up"] = "yes"
http.server.ThreadingHTTPServer(("", 8000), Handler).serve_forever()
"#;

/// Asks for a text, or tells one.
const ASK: &str = r#"import sys, urllib.request as web
url, *text = sys.argv[1:]
data = text[0].encode() if text else None
request = web.Request(url, data=data, method="PUT" if text else "GET")
print(web.urlopen(request, timeout=5).read().decode(), end="")
"#;

/// `store` is healthy before `seed` begins, which has ended before an agent begins. `again` fails once.
const COMPOSE: &str = r#"services:
  main:
    depends_on:
      seed: { condition: service_completed_successfully }
  store:
    image: overhang/base:1
    command: python3 /opt/store/store.py
    volumes: ["./store:/opt/store:ro"]
    healthcheck:
      test: ["CMD-SHELL", "python3 /opt/store/ask.py http://127.0.0.1:8000/up"]
      interval: 1s
      retries: 30
  seed:
    build: ./seed
    depends_on:
      store: { condition: service_healthy }
  again:
    image: overhang/base:1
    restart: on-failure
    command: ["bash", "-c", "[ -e /once ] || { touch /once; exit 1; }; python3 /opt/store/ask.py http://store:8000/again yes; exec sleep infinity"]
    volumes: ["./store:/opt/store:ro"]
    depends_on: [store]
"#;

const SOLVE: &str = "word=$(python3 /ask.py http://store:8000/word)\necho \"$word\" > /app/answer.txt\n\
                     python3 /ask.py http://store:8000/said \"$word, said\"\n";
const BESIDE: &str =
    "grep -qx plum /app/answer.txt && python3 /ask.py http://store:8000/said | grep -q 'plum, said'";
/// In a fresh container the services are new ones, and what those of the agent held is handed over.
const APART: &str = "grep -qx plum /app/answer.txt && grep -q 'plum, said' /srv/kept.json && \
                     python3 /ask.py http://store:8000/word | grep -q plum && ! python3 /ask.py http://store:8000/said && \
                     grep -qx hooked /srv/hooked";

fn task(lab: &Lab, name: &str, toml: &str, check: &str) {
    let at = |file: &str| format!("tasks/mesh/{name}/{file}");
    lab.write(&at("task.toml"), &format!("{toml}\n[environment]\nallow_internet = false\n"))
        .write(
            &at("instruction.md"),
            "Ask `store` for the word, write it into answer.txt, and tell `store`.\n",
        )
        .write(&at("environment/Dockerfile"), "FROM overhang/base:1\nCOPY seed/ask.py /\nWORKDIR /app\n")
        .write(&at("environment/docker-compose.yaml"), COMPOSE)
        .write(&at("environment/store/store.py"), STORE)
        .write(&at("environment/store/ask.py"), ASK)
        .write(&at("environment/seed/ask.py"), ASK)
        .write(
            &at("environment/seed/Dockerfile"),
            "FROM overhang/base:1\nCOPY ask.py /\nCMD python3 /ask.py http://store:8000/word plum\n",
        )
        .write(&at("solution/solve.sh"), SOLVE)
        .write(
            &at("tests/test.sh"),
            &format!("if {check}; then echo 1; else echo 0; fi > /logs/verifier/reward.txt\n"),
        );
}

fn lab() -> Lab {
    let lab = Lab::new();
    task(&lab, "beside", "", BESIDE);
    let apart = "artifacts = [\"/app/answer.txt\", { source = \"/srv/kept.json\", service = \"store\" }, \
                 { source = \"/srv/hooked\", service = \"store\" }, { source = \"/srv/none\", service = \"seed\" }]\n\
                 [verifier]\nenvironment_mode = \"separate\"\n\
                 collect = [{ command = \"echo hooked > /srv/hooked\", service = \"store\" }]";
    task(&lab, "apart", apart, &format!("{APART} && [ ! -e /srv/none ]"));
    lab
}

async fn networks(run: &str) -> usize {
    DockerEngine::connect().await.unwrap().networks(Some(run)).await.unwrap().len()
}

#[tokio::test]
async fn agents_and_tests_find_the_services_of_their_task() {
    let lab = lab();
    lab.sweep("expert", &["bare/generic", "opencode/specific"], "tasks/mesh/*", 2_000_000, "");
    lab.run();
    assert_eq!(lab.ends().len(), 4);
    for (trial, end) in lab.ends() {
        assert_eq!((end.outcome, end.score), (Outcome::Pass, Some(1.0)), "{trial}: {}", end.detail);
        assert_eq!(end.dns_names, [""; 0], "{trial}");
    }
    let run = lab.run_dir().id().unwrap();
    assert_eq!((containers(&run).await.len(), networks(&run).await), (0, 0));
}

/// Runs the one task, whose trials have this said of them.
fn does_not_come_up(lab: &Lab, said: &str) {
    lab.sweep("expert", &["bare/generic"], "tasks/mesh/beside", 2_000_000, "");
    let output = lab.overhang(&["run", "sweep.toml", "--run-dir", "run", "--no-probe"]).output().unwrap();
    assert!(output.status.code().is_some());
    for (trial, end) in lab.ends() {
        assert_eq!((end.outcome, end.score), (Outcome::TaskSetup, None), "{trial}");
        assert!(end.detail.contains(said), "{}", end.detail);
    }
}

#[test]
fn a_service_that_does_not_come_up_is_the_tasks_doing() {
    let lab = lab();
    lab.edit("tasks/mesh/beside/environment/seed/Dockerfile", "CMD ", "CMD echo no luck >&2; exit 3; ");
    does_not_come_up(&lab, "the service `seed` has ended: it returned 3: no luck");
}

/// `docker compose up` says of it that it has no healthcheck configured.
#[test]
fn a_service_without_a_check_is_never_healthy() {
    let lab = lab();
    lab.edit("tasks/mesh/beside/environment/docker-compose.yaml", "    healthcheck:", "    x-unchecked:");
    does_not_come_up(&lab, "the service `store` has no health check");
}

/// The container's own DNS is where such a service would listen.
#[test]
fn a_service_that_says_so_has_the_port_of_names() {
    let lab = lab();
    let listen = "import socket; a = socket.socket(type=socket.SOCK_DGRAM); a.bind((str(), 53))";
    let compose = "    depends_on: [store]\n  names:\n    image: overhang/base:1\n    expose: [53/udp]\n    \
                   command: [bash, -c, 'python3 -c \"$$LISTEN\" && exec sleep infinity']\n    environment: { LISTEN: \"";
    lab.edit(
        "tasks/mesh/beside/environment/docker-compose.yaml",
        "    depends_on: [store]\n",
        &format!("{compose}{listen}\" }}\n"),
    );
    lab.sweep("expert", &["bare/generic"], "tasks/mesh/beside", 2_000_000, "");
    lab.run();
    for (trial, end) in lab.ends() {
        assert_eq!(end.outcome, Outcome::Pass, "{trial}: {}", end.detail);
    }

    // One that does not say so is told of it.
    lab.edit("tasks/mesh/beside/environment/docker-compose.yaml", "    expose: [53/udp]\n", "");
    let run = ["run", "sweep.toml", "--run-dir", "other", "--no-probe"];
    assert!(lab.overhang(&run).output().unwrap().status.code().is_some());
    let told = fs_err::read_to_string(lab.root().join("other/ledger.jsonl")).unwrap();
    assert!(told.contains("`expose: [53/udp]` leaves it to the service"), "{told}");
}

/// The agent's container is called `task` too, and the list of hosts leads nowhere else.
#[test]
fn a_service_has_its_name_and_names_of_nobody_do_not_exist() {
    let lab = Lab::new();
    let at = |file: &str| format!("tasks/mesh/named/{file}");
    let solve = "python3 - <<'END' && echo all > /app/answer.txt\nimport socket, time\n\
                 assert socket.gethostbyname('task') != socket.gethostbyname('main')\nbegan = time.monotonic()\n\
                 try: raise SystemExit(socket.gethostbyname('nobody.invalid'))\nexcept socket.gaierror: pass\n\
                 assert time.monotonic() - began < 4\nEND\n";
    lab.write(&at("task.toml"), "[environment]\nnetwork_mode = \"allowlist\"\nallowed_hosts = [\"task\"]\n")
        .write(&at("instruction.md"), "Look for names.\n")
        .write(&at("environment/Dockerfile"), "FROM overhang/base:1\nWORKDIR /app\n")
        .write(
            &at("environment/docker-compose.yaml"),
            "services:\n  task: { image: \"overhang/base:1\", command: sleep infinity }\n",
        )
        .write(&at("solution/solve.sh"), solve)
        .write(
            &at("tests/test.sh"),
            "if grep -qx all /app/answer.txt; then echo 1; else echo 0; fi > /logs/verifier/reward.txt\n",
        );
    lab.sweep("expert", &["bare/generic"], "tasks/mesh/named", 2_000_000, "network = \"task\"");
    lab.run();
    for (trial, end) in lab.ends() {
        assert_eq!((end.outcome, end.score), (Outcome::Pass, Some(1.0)), "{trial}: {}", end.detail);
    }
}

#[tokio::test]
async fn nothing_is_left_of_services_after_a_kill_or_ctrl_c() {
    let lab = lab();
    lab.edit("models/expert.toml", "cache_share", "delay_ms = 200\ncache_share");
    lab.sweep("expert", &["bare/generic"], "tasks/mesh/*", 2_000_000, "");
    let mut child = start_with(&lab, &[]);
    wait_until(&lab, &mut child, 0, |lines| {
        lines.iter().any(|line| matches!(line.event, Event::Started { .. }))
    });
    let run = lab.run_dir().id().unwrap();
    while networks(&run).await == 0 || containers(&run).await.len() < 3 {
        assert_eq!(child.try_wait().unwrap(), None);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(networks(&run).await > 0, "a kill leaves it to the next run");

    let before = lab.run_dir().read().unwrap().lines.len();
    let mut child = start_with(&lab, &[]);
    wait_until(&lab, &mut child, before, |lines| {
        lines.iter().any(|line| matches!(line.event, Event::Started { .. }))
    });
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    kill_process(Pid::from_child(&child), Signal::INT).unwrap();
    child.wait().unwrap();
    assert_eq!((containers(&run).await.len(), networks(&run).await), (0, 0));
}
