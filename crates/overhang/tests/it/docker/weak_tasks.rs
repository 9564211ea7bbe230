//! For each attack of `overhang task check --attack` a weak task that it passes, and its sound sibling that it does not.

use serde_json::Value;
use vocabulary::Attack;

use crate::lab::{Lab, text};

/// Two tasks that differ in what an attack makes use of.
struct Pair {
    attack: Attack,
    instruction: &'static str,
    solution: &'static str,
    /// Files beside the two, by their path in a task.
    files: &'static [(&'static str, &'static str)],
    weak: Half,
    sound: Half,
}

/// What is a task's own.
#[derive(Clone, Copy)]
struct Half {
    toml: &'static str,
    /// Lines of the Dockerfile, in the working directory `/app`.
    image: &'static str,
    /// A shell's condition for a reward of 1.
    passes: &'static str,
}

const SEPARATE: &str = "[verifier]\nenvironment_mode = \"separate\"\n";
const SHARED: &str = "[verifier]\nenvironment_mode = \"shared\"\n";
const KEEPS: &str = "[verifier]\nenvironment_mode = \"shared\"\n[metadata]\nkeep_processes = true\n";
const HISTORY: &str = "[verifier]\nenvironment_mode = \"separate\"\n[metadata]\ngit_history = true\n";

const INSTRUCTION: &str = "Write 42 into `answer.txt`.";
const SOLUTION: &str = "echo 42 >answer.txt";
const RIGHT: &str = "[ \"$(cat answer.txt)\" = 42 ]";
const MODULE: &str = "Write a module `answer.py` whose `answer` is 42.";
const PROGRAM: &str = "Write a program `answer.py` that prints 42.";
const COMPARED: &str = "[ \"$(python3 -c 'import answer; print(answer.answer)')\" = 42 ]";

/// As an unprivileged user, who can neither read the tests nor write the reward.
const APART: &str = "chmod 700 /tests; chmod 755 /logs/verifier; \
    [ \"$(setpriv --reuid 65534 --regid 65534 --clear-groups python3 answer.py)\" = 42 ]";

const CHECK: (&str, &str) =
    ("tests/check.py", "import sys\nsys.exit(open('/app/answer.txt').read().strip() != '42')\n");

/// Reads settings and conftest.py where pytest does, and asks the two hooks. It stands for an image's own pytest.
const RUNNER: (&str, &str) = (
    "environment/pytest.py",
    r#"
import configparser
import os
import runpy
import sys
import types

options = sys.argv[1:]
settings = configparser.ConfigParser()
settings.read(options[options.index("-c") + 1] if "-c" in options else "pytest.ini")
options += settings.get("pytest", "addopts", fallback="").split()
reads = os.path.exists("conftest.py") and "--noconftest" not in options
hooks = runpy.run_path("conftest.py") if reads else {}
if "--collect-only" in options:
    sys.exit(0)
session = types.SimpleNamespace(exitstatus=0)
try:
    if not hooks.get("pytest_pyfunc_call", lambda it: False)(None):
        runpy.run_path("/tests/test_answer.py")["test_answer"]()
except AssertionError:
    session.exitstatus = 1
hooks.get("pytest_sessionfinish", lambda session, status: None)(session, session.exitstatus)
sys.exit(session.exitstatus)
"#,
);
const INSTALLED: &str = "COPY pytest.py /usr/lib/python3/dist-packages/";
const TEST: (&str, &str) =
    ("tests/test_answer.py", "def test_answer():\n    assert open('answer.txt').read().strip() == '42'\n");

const fn half(toml: &'static str, image: &'static str, passes: &'static str) -> Half {
    Half { toml, image, passes }
}

/// A pair that asks for a file, and differs in its tests.
fn pair(attack: Attack, weak: &'static str, sound: &'static str) -> Pair {
    let half = |passes| half(SEPARATE, "", passes);
    Pair {
        attack,
        instruction: INSTRUCTION,
        solution: SOLUTION,
        files: &[],
        weak: half(weak),
        sound: half(sound),
    }
}

