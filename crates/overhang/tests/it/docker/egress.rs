//! Tasks that list the hosts they may reach: those are reached, nothing else is, and what was tried is on record.

use std::{collections::BTreeMap, net::IpAddr};

use ledger::{Outcome, event::TrialEnd};
use serde_json::{Map, Value, json};
use vocabulary::{Caller, Passage};

use crate::lab::Lab;

/// Tries ways out, and prints what each came to.
const ASK: &str = r#"import errno, http.client, json, socket, ssl, sys
def said(call):
    try:
        return call()
    except ssl.SSLError as error:
        return error.reason
    except socket.gaierror as error:
        return "no such name" if error.errno in (socket.EAI_NONAME, socket.EAI_NODATA) else str(error)
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error))
def resolve(name):
    return socket.getaddrinfo(name, 443, socket.AF_INET)[0][4][0] and "found"
def tls(place, name, path="/"):
    context = ssl._create_unverified_context()
    with socket.create_connection((place, 443), timeout=30) as raw, context.wrap_socket(raw, server_hostname=name) as out:
        out.sendall(f"GET {path} HTTP/1.1\r\nHost: {name}\r\nUser-Agent: ask\r\nConnection: close\r\n\r\n".encode())
        return out.recv(100).decode().split()[1]
def web(place, host):
    out = http.client.HTTPConnection(place, 80, timeout=30)
    out.putrequest("GET", "/", skip_host=True)
    out.putheader("Host", host)
    out.endheaders()
    return str(out.getresponse().status)
def tcp(place, port):
    socket.create_connection((place, int(port)), timeout=5).close()
    return "connected"
def udp(place, port):
    family = socket.AF_INET6 if ":" in place else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as out:
        out.settimeout(5)
        out.connect((place, int(port)))
        out.send(b"\0" * 30)
        return str(out.recv(100))
asked = [line.split() for line in sys.stdin if line.strip()]
print(json.dumps({" ".join(one): said(lambda: globals()[one[0]](*one[1:])) for one in asked}))
"#;

/// What an agent tries. None of the names leads anywhere.
const TRIES: &str = "resolve one.invalid
resolve a.b.TWO.invalid
resolve two.invalid
resolve three.invalid
resolve evil.invalid
tls one.invalid one.invalid
tls one.invalid evil-by-sni.invalid
web one.invalid ONE.invalid.
web one.invalid evil-by-host.invalid
web one.invalid 127.0.0.1
tcp one.invalid 22
udp one.invalid 443
tcp 1.1.1.1 443
tcp 169.254.169.254 80
tcp 2606:4700:4700::1111 443
udp 8.8.8.8 53
";

fn task(lab: &Lab, name: &str, toml: &str, tests: &str) {
    let at = |file: &str| format!("tasks/out/{name}/{file}");
    lab.write(&at("task.toml"), &format!("{toml}\n[metadata]\nfamily = \"out\"\n"))
        .write(&at("instruction.md"), "Find out what can be reached.\n")
        .write(&at("environment/Dockerfile"), "FROM overhang/base:1\nCOPY ask.py /\nWORKDIR /app\n")
        .write(&at("environment/ask.py"), ASK)
        .write(&at("solution/solve.sh"), &format!("python3 /ask.py <<'END' > found.json\n{TRIES}END\n"))
        .write(
            &at("tests/test.sh"),
            &format!(
                "python3 /ask.py <<'END' > /found.json\n{tests}END\ncat /found.json\n\
                      test -s /app/found.json && echo 1 > /logs/verifier/reward.txt\n"
            ),
        );
}

fn contacts(end: &TrialEnd, by: Caller) -> BTreeMap<(String, Passage), u64> {
    let contacts = end.contacts.iter().filter(|contact| contact.by == by);
    contacts.map(|contact| ((contact.name.clone(), contact.passage), contact.count)).collect()
}

