//! `overhang gateway`, started for real.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    os::unix::net::UnixStream,
    process::{Child, ChildStdout, Command, Stdio},
};

use scripted::{Answer, ScriptedUpstream, Step};

use crate::lab::{Lab, program, text};

const KEY: &str = "canary-5be0-key";

/// A gateway under way, killed when dropped.
struct Running {
    child: Child,
    out: BufReader<ChildStdout>,
    /// What it printed before it served.
    exports: String,
}

impl Running {
    fn start(lab: &Lab, arguments: &[&str], environment: &[(&str, &str)], lines: usize) -> Self {
        let mut child = Command::new(program())
            .arg("gateway")
            .args(arguments)
            .current_dir(lab.root())
            .env_remove("OVERHANG_GATEWAY_TOKEN")
            .env("SOMEBODY_API_KEY", KEY)
            .envs(environment.iter().copied())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut exports = String::new();
        for _ in 0..lines {
            assert!(out.read_line(&mut exports).unwrap() > 0, "it ended: {exports}");
        }
        Self { child, out, exports }
    }

    fn export(&self, name: &str) -> String {
        let from = self.exports.split(&format!("{name}=")).nth(1).unwrap();
        from.split_whitespace().next().unwrap().trim_matches('\'').to_owned()
    }

    fn address(&self) -> String {
        self.export("ANTHROPIC_BASE_URL").replace("http://", "")
    }

