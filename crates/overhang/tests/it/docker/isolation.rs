//! What a trial's container can reach: the gateway, with its own token, and nothing else.

use std::{
    collections::BTreeSet,
    net::{Ipv4Addr, TcpListener},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use ledger::Outcome;
use scripted::{Answer, ScriptedUpstream, Seen, Step};
use serde_json::{Value, json};

use crate::lab::Lab;

const KEY: &str = "canary-90b7e61f55d3427a";

/// Played by the model as the task's solution: writes what it found as JSON.
const PROBE: &str = r#"cat > probe.py <<'END'
import errno, glob, json, os, socket, sys, time
found = {"tcp": {}, "udp": {}}
began = time.monotonic()
try:
    found["dns"] = socket.getaddrinfo("canary.example.com", 443)[0][4][0]
except socket.gaierror as error:
    found["dns"] = error.errno == socket.EAI_NONAME
found["dns_seconds"] = time.monotonic() - began
for place in sys.argv[1:]:
    host, port = place.rsplit(":", 1)
    for kind, name in [(socket.SOCK_STREAM, "tcp"), (socket.SOCK_DGRAM, "udp")]:
        with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, kind) as one:
            one.settimeout(5)
            try:
                one.connect((host, int(port)))
                found[name][place] = "connected"
            except OSError as error:
                found[name][place] = errno.errorcode.get(error.errno, str(error))
found["interfaces"] = sorted(os.listdir("/sys/class/net"))
found["sockets"] = [
    os.path.join(folder, name)
    for root in ["/run", "/var", "/opt", "/.overhang"]  # in /tmp, harnesses make their own
    for folder, _, names in os.walk(root)
    for name in names
    if os.path.exists(os.path.join(folder, name)) and (os.stat(os.path.join(folder, name)).st_mode & 0o170000) == 0o140000
]
found["environ"] = dict(os.environ)
found["environs"] = ""
for path in glob.glob("/proc/[0-9]*/environ"):
    try:
        found["environs"] += open(path, errors="replace").read()
    except OSError:
        pass
with open("found.json", "w") as file:
    json.dump(found, file)
END
"#;

/// This machine's own addresses.
fn host_addresses() -> BTreeSet<Ipv4Addr> {
    let routes = fs_err::read_to_string("/proc/net/fib_trie").unwrap();
    let lines: Vec<&str> = routes.lines().map(str::trim).collect();
    let local = lines.windows(2).filter(|pair| pair[1].starts_with("/32 host LOCAL"));
    local.filter_map(|pair| pair[0].trim_start_matches("|-- ").parse().ok()).collect()
}

