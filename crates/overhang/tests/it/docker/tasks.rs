//! Tasks: every feature of Harbor's format through a real trial, imports, checks, and what broken tasks are told.

use std::{
    collections::BTreeMap,
    process::{Command, Stdio},
    time::Duration,
};

use docker::DockerEngine;
use ledger::{Event, Outcome, run::Line};
use rustix::process::{Pid, Signal, kill_process};
use sandbox::{Engine, Owner};

use vocabulary::FlagName;

use crate::lab::{Lab, copy, flags, program, text};

/// A lab whose tasks are those of `fixtures/harbor`, in one family.
fn harbor() -> Lab {
    let lab = Lab::new();
    fs_err::remove_dir_all(lab.root().join("tasks")).unwrap();
    copy(&lab.root().join("harbor"), &lab.root().join("tasks/harbor"));
    lab
}

#[test]
fn tasks_of_harbor_give_the_rewards_they_state() {
    let lab = harbor();
    lab.sweep("expert", &["bare/generic"], "tasks/harbor/*", 2_000_000, "");
    lab.run();
    let ends = lab.ends();
    let of = |name: &str| {
        let end = ends.values().find(|end| end.trial.0.contains(&format!("harbor/{name}:"))).unwrap();
        (
            end.outcome,
            end.rewards.iter().map(|(name, value)| format!("{name} {value}")).collect::<Vec<_>>().join(", "),
        )
    };
    for (task, outcome, rewards) in [
        ("hello-world", Outcome::Pass, "reward 1"),
        ("healthcheck", Outcome::Pass, "reward 1"),
        ("healthcheck-of-image", Outcome::Pass, "reward 1"),
        ("user", Outcome::Pass, "reward 1"),
        ("workdir", Outcome::Pass, "reward 1"),
        ("steps-mean", Outcome::Pass, "reward 1"),
        ("steps-final", Outcome::Pass, "reward 1, style 1"),
        // The first step's reward is less than it asks for: the second is not begun, and does not count.
        ("steps-stopped", Outcome::Fail, "reward 0.25"),
        ("rewards", Outcome::Fail, "exactness 1, speed 0.5"),
        ("artifacts", Outcome::Pass, "reward 1"),
        ("verifier-image", Outcome::Pass, "reward 1"),
    ] {
        assert_eq!(of(task), (outcome, rewards.to_owned()), "{task}: {:?}", ends);
    }
    assert_eq!(ends.len(), 11);
    assert_eq!(ends.values().find(|end| end.trial.0.contains("/rewards:")).unwrap().score, Some(0.75));
}

/// It is started for each step, in a container where it has done its work: a start that no engine would make.
#[test]
fn an_entrypoint_that_ends_in_a_later_step_says_nothing_of_health() {
    let lab = harbor();
    let file = "tasks/harbor/steps-mean/environment/Dockerfile";
    let image = fs_err::read_to_string(lab.root().join(file)).unwrap();
    let once = r#"["bash", "-c", "[ ! -e /once ] && touch /once && exec \"$@\"", "-"]"#;
    lab.write(file, &format!("{image}\nHEALTHCHECK --interval=1s CMD sleep 1\nENTRYPOINT {once}\n"));
    lab.sweep("expert", &["bare/generic"], "tasks/harbor/steps-mean", 2_000_000, "");
    lab.run();
    let ends = lab.ends();
    assert_eq!(ends.values().map(|end| end.outcome).collect::<Vec<_>>(), [Outcome::Pass], "{ends:?}");
}

/// A task that asks for a file `done`, with its tests' text.
fn task(lab: &Lab, path: &str, toml: &str, dockerfile: &str, test: &str) {
    lab.write(&format!("{path}/task.toml"), toml)
        .write(&format!("{path}/instruction.md"), "Make a file called done.\n")
        .write(&format!("{path}/environment/Dockerfile"), dockerfile)
        .write(&format!("{path}/tests/test.sh"), &format!("#!/bin/bash\n{test}\n"))
        .write(&format!("{path}/solution/solve.sh"), "touch done\n");
}