    /// Stops it as Ctrl-C does; what it printed since.
    fn interrupt(mut self) -> String {
        let pid = rustix::process::Pid::from_child(&self.child);
        rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        assert!(self.child.wait().unwrap().success());
        rest
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// One request over a stream; the whole answer, head and body.
fn ask(mut stream: impl Read + Write, path: &str, token: &str, body: &str) -> String {
    let method = if body.is_empty() { "GET" } else { "POST" };
    let length = body.len();
    write!(
        stream,
        "{method} {path} HTTP/1.1\r\nhost: g\r\nauthorization: Bearer {token}\r\nconnection: close\r\n\
         content-length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    answer
}

fn tcp(running: &Running, path: &str, token: &str, body: &str) -> String {
    ask(TcpStream::connect(running.address()).unwrap(), path, token, body)
}

fn profile(id: &str, url: &str) -> String {
    format!(
        "id = \"{id}\"\nvendor = \"Somebody\"\nweights = \"closed\"\n[endpoint]\ndialect = \"anthropic-messages\"\n\
         base_url = \"{url}\"\nkey_env = \"SOMEBODY_API_KEY\"\nmodel = \"somebody-1\"\n\
         [limits]\ncontext = 200_000\noutput = 8_000\n"
    )
}

const CHAT: &str =
    r#"{"model": "somebody", "max_tokens": 50, "messages": [{"role": "user", "content": "Hello."}]}"#;

fn lab(upstream: &ScriptedUpstream) -> Lab {
    let lab = Lab::new();
    lab.write("models/somebody.toml", &profile("somebody", &upstream.url()));
    lab
}

async fn scripted() -> ScriptedUpstream {
    ScriptedUpstream::start(vec![Step::Answer(Answer::text("hi"))]).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn serves_meters_tells_and_settles() {
    let upstream = scripted().await;
    let lab = lab(&upstream);
    let arguments = [
        "--model",
        "models/somebody.toml",
        "--listen",
        "127.0.0.1:0",
        "--budget",
        "1000",
        "--record",
        "calls",
    ];
    let running = Running::start(&lab, &arguments, &[], 4);
    let token = running.export("OPENAI_API_KEY");
    let other = format!("{token}x");
    assert!(tcp(&running, "/health", "", "").starts_with("HTTP/1.1 200"));
    for wrong in ["", "x", KEY, &other] {
        let answer = tcp(&running, "/v1/chat/completions", wrong, CHAT);
        assert!(answer.starts_with("HTTP/1.1 401"), "{wrong}: {answer}");
    }
    assert!(upstream.seen().is_empty());
    let answer = tcp(&running, "/v1/chat/completions", &token, CHAT);
    assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("\"hi\""), "{answer}");
    assert_eq!(upstream.seen()[0].header("x-api-key"), Some(KEY));

    let metrics = tcp(&running, "/metrics", "", "");
    for line in [
        r#"overhang_calls_total{model="somebody",dialect="openai-chat",ending="ok"} 1"#,
        r#"overhang_tokens_total{model="somebody",kind="input_uncached"} 10"#,
        r#"overhang_tokens_total{model="somebody",kind="output"} 5"#,
        r#"overhang_errors_total{kind="authentication"} 4"#,
        r#"overhang_budget_units{model="somebody",state="total"} 1000.0"#,
        r#"overhang_budget_units{model="somebody",state="used"} 15.0"#,
        r#"overhang_budget_units{model="somebody",state="held"} 0.0"#,
        r#"overhang_call_seconds_count{model="somebody"} 1"#,
        "# EOF",
    ] {
        assert!(metrics.lines().any(|found| found == line), "{line} is not in\n{metrics}");
    }
    let recorded = fs_err::read_to_string(lab.root().join("calls/calls.jsonl")).unwrap();
    for secret in [&token, KEY] {
        assert!(!metrics.contains(secret) && !recorded.contains(secret));
    }
    let events: Vec<ledger::Event> =
        recorded.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let [ledger::Event::CallStarted { .. }, ledger::Event::Call(call)] = events.as_slice() else {
        panic!("{recorded}");
    };
    let blobs = ledger::BlobStore::new(lab.root().join("calls/blobs"));
    assert_eq!(blobs.get(call.request.as_ref().unwrap()).unwrap(), CHAT.as_bytes());
    let said = running.interrupt();
    assert!(said.contains("somebody: 1 calls, 15 units used of 1000; tokens: 10 input"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_unix_socket_for_this_user_only_and_tokens_from_the_environment() {
    use std::os::unix::fs::PermissionsExt;
    let (first, second) = (scripted().await, scripted().await);
    let lab = lab(&first);
    lab.write("models/other.toml", &profile("other", &second.url()));
    let socket = lab.root().join("g.sock");
    let tokens = ["first-token-of-mine", "second-token-of-mine"];
    let environment = [("OVERHANG_GATEWAY_TOKEN", tokens.join(","))];
    let environment = environment.each_ref().map(|(name, value)| (*name, value.as_str()));
    let arguments = ["--model", "models/somebody.toml", "models/other.toml", "--unix", "g.sock"];
    let running = Running::start(&lab, &arguments, &environment, 4);
    assert!(!running.exports.contains(tokens[0]) && !running.exports.contains(tokens[1]));
    assert_eq!(fs_err::metadata(&socket).unwrap().permissions().mode() & 0o777, 0o600);
    for (token, upstream) in tokens.iter().zip([&first, &second]) {
        let answer = ask(UnixStream::connect(&socket).unwrap(), "/v1/chat/completions", token, CHAT);
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        assert_eq!(upstream.seen().len(), 1);
    }
    let again =
        lab.overhang(&[&["gateway"], &arguments[..]].concat()).env("SOMEBODY_API_KEY", KEY).output().unwrap();
    assert!(text(&again.stderr).contains("is in use"), "{}", text(&again.stderr));
    let said = running.interrupt();
    assert!(said.contains("somebody: 1 calls") && said.contains("other: 1 calls"), "{said}");
    assert!(!socket.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_served_is_told() {
    let upstream = scripted().await;
    let lab = lab(&upstream);
    lab.write("calls/calls.jsonl", "");
    let model = ["gateway", "--model", "models/somebody.toml"];
    for (arguments, token, said) in [
        (vec!["--listen", "0.0.0.0:0"], None, "add --expose if that is meant"),
        (vec!["--listen", "[::]:0"], None, "add --expose if that is meant"),
        (vec!["--meter", "outputs"], None, "did you mean `output`"),
        (vec!["--meter", "price"], None, "prices"),
        (vec!["--budget", "0"], None, "must be above 0"),
        (vec!["--listen", "127.0.0.1:0", "--record", "calls"], None, "calls.jsonl"),
        (vec!["--unix", "models/somebody.toml"], None, "is in use"),
        (vec!["--model", "models/somebody.toml"], None, "named twice"),
        (vec!["--model", "models/expert.toml"], None, "simulated"),
        (vec![], Some("short"), "at least 16 printable characters"),
        (vec![], Some("one-token-of-mine,another-token-of-mine"), "2 tokens for 1 models"),
    ] {
        let mut command = lab.overhang(&[&model[..], &arguments].concat());
        command.env("SOMEBODY_API_KEY", KEY).env_remove("OVERHANG_GATEWAY_TOKEN");
        let output = command.envs(token.map(|token| ("OVERHANG_GATEWAY_TOKEN", token))).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {}", text(&output.stderr));
        assert!(text(&output.stderr).contains(said), "{arguments:?}: {}", text(&output.stderr));
    }
}