#[test]
fn nothing_but_the_gateway_answers() {
    // Somebody to be found, wherever the machine can be reached.
    let host = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = host.local_addr().unwrap().port();
    let visitors = Arc::new(AtomicUsize::new(0));
    let counter = visitors.clone();
    std::thread::spawn(move || {
        for _ in host.incoming() {
            counter.fetch_add(1, Ordering::SeqCst);
        }
    });
    let addresses = host_addresses();
    assert!(addresses.contains(&Ipv4Addr::LOCALHOST) && addresses.len() > 1, "{addresses:?}");

    let mut places: Vec<String> = addresses.iter().map(|address| format!("{address}:{port}")).collect();
    places.extend(
        ["1.1.1.1:443", "8.8.8.8:53", "169.254.169.254:80", "2606:4700:4700::1111:443", "127.0.0.1:2375"]
            .map(str::to_owned),
    );
    let lab = Lab::new();
    let script =
        format!("{PROBE}python3 probe.py {}\necho 'hello, \"world\"' > greeting.txt\n", places.join(" "));
    lab.write("tasks/words/greet/solution/solve.sh", &script);
    // The task asks for the keys themselves.
    lab.edit(
        "tasks/words/greet/task.toml",
        "[environment]",
        "[environment]\nenv = { A = \"${ANTHROPIC_API_KEY:-none}\", B = \"${OPENAI_API_KEY:-none}\" }",
    );
    let arms = ["bare/generic", "claude-code/specific"];
    lab.sweep("expert", &arms, "tasks/words/greet", 400_000, "");
    lab.run_with(&[("ANTHROPIC_API_KEY", KEY), ("OPENAI_API_KEY", KEY)]);

    for arm in arms {
        let end = lab.end(arm);
        assert_eq!(end.outcome, Outcome::Pass, "{arm}: {}", end.detail);
        let text = lab.workspace_file(&end, "workspace/found.json").unwrap();
        assert!(!text.contains(KEY), "{arm}: a key of this machine: {text}");
        let found: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(found["environ"]["A"], "none", "{arm}");
        assert_eq!(found["dns"], true, "{arm}: the name must be said not to exist");
        assert!(found["dns_seconds"].as_f64().unwrap() < 4.5, "{arm}: {}", found["dns_seconds"]);
        assert!(
            end.dns_names.iter().any(|name| name.starts_with("canary.example.com")),
            "{:?}",
            end.dns_names
        );
        assert_eq!(found["interfaces"], json!(["lo"]), "{arm}");
        assert_eq!(found["sockets"], json!([]), "{arm}");
        for place in &places {
            let here = place.starts_with("127.");
            // Where the machine has no IPv6, there is no address to come from either.
            let wanted = if here { vec!["ECONNREFUSED"] } else { vec!["ENETUNREACH", "EADDRNOTAVAIL"] };
            let refused = |kind: &str| wanted.contains(&found[kind][place].as_str().unwrap());
            assert!(refused("tcp"), "{arm}: TCP to {place}: {}", found["tcp"][place]);
            assert!(here || refused("udp"), "{arm}: UDP to {place}: {}", found["udp"][place]);
        }
    }
    assert_eq!(visitors.load(Ordering::SeqCst), 0, "somebody came through");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_token_of_another_trial_is_refused() {
    let tokens = Arc::new(Mutex::new(BTreeSet::new()));
    let known = tokens.clone();
    let upstream = ScriptedUpstream::start_with(move |_, seen| exchange(&known, seen)).await.unwrap();
    let lab = Lab::new();
    let profile = format!(
        "id = \"open\"\nvendor = \"Somebody\"\nweights = \"open\"\n\n[endpoint]\ndialect = \"openai-chat\"\n\
         base_url = \"{}\"\nmodel = \"scripted-1\"\n\n[limits]\ncontext = 200_000\noutput = 8_000\n\n\
         [prompts]\nspecific = \"prompts/specific.md\"\n",
        upstream.url()
    );
    lab.write("models/open.toml", &profile);
    lab.write("tasks/words/greet/instruction.md", "swap\n");
    let rest = "attempts = 2\nbaseline = \"puppet/specific\"";
    lab.sweep("open", &["puppet/specific"], "tasks/words/greet", 400_000, rest);
    let cache = lab.root().join("cache").display().to_string();
    tokio::task::block_in_place(|| lab.run_with(&[("XDG_CACHE_HOME", &cache)]));

    assert_eq!(tokens.lock().unwrap().len(), 2);
    for end in lab.ends().values() {
        assert_eq!(end.outcome, Outcome::Pass, "{}: {}", end.trial, end.detail);
        let status = |whose: &str| lab.workspace_file(end, &format!("workspace/status-{whose}")).unwrap();
        assert_eq!(
            (&*status("other"), &*status("none"), &*status("own")),
            ("401", "401", "200"),
            "{}",
            end.trial
        );
    }
}

/// Tells each puppet the token of the other one, once both are known.
fn exchange(tokens: &Mutex<BTreeSet<String>>, seen: &Seen) -> Step {
    let messages = seen.json["messages"].as_array().unwrap();
    let last = messages.last().unwrap()["content"].as_str().unwrap_or_default();
    if messages.len() < 3 {
        return Step::Answer(Answer::text("I look.").calling("bash", json!({"command": "ls"})));
    }
    let Some(token) = last.strip_prefix("TOKEN=") else { return Step::Answer(Answer::text("Well.")) };
    let mut tokens = tokens.lock().unwrap();
    tokens.insert(token.to_owned());
    let other = tokens.iter().find(|other| *other != token);
    Step::Answer(Answer::text(other.map_or("", |other| other)))
}
