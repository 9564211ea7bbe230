//! Every message a person may meet, as it is shown.

use std::fmt::Write as _;

use spec::{harness, model, sweep, task};

use spec::host::Host;

use crate::kit::{HARNESS, REAL, SIM, SWEEP, Sketch, TASK, no_env};

/// Cases of one kind of file: what was done wrong, and the text in place of another.
type Case<'c> = (&'c str, &'c str, &'c str);

fn gallery(good: &str, cases: &[Case<'_>], show: impl Fn(&Sketch, &str) -> String) -> String {
    let mut out = String::new();
    for (title, from, to) in cases {
        assert!(good.contains(from), "{title}: `{from}` is not in the file");
        let shown = show(&Sketch::new(), &good.replacen(from, to, 1));
        assert!(!shown.starts_with("fine"), "{title}: was accepted");
        writeln!(out, "== {title}\n{shown}").unwrap();
    }
    out
}

#[test]
fn of_sweeps() {
    let cases = [
        ("misspelt key", "attempts", "attemps"),
        ("misspelt key in a table", "tokens =", "token = 1\ntokens ="),
        ("no budget", "[budget]\ntokens = 400_000\n", ""),
        ("budget 0", "400_000", "0"),
        ("budget without end", "400_000", "inf"),
        ("budget in quotes", "400_000", "\"400000\""),
        ("a text for a list", "[\"sim\"]", "\"sim\""),
        ("a fraction of an attempt", "attempts = 2", "attempts = 1.5"),
        ("no attempt", "attempts = 2", "attempts = 0"),
        ("no arm", "[\"bare/generic\", \"robot/specific\"]", "[]"),
        ("an arm twice", "\"robot/specific\"", "\"bare/generic\""),
        ("a misspelt prompt", "robot/specific", "robot/specfic"),
        ("an arm without a prompt", "robot/specific", "robot"),
        ("a baseline that is no arm", "attempts", "baseline = \"robot/generic\"\nattempts"),
        ("a misspelt choice", "attempts", "announcement = \"every_turn\"\nattempts"),
        ("a spend cap of nothing", "attempts", "spend_cap_usd = -1\nattempts"),
        ("a limit out of reason", "[budget]", "[limits]\nwall_time_sec = 0\ncpus = 0\n\n[budget]"),
        ("broken TOML", "attempts = 2", "attempts = 2, 3"),
        ("a name that is a path", "\"demo\"", "\"../demo\""),
        ("several at once", "attempts = 2", "attempts = \"2\"\nsede = 7\nnetwork = \"bridge\""),
    ];
    insta::assert_snapshot!(gallery(SWEEP, &cases, |sketch, text| {
        sketch.write("sweeps/demo.toml", text);
        match sweep::load(&sketch.root().join("sweeps/demo.toml")) {
            Ok(_) => "fine".to_owned(),
            Err(error) => sketch.rendered(&error),
        }
    }));
}

#[test]
fn of_models() {
    let real = |sketch: &Sketch, text: &str| {
        sketch.write("models/real.toml", text);
        match model::load(&sketch.root().join("models/real.toml")) {
            Ok(_) => "fine".to_owned(),
            Err(error) => sketch.rendered(&error),
        }
    };
    let cases = [
        ("another id than the file's", "\"real\"", "\"reel\""),
        ("a dialect that is none", "openai-chat", "openai"),
        ("a path in the base URL", "example.com", "example.com/v1/chat/completions"),
        ("a version in the base URL", "example.com", "example.com/proxy/v1/"),
        ("no scheme in the base URL", "https://api", "api"),
        ("a provider of another dialect", "base_url", "kind = \"gemini\"\nbase_url"),
        ("a key in the base URL", "https://api", "https://user:sk-secret@api"),
        ("a key for its variable", "SOMEBODY_API_KEY", "sk-secret-123"),
        ("a key among the headers", "[limits]", "[endpoint.headers]\nx-api-key = \"sk-secret\"\n\n[limits]"),
        ("a key in the body", "base_url", "extra_body = { a = { api_key = \"sk-secret\" } }\nbase_url"),
        ("a body of its own", "base_url", "extra_body = { model = \"other\" }\nbase_url"),
        ("two keys", "key_env", "key_file = \"key\"\nkey_env"),
        ("a proof without a key", "key_env = \"SOMEBODY_API_KEY\"", "auth = \"bearer\""),
        ("a proof of another place", "base_url", "auth = \"sigv4\"\nbase_url"),
        ("a version of another place", "base_url", "api_version = \"1\"\nbase_url"),
        ("a path that does not begin", "base_url", "path = \"chat\"\nbase_url"),
        ("a path with an unknown part", "base_url", "path = \"/{name}\"\nbase_url"),
        ("Vertex without its place", "base_url", "kind = \"vertex\"\nbase_url"),
        (
            "Bedrock without its region",
            "dialect = \"openai-chat\"",
            "dialect = \"anthropic-messages\"\nkind = \"bedrock\"",
        ),
        (
            "a limit of two names",
            "\"openai-chat\"",
            "\"openai-responses\"\nmax_tokens_field = \"max_tokens\"",
        ),
        ("both an endpoint and sim", "[limits]", "[sim]\n\n[limits]"),
        ("a bare date", "weights", "released = 2026-01-02\nweights"),
        ("a day that is none", "weights", "released = \"2026-02-30\"\nweights"),
        ("a cutoff in words", "weights", "cutoff = \"January 2026\"\nweights"),
        ("a negative price", "[limits]", "[prices]\ninput = -3\noutput = 15\n\n[limits]"),
        ("half the prices", "[limits]", "[prices]\ninput = 3\n\n[limits]"),
        ("no context window", "context = 200_000", "context = 0"),
        ("output above the window", "output = 8_000", "output = 300_000"),
    ];
    let mut out = gallery(REAL, &cases, real);
    let sim = |sketch: &Sketch, text: &str| {
        sketch.write("models/sim.toml", text);
        match model::load(&sketch.root().join("models/sim.toml")) {
            Ok(_) => "fine".to_owned(),
            Err(error) => sketch.rendered(&error),
        }
    };
    let cases = [
        ("a skill above 1", "default = 0.5", "\"bare/generic\" = 1.5"),
        ("a skill for no arm", "default = 0.5", "bare = 0.5"),
        ("neither an endpoint nor sim", "[sim]\nskill = { default = 0.5 }\n", ""),
        ("a character that is none", "skill =", "character = \"enginer\"\nskill ="),
    ];
    out.push_str(&gallery(SIM, &cases, sim));
    assert!(!out.contains("sk-secret"), "a key was shown");
    insta::assert_snapshot!(out);
}

#[test]
fn of_harnesses() {
    let cases = [
        ("another name than the folder's", "\"robot\"", "\"robots\""),
        ("no dialect", "[\"openai-chat\"]", "[]"),
        ("a place that is none", "\"appended\"", "\"append\""),
        ("nothing to check in the pack", "complete = [\"bin/robot\"]\n", ""),
        ("a file that is not there", "[run]", "[run.files]\n\"{{ home }}/x\" = \"harnes.toml\"\n\n[run]"),
        (
            "a normaliser that is no expression",
            "[run]",
            "[[normalisers]]\npattern = 'id=(\\w+'\nwith = \"id\"\nreason = \"made up\"\n\n[run]",
        ),
        ("two commands in one text", "command = [\"{{ pack }}/bin/robot\"]", "command = \"robot --yes\""),
    ];
    insta::assert_snapshot!(gallery(HARNESS, &cases, |sketch, text| {
        sketch.write("harnesses/robot/harness.toml", text);
        match harness::load(&sketch.root().join("harnesses/robot")) {
            Ok(_) => "fine".to_owned(),
            Err(error) => sketch.rendered(&error),
        }
    }));
}

#[test]
fn of_tasks() {
    let cases = [
        ("misspelt key", "network_mode", "netwrok_mode"),
        (
            "hosts that are none",
            "\"no-network\"",
            "\"allowlist\"\nallowed_hosts = [\"a.test\", \"https://b.test\"]",
        ),
        ("addresses let through", "\"no-network\"", "\"allowlist\"\nallowed_hosts = [\"203.0.113.0/24\"]"),
        ("a list in another mode", "\"no-network\"", "\"no-network\"\nallowed_hosts = [\"a.test\"]"),
        ("a GPU", "[environment]", "[environment]\ngpus = 1"),
        ("Windows", "[environment]", "[environment]\nos = \"windows\""),
        ("servers of tools", "[environment]", "[[environment.mcp_servers]]\nname = \"x\"\n\n[environment]"),
        ("a step without its directory", "[environment]", "[[steps]]\nname = \"one\"\n\n[environment]"),
        ("a step outside", "[environment]", "[[steps]]\nname = \"../one\"\n\n[environment]"),
        ("a strategy without steps", "[environment]", "multi_step_reward_strategy = \"mean\"\n[environment]"),
        (
            "a healthcheck without its command",
            "[environment]",
            "[environment.healthcheck]\nretries = 2\n\n[environment]",
        ),
        (
            "a hook in another container",
            "[environment]",
            "[[verifier.collect]]\ncommand = \"x\"\nservice = \"db\"\n\n[environment]",
        ),
        (
            "an artifact put outside",
            "[environment]",
            "artifacts = [{ source = \"/x\", destination = \"../x\" }]\n[environment]",
        ),
        ("a relative directory", "[environment]", "[environment]\nworkdir = \"app\""),
        ("one key twice", "[environment]", "[environment]\ncpus = 1\ncpus = 2"),
        (
            "shared tests with another network",
            "[environment]",
            "[verifier]\nnetwork_mode = \"public\"\n\n[environment]",
        ),
        ("a size that is none", "[environment]", "[environment]\nmemory = \"much\""),
        (
            "the older key beside the newer",
            "[environment]",
            "[environment]\nmemory = \"2G\"\nmemory_mb = 1024",
        ),
        (
            "a variable that is not set",
            "[environment]",
            "[solution.env]\nKEY = \"${NOT_SET}\"\n\n[environment]",
        ),
        ("a later format", "\"1.4\"", "\"2.0\""),
        ("a flag that is none", "[environment]", "[metadata]\nkeep_processes = \"yes\"\n\n[environment]"),
        ("a mark that is none", "[environment]", "[metadata]\nfalls_to = \"git-dig\"\n\n[environment]"),
        (
            "marks without an attack and without a reason",
            "[environment]",
            "[metadata.falls_to]\ngit-dug = \"x\"\nexit-zero = \" \"\n\n[environment]",
        ),
        ("a limit of no time", "[environment]", "[agent]\ntimeout_sec = 0\n\n[environment]"),
        (
            "a second container",
            "[environment]",
            "artifacts = [{ source = \"/x\", service = \"db\" }]\n[environment]",
        ),
    ];
    insta::assert_snapshot!(gallery(TASK, &cases, |sketch, text| {
        sketch.task("tasks/fix/one", text);
        match task::load(&sketch.root().join("tasks/fix/one"), &Host::of(&no_env)) {
            Ok(_) => "fine".to_owned(),
            Err(error) => sketch.rendered(&error),
        }
    }));
}

#[test]
fn of_what_a_sweep_names() {
    let cases = [
        ("a model that is not there", "\"sim\"", "\"sin\""),
        ("a harness that is not there", "robot/specific", "robt/specific"),
        ("a task that is not there", "tasks/*/*", "tasks/fixx/*"),
        ("a pattern that finds nothing", "tasks/*/*", "tasks/*"),
        ("a pattern that is none", "tasks/*/*", "tasks/{fix"),
        ("a family that is not there", "attempts", "families = [\"prot\"]\nattempts"),
        ("money without prices", "tokens = 400_000", "tokens = 1.0\nmeter = \"price\""),
        ("two at once", "[\"sim\"]", "[\"sin\"]\nfamilies = [\"prot\"]"),
    ];
    insta::assert_snapshot!(gallery(SWEEP, &cases, Sketch::resolved));
}

#[test]
fn of_files_a_sweep_needs() {
    let mut out = String::new();
    let mut show = |title: &str, change: &dyn Fn(&Sketch)| {
        let sketch = Sketch::new();
        change(&sketch);
        writeln!(out, "== {title}\n{}", sketch.resolved(SWEEP)).unwrap();
    };
    show("no tests", &|sketch| {
        sketch.remove("tasks/fix/one/tests/test.sh").write("tasks/fix/one/tests/tests.sh", "");
    });
    show("no Dockerfile, no instruction", &|sketch| {
        sketch.remove("tasks/fix/one/environment/Dockerfile").remove("tasks/fix/one/instruction.md");
    });
    show("two containers", &|sketch| {
        sketch.write("tasks/fix/one/environment/docker-compose.yaml", "services: { main: {}, db: {} }\n");
    });
    show("a task that asks for the network", &|sketch| {
        sketch.task("tasks/fix/one", "[environment]\nallow_internet = true\n");
    });
    show("a solution that is not there, for sim to play", &|sketch| {
        sketch.remove("tasks/fix/one/solution/solve.sh");
    });
    show("a harness that cannot be root", &|sketch| {
        sketch.write("harnesses/robot/harness.toml", &HARNESS.replace("[run]", "[run]\nroot = false"));
    });
    show("no prompt of its own", &|sketch| {
        sketch.write("models/sim.toml", &SIM.replace("[prompts]\nspecific = \"prompts/sim.md\"\n", ""));
    });
    show("a prompt's file that is not there", &|sketch| {
        sketch.remove("models/prompts/sim.md").write("models/prompts/simm.md", "");
    });
    show("an empty prompt", &|sketch| {
        sketch.write("models/prompts/generic.md", "\n");
    });
    show("two tasks of one name", &|sketch| {
        sketch.task("tasks/odd/two", "[metadata]\nfamily = \"port\"\n");
    });
    insta::assert_snapshot!(out);
}

#[test]
fn of_a_sweep_that_is_not_there() {
    let sketch = Sketch::new();
    let error = sweep::load(&sketch.root().join("sweeps/dmeo.toml")).unwrap_err();
    insta::assert_snapshot!(sketch.rendered(&error));
}

#[test]
fn in_one_line() {
    let sketch = Sketch::new();
    sketch.write("sweeps/demo.toml", &SWEEP.replace("attempts", "attemps"));
    let error = sweep::load(&sketch.root().join("sweeps/demo.toml")).unwrap_err();
    let line = error.to_string().replace(&format!("{}/", sketch.root().display()), "");
    assert!(
        line.starts_with("sweeps/demo.toml:5:1: unknown key `attemps` (did you mean `attempts`?"),
        "{line}"
    );
}

#[test]
fn colour_changes_nothing_but_the_colour() {
    let sketch = Sketch::new();
    sketch.write("sweeps/demo.toml", &SWEEP.replace("attempts", "attemps"));
    let error = sweep::load(&sketch.root().join("sweeps/demo.toml")).unwrap_err();
    let coloured = error.render(true);
    let mut plain = String::new();
    let mut escaped = false;
    for c in coloured.chars() {
        match c {
            '\u{1b}' => escaped = true,
            'm' if escaped => escaped = false,
            _ if escaped => {}
            _ => plain.push(c),
        }
    }
    assert_ne!(coloured, plain);
    assert_eq!(plain, error.render(false));
}
