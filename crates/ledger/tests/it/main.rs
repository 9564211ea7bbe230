//! A run's directory survives crashes, refuses edits, and has one owner.
#![expect(clippy::unwrap_used, reason = "helpers of tests stop the test where something is wrong")]

mod example;

use std::{collections::BTreeMap, io::Write};

use ledger::{Event, Outcome, Plan, RunDir, TrialId, plan::PlannedTrial, run::RunError};

fn plan(seed: u64) -> Plan {
    let sweep: vocabulary::Sweep = serde_json::from_value(serde_json::json!({
        "name": "t", "models": ["m"], "arms": ["bare/generic"], "tasks": ["tasks/*"], "seed": seed,
        "budget": {"tokens": 1000.0},
    }))
    .unwrap();
    let arm: vocabulary::Arm = "bare/generic".parse().unwrap();
    let trials = vec![PlannedTrial {
        id: TrialId::of("m", &arm, "fix/a", 1),
        model: "m".into(),
        arm,
        task: "fix/a".into(),
        attempt: 1,
        block: 0,
    }];
    Plan {
        version: Plan::VERSION,
        sweep,
        trials,
        families: BTreeMap::new(),
        tasks: BTreeMap::new(),
        models: BTreeMap::new(),
        harnesses: BTreeMap::new(),
        preferred: BTreeMap::new(),
        weights: BTreeMap::new(),
        prompts: BTreeMap::new(),
        simulated: vec![],
        planted: Default::default(),
        replay: None,
        program: "test".into(),
    }
}

fn flag(n: u32) -> Event {
    Event::Flag { trial: Some(TrialId("t".into())), flag: vocabulary::FlagName::Loss, detail: n.to_string() }
}

fn opened(plan: &Plan) -> Event {
    Event::Opened {
        plan: plan.digest().unwrap(),
        trials: plan.trials.len(),
        pid: 1,
        host: "host".into(),
        program: vocabulary::Program::from("0.0.0".to_owned()),
        host_facts: BTreeMap::new(),
        harnesses: BTreeMap::new(),
        inputs: None,
        overrides: Default::default(),
    }
}

/// A run that was opened, and nothing else.
fn prepared() -> (tempfile::TempDir, RunDir) {
    let folder = tempfile::tempdir().unwrap();
    let run = RunDir::at(folder.path().join("run"));
    run.prepare(&plan(1)).unwrap();
    run.open().unwrap().0.append(&[opened(&plan(1))]).unwrap();
    (folder, run)
}

#[test]
fn what_is_appended_is_read_back_and_the_chain_goes_on_after_reopening() {
    let (_folder, run) = prepared();
    let (mut ledger, _) = run.open().unwrap();
    ledger.append(&[flag(1), flag(2)]).unwrap();
    drop(ledger);
    let (mut ledger, before) = run.open().unwrap();
    assert_eq!(before.lines.len(), 3);
    ledger.append(&[flag(3)]).unwrap();
    let contents = run.read().unwrap();
    assert_eq!(
        contents.lines.iter().map(|line| line.event.clone()).collect::<Vec<_>>(),
        [opened(&plan(1)), flag(1), flag(2), flag(3)]
    );
    assert_eq!(contents.head, ledger.head());
}

#[test]
fn a_line_is_accepted_as_it_was_written_and_in_no_other_spelling() {
    let (_folder, run) = prepared();
    run.open().unwrap().0.append(&[flag(1)]).unwrap();
    let path = run.path().join("ledger.jsonl");
    let text = fs_err::read_to_string(&path).unwrap();
    let reversed: String = text
        .lines()
        .map(|line| {
            let line: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
            let reversed: serde_json::Map<_, _> = line.into_iter().rev().collect();
            format!("{}\n", serde_json::to_string(&reversed).unwrap())
        })
        .collect();
    let seq = |as_written: &str| text.replace("\"seq\":1}", as_written);
    for other in
        [reversed, seq("\"seq\":1.0}"), seq("\"seq\": 1}"), text.replace("\"pid\":1,", "\"pid\":1.0,")]
    {
        assert_ne!(other, text);
        fs_err::write(&path, other).unwrap();
        assert!(matches!(run.read(), Err(RunError::Damaged { .. })));
    }
}