#[test]
fn hosts_that_a_task_lists_are_the_only_way_out_in_every_arm() {
    let lab = Lab::new();
    fs_err::remove_dir_all(lab.root().join("tasks")).unwrap();
    let list = |hosts: &str| format!("network_mode = \"allowlist\"\nallowed_hosts = [{hosts}]\n");
    let (agents, own) = (list("\"one.invalid\", \"*.Two.invalid\""), list("\"three.invalid\""));
    let tests = "resolve three.invalid\ntls three.invalid three.invalid\nresolve one.invalid\ntls three.invalid one.invalid\n";
    let apart = format!("[agent]\n{agents}[verifier]\nenvironment_mode = \"separate\"\n{own}");
    task(&lab, "apart", &format!("artifacts = [\"/app\"]\n{apart}"), tests);
    task(&lab, "beside", &format!("[agent]\n{agents}[verifier]\n{own}"), tests);
    let arms = ["bare/generic", "opencode/specific"];
    lab.sweep("expert", &arms, "tasks/out/*", 400_000, "network = \"task\"");
    lab.run();
    let denied = "TLSV1_ALERT_ACCESS_DENIED";
    for (trial, end) in lab.ends() {
        assert_eq!(end.outcome, Outcome::Pass, "{trial}: {}", end.detail);
        let is_beside = trial.0.contains("beside");
        let found: Map<String, Value> =
            serde_json::from_str(&lab.workspace_file(&end, "app/found.json").unwrap()).unwrap();
        let mut wanted = json!({
            "resolve one.invalid": "found",
            "resolve a.b.TWO.invalid": "found",
            "resolve two.invalid": "no such name",
            "resolve three.invalid": "no such name",
            "resolve evil.invalid": "no such name",
            "tls one.invalid one.invalid": denied,
            "tls one.invalid evil-by-sni.invalid": denied,
            "web one.invalid ONE.invalid.": "502",
            "web one.invalid evil-by-host.invalid": "403",
            "web one.invalid 127.0.0.1": "400",
            "tcp one.invalid 22": "ECONNREFUSED",
            "udp one.invalid 443": "ECONNREFUSED",
        });
        if is_beside {
            // Where tests will run beside the agent, their hosts have an address already. It lets nothing through yet.
            wanted["resolve three.invalid"] = json!("found");
        }
        let (bare, named): (Map<_, _>, Map<_, _>) = found.into_iter().partition(|(asked, _)| {
            let place = asked.split(' ').nth(1).unwrap();
            place.parse::<IpAddr>().is_ok()
        });
        assert_eq!(Value::Object(named), wanted, "{trial}");
        assert_eq!(bare.len(), 4, "{bare:?}");
        for (asked, said) in bare {
            let said = said.as_str().unwrap();
            let nowhere = ["ENETUNREACH", "EHOSTUNREACH", "EADDRNOTAVAIL", "timed out"].contains(&said);
            assert!(nowhere, "{trial}: {asked}: {said}");
        }

        let refused = |names: &[&str]| {
            let of = |name: &&str| ((name.to_string(), Passage::NotListed), 1);
            names.iter().map(of).collect::<BTreeMap<_, _>>()
        };
        let mut agent =
            refused(&["evil-by-host.invalid", "evil-by-sni.invalid", "evil.invalid", "two.invalid"]);
        agent.insert(("one.invalid".into(), Passage::Unreachable), 2);
        agent.insert((String::new(), Passage::NoName), 1);
        if !is_beside {
            agent.extend(refused(&["three.invalid"]));
        }
        let mut seen = contacts(&end, Caller::Agent);
        // A name of IPv6 is no name of a host.
        seen.retain(|(name, _), _| !name.ends_with(".arpa"));
        assert_eq!(seen, agent, "{trial}");
        let tests = contacts(&end, Caller::Tests);
        assert_eq!(
            tests.get(&("three.invalid".into(), Passage::Unreachable)),
            Some(&1),
            "{trial}: {tests:?}"
        );
        assert!(tests.contains_key(&("one.invalid".into(), Passage::NotListed)), "{trial}: {tests:?}");
        assert_eq!(tests.len(), 2, "{trial}: {tests:?}");
        assert_eq!(end.dns_names, [""; 0], "{trial}");
    }
}

#[test]
fn a_listed_host_answers_and_its_neighbour_does_not() {
    let lab = Lab::new();
    fs_err::remove_dir_all(lab.root().join("tasks")).unwrap();
    let toml = "[environment]\nnetwork_mode = \"allowlist\"\nallowed_hosts = [\"pypi.org\"]\n";
    task(&lab, "index", toml, "");
    let tries = "tls pypi.org pypi.org /simple/iniconfig/\ntls pypi.org files.pythonhosted.org\n\
                 resolve files.pythonhosted.org\n";
    lab.write(
        "tasks/out/index/solution/solve.sh",
        &format!("python3 /ask.py <<'END' > found.json\n{tries}END\n"),
    );
    lab.sweep("expert", &["bare/generic"], "tasks/out/*", 400_000, "network = \"task\"");
    lab.run();
    let end = lab.end("index");
    let found: Value = serde_json::from_str(&lab.workspace_file(&end, "app/found.json").unwrap()).unwrap();
    let wanted = json!({
        "tls pypi.org pypi.org /simple/iniconfig/": "200",
        "tls pypi.org files.pythonhosted.org": "TLSV1_ALERT_ACCESS_DENIED",
        "resolve files.pythonhosted.org": "no such name",
    });
    assert_eq!(found, wanted);
    let open = end.contacts.iter().find(|contact| contact.passage == Passage::Open).unwrap();
    assert_eq!((open.by, &*open.name, open.count), (Caller::Agent, "pypi.org", 1));
    assert!(open.sent > 100 && open.received > 1000, "{open:?}");
    let refused = ("files.pythonhosted.org".to_owned(), Passage::NotListed);
    assert_eq!(contacts(&end, Caller::Agent).get(&refused), Some(&2));
}

/// The engine would tell one of two addresses, as it comes.
#[test]
fn a_listed_name_that_a_service_has_is_the_services() {
    let lab = Lab::new();
    fs_err::remove_dir_all(lab.root().join("tasks")).unwrap();
    let list =
        "[environment]\nnetwork_mode = \"allowlist\"\nallowed_hosts = [\"one.invalid\", \"two.invalid\"]\n";
    task(&lab, "inside", list, "resolve two.invalid\n");
    lab.write(
        "tasks/out/inside/environment/docker-compose.yaml",
        "services:\n  main:\n    depends_on: { way-out: { condition: service_healthy } }\n  way-out:\n    \
         image: overhang/base:1\n    command: python3 -m http.server 8000\n    healthcheck:\n      \
         test: python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", 8000))'\n      interval: 1s\n    \
         networks: { default: { aliases: [One.invalid] } }\n",
    )
    .write(
        "tasks/out/inside/solution/solve.sh",
        "for each in $(seq 30); do\n\
         python3 -c 'import socket; socket.create_connection((\"one.invalid\", 8000), 5)' || exit 1\ndone\n\
         echo always > found.json\n",
    );
    lab.sweep("expert", &["bare/generic"], "tasks/out/*", 400_000, "network = \"task\"");
    lab.run();
    for (trial, end) in lab.ends() {
        assert_eq!(end.outcome, Outcome::Pass, "{trial}: {}", end.detail);
    }
}
