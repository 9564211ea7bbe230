//! Trials in which nothing fails that should not.

use ledger::{Event, Outcome};
use runner::Finished;

use crate::lab::Lab;

#[tokio::test(flavor = "multi_thread")]
async fn what_is_solved_passes_and_what_is_not_fails() {
    let lab = Lab::new();
    for (model, outcome, score) in [("expert", Outcome::Pass, 1.0), ("novice", Outcome::Fail, 0.0)] {
        lab.sweep(model, &["bare/generic"], &["words/greet"], "");
        assert_eq!(lab.run().await, Finished::Complete);
        let end = lab.end();
        assert_eq!((end.outcome, end.score, end.try_number), (outcome, Some(score), 1), "{}", end.detail);
        assert!(end.workspace.is_some() && end.spent.calls > 0 && end.flags.is_empty(), "{end:?}");
        fs_err::remove_dir_all(lab.run_dir().path()).unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn each_trial_tells_its_steps_in_order_and_leaves_no_container() {
    let lab = Lab::new();
    lab.sweep("expert", &["bare/generic", "bare/specific"], &["words/greet"], "attempts = 2");
    assert_eq!(lab.run().await, Finished::Complete);
    let ends = lab.ends();
    assert_eq!(ends.len(), 4);
    for trial in ends.keys() {
        let of_trial = |event: &Event| match event {
            Event::Started { trial: of, .. } => (of == trial).then_some("started"),
            Event::Stopped { trial: of, .. } => (of == trial).then_some("stopped"),
            Event::Ended(end) => (end.trial == *trial).then_some("ended"),
            _ => None,
        };
        let told: Vec<_> = lab.events().iter().filter_map(of_trial).collect();
        assert_eq!(told, ["started", "stopped", "ended"], "{trial}");
    }
    assert_eq!(sandbox::Engine::list(&lab.engine, None).await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_harness_is_started_from_its_pack_and_reaches_the_gateway_through_the_tunnel() {
    let lab = Lab::new();
    lab.puppet("honest");
    lab.sweep("expert", &["puppet/specific"], &["words/greet"], "baseline = \"puppet/specific\"");
    assert_eq!(lab.run().await, Finished::Complete);
    let end = lab.end();
    assert_eq!((end.outcome, end.score), (Outcome::Pass, Some(1.0)), "{}", end.detail);
    assert!(end.flags.is_empty(), "{:?}", end.flags);
    let own = end.self_report_ratio().unwrap();
    assert_eq!((own.calls, own.tokens), (Some(1.0), Some(1.0)));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_works_too_long_is_graded_as_the_work_stands() {
    let lab = Lab::new();
    lab.task("words/slow", "", "echo hello > greeting.txt; sleep 600", "[ \"$(cat greeting.txt)\" = hello ]");
    lab.sweep("expert", &["bare/generic"], &["words/slow"], "[limits]\nwall_time_sec = 3");
    lab.run().await;
    let end = lab.end();
    assert_eq!((end.outcome, end.score), (Outcome::Wall, Some(1.0)), "{}", end.detail);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_stood_at_a_point_of_the_budget_is_graded_as_it_stood() {
    let lab = Lab::new();
    let budget = "budget = { tokens = 400_000, points = 16 }";
    lab.sweep("expert", &["bare/generic"], &["words/greet"], budget);
    lab.run().await;
    assert_eq!(lab.end().score, Some(1.0));
    let events = lab.events();
    let taken = events.iter().filter(|event| matches!(event, Event::Snapshot(_))).count();
    let scores: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            Event::SnapshotGraded(graded) => graded.score,
            _ => None,
        })
        .collect();
    // The first is taken with nothing done. Equal trees are graded once.
    assert!(taken > 1 && scores.len() < taken, "{taken} {scores:?}");
    assert_eq!(scores.first(), Some(&0.0));
}

#[tokio::test(flavor = "multi_thread")]
async fn steps_go_on_in_one_container_and_each_is_graded() {
    let lab = Lab::new();
    lab.task("words/steps", "\n[[steps]]\nname = \"one\"\n\n[[steps]]\nname = \"two\"", "", "true");
    for file in ["instruction.md", "solution/solve.sh", "tests/test.sh"] {
        fs_err::remove_file(lab.root().join("tasks/words/steps").join(file)).unwrap();
    }
    let step = |name: &str, solution: &str, reward: &str| {
        let at = |file: &str| format!("tasks/words/steps/steps/{name}/{file}");
        lab.write(&at("instruction.md"), "Do this step.\n");
        lab.write(&at("solution/solve.sh"), solution);
        lab.write(&at("tests/test.sh"), &format!("echo {reward} > /logs/verifier/reward.txt\n"));
    };
    step("one", "[ ! -e /tests ] && echo 1 > one.txt", "$(cat one.txt)");
    // The first step's tests have gone, its work has not.
    step("two", "[ ! -e /tests ] && cp one.txt two.txt", "0.$(cat two.txt)");
    lab.sweep("expert", &["bare/generic"], &["words/steps"], "");
    lab.run().await;
    let end = lab.end();
    assert_eq!(end.score, Some((1.0 + 0.1) / 2.0), "{} {}", end.outcome, end.detail);
}