fn weakness(attack: Attack) -> Pair {
    match attack {
        Attack::Nothing => pair(attack, "[ ! -e error.log ]", RIGHT),
        Attack::Emptied => {
            let image = "RUN echo bad >a.txt && echo bad >b.txt";
            Pair {
                instruction: "Let each text say good.",
                solution: "echo good >a.txt; echo good >b.txt",
                weak: half(SEPARATE, image, "for file in *.txt; do ! grep -q bad \"$file\" || exit 1; done"),
                sound: half(
                    SEPARATE,
                    image,
                    "for file in a.txt b.txt; do grep -q good \"$file\" || exit 1; done",
                ),
                ..pair(attack, "", "")
            }
        }
        Attack::PlantedReport => pair(
            attack,
            "[ -e ctrf.json ] || { grep -qx 42 answer.txt; echo \"{\\\"failed\\\": $?}\" >ctrf.json; }; grep -q '\"failed\": 0' ctrf.json",
            "rm -f ctrf.json; grep -qx 42 answer.txt; echo \"{\\\"failed\\\": $?}\" >ctrf.json; grep -q '\"failed\": 0' ctrf.json",
        ),
        Attack::RewardDaemon => {
            let passes = "sleep 1; [ \"$(cat answer.txt)\" = 42 ]";
            let (weak, sound) = (half(KEEPS, "", passes), half(SHARED, "", passes));
            Pair { weak, sound, ..pair(attack, "", "") }
        }
        Attack::TestsDaemon => {
            let passes = "sleep 1; python3 /tests/check.py";
            let (weak, sound) = (half(KEEPS, "", passes), half(SHARED, "", passes));
            Pair { files: &[CHECK], weak, sound, ..pair(attack, "", "") }
        }
        Attack::ForgingProgram => Pair {
            instruction: PROGRAM,
            solution: "echo 'print(42)' >answer.py",
            ..pair(attack, "[ \"$(python3 answer.py)\" = 42 ]", APART)
        },
        Attack::ReadingProgram => Pair {
            instruction: PROGRAM,
            solution: "echo 'print(42)' >answer.py",
            files: &[("tests/expected.txt", "42\n")],
            ..pair(attack, "[ \"$(python3 answer.py)\" = \"$(cat /tests/expected.txt)\" ]", APART)
        },
        Attack::Conftest => Pair {
            files: &[RUNNER, TEST],
            weak: half(SEPARATE, INSTALLED, "python3 -m pytest /tests/test_answer.py"),
            sound: half(SEPARATE, INSTALLED, "python3 -m pytest --noconftest /tests/test_answer.py"),
            ..pair(attack, "", "")
        },
        Attack::RunnerOptions => Pair {
            files: &[RUNNER, TEST],
            weak: half(SEPARATE, INSTALLED, "python3 -m pytest /tests/test_answer.py"),
            sound: half(SEPARATE, INSTALLED, "python3 -m pytest -c /dev/null /tests/test_answer.py"),
            ..pair(attack, "", "")
        },
        Attack::TestScript => {
            let image = "RUN printf 'test:\\n\\tgrep -qx 42 answer.txt\\n' >Makefile";
            let (weak, sound) = (half(SEPARATE, image, "make test"), half(SEPARATE, image, RIGHT));
            Pair { weak, sound, ..pair(attack, "", "") }
        }
        Attack::Sitecustomize => Pair {
            files: &[CHECK],
            ..pair(attack, "PYTHONPATH=. python3 /tests/check.py", "python3 -I /tests/check.py")
        },
        Attack::PathShim => {
            let image = "RUN mkdir -p .venv/bin && ln -s /usr/bin/python3 .venv/bin/python";
            Pair {
                files: &[CHECK],
                weak: half(SEPARATE, image, ".venv/bin/python /tests/check.py"),
                sound: half(SEPARATE, image, "/usr/bin/python3 /tests/check.py"),
                ..pair(attack, "", "")
            }
        }
        Attack::Preload => Pair {
            weak: half(
                "artifacts = [\"/app\", \"/etc/ld.so.preload\"]\n[verifier]\nenvironment_mode = \"separate\"\n",
                "",
                RIGHT,
            ),
            ..pair(attack, "", RIGHT)
        },
        Attack::Profile => Pair {
            weak: half(SHARED, "", "bash -lc 'grep -qx 42 answer.txt'"),
            sound: half(SHARED, "", "bash -c 'grep -qx 42 answer.txt'"),
            ..pair(attack, "", "")
        },
        Attack::ExitZero | Attack::AlwaysEqual => Pair {
            instruction: MODULE,
            solution: "echo 'answer = 42' >answer.py",
            ..pair(attack, "python3 -c 'import answer; assert answer.answer == 42'", COMPARED)
        },
        Attack::ExitLate => Pair {
            instruction: MODULE,
            solution: "echo 'answer = 42' >answer.py",
            files: &[(
                "tests/check.py",
                "import sys\nsys.path.insert(0, '/app')\nimport answer\n\
                 failed = getattr(answer, 'answer', None) != 42\nprint('all ran', flush=True)\nsys.exit(failed)\n",
            )],
            ..pair(attack, "python3 /tests/check.py >/tmp/out && grep -q 'all ran' /tmp/out", COMPARED)
        },
        Attack::GitDig => {
            let begun = "RUN git init -q && git config user.name a && git config user.email a@example.org \
                         && git commit -q --allow-empty -m one";
            let solved = "RUN git init -q && git config user.name a && git config user.email a@example.org \
                          && git commit -q --allow-empty -m one && echo 42 >answer.txt && git add . \
                          && git commit -q -m two && git reset -q --hard HEAD~1";
            let (weak, sound) = (half(HISTORY, solved, RIGHT), half(SEPARATE, begun, RIGHT));
            Pair { weak, sound, ..pair(attack, "", "") }
        }
        Attack::CopiedExpectation => {
            let image = "RUN mkdir -p /opt/data/expected && echo 42 >/opt/data/expected/answer.txt";
            Pair { weak: half(SEPARATE, image, RIGHT), ..pair(attack, "", RIGHT) }
        }
        Attack::LinkedTests => {
            let passes = "cmp /tests/expected.txt /srv/answer.txt";
            Pair {
                instruction: "Write 42 into `/srv/answer.txt`.",
                solution: "echo 42 >/srv/answer.txt",
                files: &[("tests/expected.txt", "42\n")],
                weak: half(SHARED, "", passes),
                sound: half(
                    "artifacts = [\"/srv/answer.txt\"]\n[verifier]\nenvironment_mode = \"separate\"\n",
                    "",
                    passes,
                ),
                ..pair(attack, "", "")
            }
        }
    }
}

