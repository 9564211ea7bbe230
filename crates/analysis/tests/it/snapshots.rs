//! Curves over snapshots: each point holds the verdict on what stood there.

use analysis::CurveKind;
use ledger::{
    Digest, Event, Outcome,
    event::{Snapshot, SnapshotGrade},
};
use testkit::runs::{call, end, plan, trial};

use crate::run;

/// A trial with its snapshots (each the points passed and the verdict, if it could be captured) and its final score.
fn events(arm: &str, task: &str, snapshots: &[(&[f64], Option<f64>)], score: f64) -> Vec<Event> {
    let trial = trial(arm, task, 1);
    let mut events = vec![Event::Started { trial: trial.clone(), try_number: 1, image: "image".into() }];
    let mut grades = Vec::new();
    for (number, (points, graded)) in (1..).zip(snapshots) {
        let workspace = graded.map(|score| Digest(format!("tree-{score}")));
        events.push(Event::Call(Box::new(call(&trial, number))));
        events.push(Event::Snapshot(Box::new(Snapshot {
            trial: trial.clone(),
            try_number: 1,
            call: number,
            points: points.to_vec(),
            used: 0.0,
            workspace: workspace.clone(),
            detail: String::new(),
            paused_seconds: 0.1,
        })));
        grades.extend(workspace.map(|workspace| {
            Event::SnapshotGraded(Box::new(SnapshotGrade {
                trial: trial.clone(),
                try_number: 1,
                workspace,
                score: *graded,
                rewards: Default::default(),
                detail: String::new(),
                verifier_output: None,
                seconds: 1.0,
            }))
        }));
    }
    let outcome = if score >= 1.0 { Outcome::Pass } else { Outcome::Fail };
    events.push(Event::Ended(Box::new(end(&trial, outcome, Some(score)))));
    // Snapshots are graded after their trial has ended.
    events.extend(grades);
    events
}

#[test]
fn each_point_has_the_verdict_on_what_stood_there_and_the_last_the_trials_own() {
    let mut plan = plan(&["bare/generic", "h/specific"], &["fix/a", "fix/b"], 1);
    plan.sweep.budget.points = 3;
    let all = [
        // Ended before the first point: its own score everywhere.
        events("bare/generic", "fix/a", &[], 1.0),
        // One call passed both points.
        events("bare/generic", "fix/b", &[(&[250.0, 500.0], Some(0.5))], 1.0),
        // What could not be captured is missing, and is not the score before or after it.
        events("h/specific", "fix/a", &[(&[250.0], None), (&[500.0], Some(1.0))], 1.0),
        // Solved on the way, and spoilt later.
        events("h/specific", "fix/b", &[(&[250.0], Some(0.0)), (&[500.0], Some(1.0))], 0.0),
    ];
    let analysis = run(&plan, all.concat());

    let curves = analysis.curves.as_ref().unwrap();
    assert_eq!(
        (curves.kind, curves.budgets.as_slice()),
        (CurveKind::Snapshots, [250.0, 500.0, 1000.0].as_slice())
    );
    let scores = |place: usize| -> Vec<f64> {
        curves.scores[place].points.iter().map(|point| point.estimate).collect()
    };
    assert_eq!(
        (scores(0), curves.scores[0].missing.as_slice()),
        (vec![0.75, 0.75, 1.0], [0, 0, 0].as_slice())
    );
    assert_eq!((scores(1), curves.scores[1].missing.as_slice()), (vec![0.0, 1.0, 0.5], [1, 0, 0].as_slice()));
    let gaps: Vec<f64> = curves.gaps[0].points.iter().map(|point| point.estimate).collect();
    assert_eq!(gaps, [-0.75, 0.25, -0.5]);
}