const PLAIN: &str = "[verifier]\ntimeout_sec = 5\n[environment]\nnetwork_mode = \"no-network\"\n";
const BASE: &str = "FROM overhang/base:1\nWORKDIR /app\n";

#[test]
fn an_import_says_what_can_run_and_a_sweep_takes_the_rest_for_void() {
    let lab = Lab::new();
    fs_err::remove_dir_all(lab.root().join("tasks/files")).unwrap();
    // The canary in this machine's environment reaches neither the task nor the test.
    let good = "[ -e done ] && [ \"$OWN\" = none ] && echo 1 > /logs/verifier/reward.txt";
    let asks = "[verifier.env]\nOWN = \"${SOMEBODY_API_KEY:-none}\"\n";
    task(&lab, "source/good", &format!("{PLAIN}{asks}"), BASE, good);
    task(&lab, "source/unsolved", PLAIN, BASE, "echo 0 > /logs/verifier/reward.txt");
    task(&lab, "source/gpu", &format!("{PLAIN}gpus = 1\n"), BASE, good);
    task(&lab, "source/greedy", &format!("{PLAIN}cpus = 1e308\n"), BASE, good);
    task(&lab, "source/unset", &format!("{PLAIN}env = {{ KEY = \"${{NOBODY_SETS_THIS}}\" }}\n"), BASE, good);
    task(&lab, "source/two-containers", PLAIN, BASE, good);
    lab.write("source/two-containers/environment/docker-compose.yaml", "services: { main: {}, db: {} }\n");
    for (name, test) in [
        ("endless", "sleep infinity"),
        ("nan", "echo nan > /logs/verifier/reward.txt"),
        ("list", "echo '[1]' > /logs/verifier/reward.json"),
        ("empty", "touch /logs/verifier/reward.txt"),
        ("crash", r"printf '\033]0;owned\007\302\233no such module' >&2; exit 3"),
    ] {
        let toml = PLAIN.replace("= 5", if name == "endless" { "= 1" } else { "= 5" });
        task(&lab, &format!("source/{name}"), &toml, BASE, test);
    }
    let over = "HEALTHCHECK --interval=1s CMD sleep 1\nENTRYPOINT [\"bash\", \"-c\", \"echo all set up\"]\n";
    task(&lab, "source/over", PLAIN, &format!("{BASE}{over}"), good);
    task(&lab, "source/user", &PLAIN.replace("= 5", "= 5\nuser = \"nobody-here\""), BASE, good);
    task(&lab, "source/typo", PLAIN, "FROM overhang/base:1\nRUNN true\n", good);
    task(&lab, "source/build", PLAIN, &format!("{BASE}RUN seq 30 && false\n"), good);
    task(&lab, "source/history", PLAIN, &format!("{BASE}{REPOSITORY}"), good);

    let mut import = lab.overhang(&["task", "import", "source"]);
    let output = import.env("SOMEBODY_API_KEY", "canary-5b1e").output().unwrap();
    let told = text(&output.stderr);
    assert!(output.status.success(), "{told}");
    assert!(told.contains("good asks for this machine's SOMEBODY_API_KEY (verifier.env.OWN)"), "{told}");
    let said = lab.redacted(&output.stdout);
    assert!(!format!("{told}{said}").contains("canary-5b1e"), "{told}{said}");
    let why = |task: &str| {
        let (_, rest) = said.split_once(&format!("{task}: ")).unwrap_or_else(|| panic!("{task}: {said}"));
        rest.split_inclusive('\n').take_while(|line| !line.is_empty()).take(26).collect::<String>()
    };
    for (task, told) in [
        ("unsolved", "void\n  its solution scores 0"),
        ("gpu", "refused\n  task.toml:5: `environment.gpus` is not supported: containers get no GPU"),
        ("greedy", "void\n  its solution has no verdict, ENGINE: the engine could not create a container"),
        ("unset", "not ready\n  task.toml:5: the variable `NOBODY_SETS_THIS` is not set on this machine"),
        (
            "two-containers",
            "broken\n  `environment/docker-compose.yaml:1`: `services.db`: it has neither `image` nor `build`",
        ),
        (
            "endless",
            "void\n  its solution has no verdict, VERIFIER_CRASH: tests/test.sh: the tests ran into their limit of 1 s",
        ),
        ("nan", "reward.txt holds `nan`, which is not a finite number"),
        ("list", "reward.json is not an object of names and numbers"),
        ("empty", "reward.txt is empty"),
        (
            "crash",
            "it wrote no reward, neither reward.txt nor reward.json (it returned 3)\n  | \u{fffd}]0;owned\u{fffd}\u{fffd}no such module",
        ),
        ("over", "TASK_SETUP: the image's entrypoint has ended: it returned 0: all set up"),
        ("user", "TASK_SETUP: the tests' user: there is no user `nobody-here`"),
        ("typo", "RUNN"),
        ("history", "has 2 commits and"),
    ] {
        assert!(why(task).contains(told), "{task}: {}", why(task));
    }
    // The last lines of the build's log, and where the rest is.
    let build = why("build");
    assert!(
        build.contains("\n  | 30\n")
            && !build.contains("\n  | 5\n")
            && build.contains("the whole output of the build is in"),
        "{build}"
    );
    assert!(said.contains("1 valid"), "{said}");

    // Refused ones were not taken; void ones stay in the plan, without a container or a call.
    let listed = text(&lab.overhang(&["task", "list", "tasks/source"]).output().unwrap().stdout);
    assert!(listed.contains("broken 1, not ready 1, refused 1, runs 1, void 12"), "{listed}");
    lab.sweep("expert", &["bare/generic"], "tasks/source/*", 400_000, "");
    lab.run();
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    for end in lab.ends().values() {
        *outcomes.entry(end.outcome.code()).or_default() += 1;
        if end.outcome == Outcome::TaskInvalid {
            assert_eq!((end.score, end.spent.calls), (None, 0), "{end:?}");
        }
    }
    assert_eq!(outcomes, BTreeMap::from([("PASS", 1), ("TASK_INVALID", 12)]));

    lab.edit("tasks/source/good/tests/test.sh", "done", "gone");
    let output = lab.overhang(&["plan", "sweep.toml"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("no longer those that were imported"), "{}", text(&output.stderr));
}

const REPOSITORY: &str = r#"RUN git init -q . && git config user.name a && git config user.email a@example.org \
    && git commit -q --allow-empty -m one && git commit -q --allow-empty -m two
"#;

/// Lists the network's interfaces where an agent or tests run.
const INTERFACES: &str = "ls /sys/class/net";

#[test]
fn agent_and_tests_each_have_the_network_that_the_task_says() {
    let lab = Lab::new();
    fs_err::remove_dir_all(lab.root().join("tasks")).unwrap();
    let alone = "network_mode = \"no-network\"";
    let open = "network_mode = \"public\"";
    for (name, agent, tests) in
        [("tests-only", alone, open), ("agent-only", open, alone), ("both", open, open)]
    {
        let toml = format!(
            "[agent]\n{agent}\n[verifier]\nenvironment_mode = \"separate\"\n{tests}\n[environment]\n{open}\n"
        );
        let seen = |here: &str, mode: &str| {
            format!("[ {} \"$({here})\" = lo ]", if mode == alone { "" } else { "!" })
        };
        let test = format!(
            "{} && {} && echo 1 > /logs/verifier/reward.txt",
            seen("cat done", agent),
            seen(INTERFACES, tests)
        );
        let path = format!("tasks/net/{name}");
        task(&lab, &path, &toml, BASE, &test);
        lab.write(&format!("{path}/solution/solve.sh"), &format!("{INTERFACES} > done\n"));
    }
    lab.sweep("expert", &["bare/generic"], "tasks/net/*", 400_000, "network = \"task\"");
    lab.run();
    for end in lab.ends().values() {
        assert_eq!(end.outcome, Outcome::Pass, "{}: {}", end.trial, end.detail);
    }
}

#[test]
fn tuning_on_the_split_test_is_recorded_when_it_is_done_all_the_same() {
    let lab = Lab::new();
    lab.edit("tasks/words/greet/task.toml", "[metadata]", "[metadata]\nsplit = \"test\"");
    lab.sweep("expert", &["bare/generic"], "tasks/words/greet", 400_000, "tuning = true");
    let run = ["run", "sweep.toml", "--run-dir", "run", "--i-know"];
    let output = lab.overhang(&run).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let recorded =
        |line: &Line| matches!(&line.event, Event::Flag { flag, .. } if *flag == FlagName::TunedOnTest);
    assert_eq!(lab.lines().iter().filter(|line| recorded(line)).count(), 1);
    let flags = flags(&lab.report());
    assert!(
        flags.iter().any(|flag| flag.starts_with("TUNED_ON_TEST: ") && flag.contains("words/greet")),
        "{flags:?}"
    );
}

#[test]
fn a_new_task_proves_itself_once_it_is_filled_in() {
    let lab = Lab::new();
    let output = lab.overhang(&["task", "new", "fresh/total"]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let check = || {
        let output = lab.overhang(&["task", "check", "fresh/total", "--rounds", "1"]).output().unwrap();
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    };
    let mut as_json = lab.overhang(&["task", "check", "fresh/total", "--rounds", "1", "--json"]);
    let output = as_json.output().unwrap();
    let (code, said) = (output.status.code(), text(&output.stderr));
    crate::schema::document("task-check", &output.stdout);
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("scaffold: instruction.md still says FILL IN"), "{said}");
    for entry in walkdir::WalkDir::new(lab.root().join("tasks/fresh")).into_iter().map(Result::unwrap) {
        if entry.file_type().is_file() {
            let filled = fs_err::read_to_string(entry.path()).unwrap().replace("FILL IN: ", "");
            fs_err::write(entry.path(), filled).unwrap();
        }
    }
    let (code, said) = check();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("1 of 1 tasks prove themselves"), "{said}");

    // What must not be: an image that holds the tests and takes them away again, a solution that needs a network.
    lab.edit(
        "tasks/fresh/total/environment/Dockerfile",
        "COPY",
        "COPY judge.py /judge.py\nRUN rm /judge.py\nCOPY",
    );
    fs_err::copy(
        lab.root().join("tasks/fresh/total/tests/box.py"),
        lab.root().join("tasks/fresh/total/environment/judge.py"),
    )
    .unwrap();
    lab.edit("tasks/fresh/total/wrong/second/solve.sh", "print sum", "print sum + 0");
    let (_, advice) = agent::TEXTS.iter().find(|(name, _)| *name == "refused.md").unwrap();
    lab.edit("tasks/fresh/total/instruction.md", "\n", &format!("\n{advice}\n"));
    let (code, said) = check();
    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("leak: a layer of the image holds /judge.py"), "{said}");
    assert!(said.contains("score: wrong/second scores 1, not 0"), "{said}");
    let overlap =
        "the instruction and the prompt refused.md of the bare loop share “you did not go on with the task”";
    assert!(said.contains(overlap), "{said}");
}

#[tokio::test]
async fn ctrl_c_in_a_check_leaves_no_container() {
    let lab = Lab::new();
    lab.write("tasks/words/greet/solution/solve.sh", "sleep infinity\n");
    let mut command = Command::new(program());
    command.args(["task", "check", "words/greet", "words/count"]).current_dir(lab.root());
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let (pid, id) = (Pid::from_child(&child), child.id());
    let engine = DockerEngine::connect().await.unwrap();
    let own = async || {
        let listed = engine.list(None).await.unwrap();
        listed.into_iter().filter(|one| one.owner.parse().is_ok_and(|owner: Owner| owner.pid == id)).count()
    };
    while own().await == 0 {
        assert_eq!(child.try_wait().unwrap(), None, "the check ended too early");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    kill_process(pid, Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130), "{}", text(&output.stderr));
    assert_eq!(own().await, 0);
}