#[test]
fn a_ledger_is_bound_to_the_plan_it_was_opened_with() {
    // Another plan with its own digest beside it, which no program wrote.
    let (_folder, run) = prepared();
    let looser = plan(2);
    fs_err::write(run.path().join("plan.json"), serde_json::to_vec(&looser).unwrap()).unwrap();
    let stamp = serde_json::json!({"id": run.id().unwrap(), "plan_digest": looser.digest().unwrap()});
    fs_err::write(run.path().join("run.json"), stamp.to_string()).unwrap();
    assert_eq!(run.plan().unwrap(), looser);
    let error = run.read().unwrap_err().to_string();
    assert!(error.contains("line 1: the run was opened with the plan"), "{error}");

    // A ledger that says nothing of a plan.
    let folder = tempfile::tempdir().unwrap();
    let run = RunDir::at(folder.path().join("run"));
    run.prepare(&plan(1)).unwrap();
    run.open().unwrap().0.append(&[flag(1)]).unwrap();
    let error = run.read().unwrap_err().to_string();
    assert!(error.contains("does not say with which plan"), "{error}");
}

#[test]
fn a_cut_last_line_is_told_and_cut_off_at_the_next_opening() {
    let (_folder, run) = prepared();
    let (mut ledger, _) = run.open().unwrap();
    ledger.append(&[flag(1)]).unwrap();
    drop(ledger);
    let path = run.path().join("ledger.jsonl");
    fs_err::OpenOptions::new().append(true).open(&path).unwrap().write_all(br#"{"at_ms":1,"ev"#).unwrap();
    let contents = run.read().unwrap();
    assert!(contents.truncated);
    assert_eq!(contents.lines.len(), 2);
    let (mut ledger, _) = run.open().unwrap();
    ledger.append(&[flag(2)]).unwrap();
    let contents = run.read().unwrap();
    assert!(!contents.truncated);
    assert_eq!(contents.lines.len(), 3);
}

#[test]
fn an_edited_removed_or_reordered_line_is_refused_with_its_number() {
    let (_folder, run) = prepared();
    let (mut ledger, _) = run.open().unwrap();
    ledger.append(&[flag(1), flag(2), flag(3)]).unwrap();
    drop(ledger);
    let path = run.path().join("ledger.jsonl");
    let text = fs_err::read_to_string(&path).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let edited = text.replace(r#""detail":"2""#, r#""detail":"9""#);
    let removed = format!("{}\n{}\n", lines[0], lines[2]);
    let reordered = format!("{}\n{}\n{}\n", lines[1], lines[0], lines[2]);
    for (damage, at) in [(edited, 3), (removed, 2), (reordered, 1)] {
        fs_err::write(&path, damage).unwrap();
        match run.read() {
            Err(RunError::Damaged { line, .. }) => assert_eq!(line, at),
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_second_owner_is_refused_with_the_firsts_name() {
    let (_folder, run) = prepared();
    let first = run.open().unwrap();
    let error = run.open().unwrap_err();
    assert!(error.to_string().contains(&format!("process {}", std::process::id())), "{error}");
    // Without the file that says who it is, it still is the owner.
    fs_err::remove_file(run.path().join("lock")).unwrap();
    let error = run.open().unwrap_err();
    assert!(error.to_string().contains("in use by another program"), "{error}");
    drop(first);
    run.open().unwrap();
}

#[test]
fn another_plan_in_the_same_directory_is_refused() {
    let (_folder, run) = prepared();
    run.prepare(&plan(1)).unwrap();
    assert!(matches!(run.prepare(&plan(2)), Err(RunError::OtherPlan { .. })));
    assert_eq!(run.plan().unwrap(), plan(1));
}

#[test]
fn an_edited_plan_is_refused() {
    let (_folder, run) = prepared();
    let path = run.path().join("plan.json");
    let text = fs_err::read_to_string(&path).unwrap().replace("\"attempt\": 1", "\"attempt\": 2");
    fs_err::write(&path, text).unwrap();
    assert!(matches!(run.plan(), Err(RunError::EditedPlan { .. })));
}

#[test]
fn a_run_of_a_newer_program_is_read_and_never_written() {
    let (_folder, run) = prepared();
    // What a later version could have written: keys that are not known here.
    let mut value = serde_json::to_value(plan(1)).unwrap();
    value["version"] = 3.into();
    value["colour"] = "blue".into();
    value["sweep"]["tone"] = "loud".into();
    value["trials"][0]["weight"] = 3.into();
    fs_err::write(run.path().join("plan.json"), value.to_string()).unwrap();
    let digest = ledger::chain::sha256_hex(&ledger::chain::canonical(&value));
    let id = run.id().unwrap();
    fs_err::write(
        run.path().join("run.json"),
        serde_json::json!({"id": id, "plan_digest": digest}).to_string(),
    )
    .unwrap();
    // Its ledger begins with that plan, and holds an event that is not known here.
    let ledger = run.path().join("ledger.jsonl");
    let (mut head, mut text) = (ledger::chain::first_link(&id), String::new());
    let mut opened = serde_json::to_value(opened(&plan(1))).unwrap();
    opened["plan"] = digest.into();
    for (seq, event) in
        [opened, serde_json::to_value(flag(1)).unwrap(), serde_json::json!({"event": "danced"})]
            .into_iter()
            .enumerate()
    {
        let mut line = serde_json::json!({"seq": seq, "at_ms": 1, "event": event});
        head = ledger::chain::next_link(&head, &line);
        line["hash"] = head.clone().into();
        text.push_str(std::str::from_utf8(&ledger::chain::canonical(&line)).unwrap());
        text.push('\n');
    }
    fs_err::write(&ledger, &text).unwrap();

    assert_eq!(run.plan().unwrap(), Plan { version: 3, ..plan(1) });
    let contents = run.read().unwrap();
    assert_eq!((contents.lines.len(), contents.unknown), (2, 1));
    assert!(matches!(run.open(), Err(RunError::Newer { found: 3, .. })));
    let into = run.path().join("merged");
    let refused = ledger::merge::merge(&into, std::slice::from_ref(&run)).unwrap_err();
    assert!(refused.to_string().contains("newer version"), "{refused}");
    assert!(!into.exists());
    assert_eq!(fs_err::read_to_string(&ledger).unwrap(), text);
}

#[test]
fn infra_outcomes_are_retried_and_so_is_a_set_up_that_may_have_had_a_busy_machine() {
    for outcome in Outcome::ALL {
        // A cassette would answer the next try as it answered this one, and a refused form would be refused again.
        let same_again = matches!(outcome, Outcome::CassetteDiverged | Outcome::Provider400);
        let infra = outcome.group() == ledger::OutcomeGroup::Infra && !same_again;
        assert_eq!(outcome.is_retried(), infra || outcome == Outcome::TaskSetup);
    }
}

#[test]
fn shards_of_one_plan_are_joined_and_other_runs_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let shard = |name: &str, seed: u64, trial: &str| {
        let run = RunDir::at(folder.path().join(name));
        run.prepare(&plan(seed)).unwrap();
        let (mut ledger, _) = run.open().unwrap();
        let started = Event::Started { trial: TrialId(trial.into()), try_number: 1, image: String::new() };
        ledger.append(&[opened(&plan(seed)), started, flag(1)]).unwrap();
        run.blobs().put(name.as_bytes()).unwrap();
        run
    };
    let (one, two, other, same) =
        (shard("one", 1, "a"), shard("two", 1, "b"), shard("other", 2, "c"), shard("same", 1, "a"));
    let into = |name: &str| folder.path().join(name);
    let merged = ledger::merge::merge(&into("merged"), &[one.clone(), two]).unwrap();
    assert_eq!((merged.planned, merged.ended), (1, 0));
    let run = RunDir::at(into("merged"));
    // Each source's three events and the flag that names it.
    assert_eq!(run.read().unwrap().lines.len(), 8);
    let digest = ledger::Digest(ledger::chain::sha256_hex(b"two"));
    assert_eq!(run.blobs().get(&digest).unwrap(), b"two");

    let refused =
        |name: &str, runs: &[RunDir]| ledger::merge::merge(&into(name), runs).unwrap_err().to_string();
    assert!(refused("x", &[one.clone(), other]).contains("another plan"));
    assert!(refused("y", &[one.clone(), same]).contains("not shards"));
    assert!(refused("merged", &[one]).contains("exists already"));
}