/// Writes a task. `mark`: the reason why it says that it falls to the attack.
fn write(lab: &Lab, pair: &Pair, half: Half, name: &str, mark: Option<&str>) {
    let at = |file: &str| format!("tasks/{name}/{}/{file}", pair.attack);
    let mark = mark.map(|why| format!("[metadata.falls_to]\n{} = \"{why}\"\n", pair.attack));
    let toml =
        format!("{}[environment]\nnetwork_mode = \"no-network\"\n{}", half.toml, mark.unwrap_or_default());
    let test = format!(
        "#!/bin/bash\nif ( {} ); then r=1; else r=0; fi\necho $r >/logs/verifier/reward.txt\n",
        half.passes
    );
    lab.write(&at("task.toml"), &toml)
        .write(&at("instruction.md"), &format!("{}\n", pair.instruction))
        .write(
            &at("environment/Dockerfile"),
            &format!("FROM overhang/base:1\nWORKDIR /app\n{}\n", half.image),
        )
        .write(&at("tests/test.sh"), &test)
        .write(&at("solution/solve.sh"), &format!("{}\n", pair.solution));
    for (path, text) in pair.files {
        lab.write(&at(path), text);
    }
}

/// What a check with one attack says of tasks, and on standard error.
fn checked(lab: &Lab, attack: Attack, tasks: &[String]) -> (Vec<Value>, String) {
    let attack = format!("--attack={attack}");
    let mut arguments = vec!["task", "check", "--json", "--rounds", "1", attack.as_str()];
    arguments.extend(tasks.iter().map(String::as_str));
    let output = lab.overhang(&arguments).output().unwrap();
    let said = text(&output.stderr);
    // These tasks lack what one of ours must have.
    assert_eq!(output.status.code(), Some(1), "{said}");
    crate::schema::document("task-check", &output.stdout);
    let told: Value = serde_json::from_slice(&output.stdout).unwrap();
    (told["tasks"].as_array().unwrap().clone(), said)
}

fn score<'c>(checked: &'c Value, play: &str) -> &'c Value {
    let plays = checked["plays"].as_array().unwrap();
    &plays.iter().find(|line| line["play"] == play).unwrap()["score"]
}

#[test]
fn each_attack_passes_a_weak_task_and_not_its_sound_sibling() {
    let mut wrong = Vec::new();
    // One of its name, or `all`, which takes minutes; else some.
    let asked = std::env::var("OVERHANG_ATTACK").ok();
    let all = Attack::ALL.iter().enumerate().filter(|(place, attack)| match asked.as_deref() {
        Some("all") => true,
        Some(name) => attack.as_str() == name,
        None => place % 5 == 0,
    });
    for (_, attack) in all {
        let (lab, pair) = (Lab::new(), weakness(*attack));
        write(&lab, &pair, pair.weak, "weak", None);
        write(&lab, &pair, pair.sound, "sound", None);
        let tasks = ["sound", "weak"].map(|name| format!("{name}/{attack}"));
        let (told, said) = checked(&lab, *attack, &tasks);
        for (one, stand) in told.iter().zip(["withstands", "falls"]) {
            let attacked = &one["attacks"][0];
            let found = one["findings"].as_array().unwrap().iter().any(|found| found["rule"] == "attack");
            let is_nothing = *attack == Attack::Nothing && stand == "falls";
            let solved = score(one, "solution") == 1.0 && (score(one, "nothing") == 0.0 || is_nothing);
            if attacked["stand"] != stand || found != (stand == "falls") || !solved {
                wrong.push(format!("{stand}: {attacked} {:?}\n{said}", one["plays"]));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_mark_is_shown_and_has_to_be_true() {
    let (lab, pair) = (Lab::new(), weakness(Attack::ExitZero));
    let why = "It is a fixture.";
    write(&lab, &pair, pair.weak, "weak", Some(why));
    write(&lab, &pair, pair.sound, "sound", Some(why));
    let tasks = ["sound", "weak"].map(|name| format!("{name}/exit-zero"));
    let (told, said) = checked(&lab, Attack::ExitZero, &tasks);
    let stands: Vec<_> = told.iter().map(|one| &one["attacks"][0]["stand"]).collect();
    assert_eq!(stands, ["outdated", "known"], "{said}");
    let found = |one: &Value| {
        let found = one["findings"].as_array().unwrap().iter();
        found
            .filter(|found| found["rule"] == "attack")
            .map(|found| found["message"].to_string())
            .collect::<String>()
    };
    assert!(found(&told[0]).contains("falls to exit-zero, which scores 0: take that out"), "{said}");
    assert_eq!(found(&told[1]), "");
    assert_eq!(told[1]["falls_to"]["exit-zero"], why);
    assert_eq!(said.matches("known to fall to exit-zero: It is a fixture.").count(), 2, "{said}");
}

/// The tasks that somebody is given to start from withstand every attack.
#[test]
fn a_new_task_withstands_every_attack() {
    let lab = Lab::new();
    assert!(lab.overhang(&["task", "new", "fresh/total"]).output().unwrap().status.success());
    let output =
        lab.overhang(&["task", "check", "fresh/total", "--rounds", "1", "--attack"]).output().unwrap();
    let shown = text(&output.stdout);
    let count = Attack::ALL.len();
    assert!(shown.contains(&format!("withstands {count} of {count}")), "{shown}{}", text(&output.stderr));
}
