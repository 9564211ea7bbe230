//! pass@k and pass^k of whole runs, and which tasks flip.

use analysis::{Analysis, Flipped, Reliability, Solved};
use ledger::{Event, Outcome};
use testkit::runs::{graded, plan};

use crate::{ARMS, run};

/// Attempts of five that each arm solves, by task; the second arm's first.
const SOLVED: [(u32, u32); 9] = [(0, 0), (1, 5), (2, 5), (5, 0), (5, 5), (3, 3), (0, 5), (4, 1), (5, 4)];

fn analysed(change: impl Fn(&mut Vec<Event>)) -> Analysis {
    let tasks: Vec<String> = (0..SOLVED.len()).map(|place| format!("f{}/t{place}", place / 3)).collect();
    let tasks: Vec<&str> = tasks.iter().map(String::as_str).collect();
    let mut events = Vec::new();
    for (task, (other, baseline)) in tasks.iter().zip(SOLVED) {
        for attempt in 1..=5 {
            events.extend(graded(ARMS[0], task, attempt, attempt <= baseline));
            events.extend(graded(ARMS[1], task, attempt, attempt <= other));
        }
    }
    change(&mut events);
    run(&plan(&ARMS, &tasks, 5), events)
}

/// Python and SciPy: means over all subsets of k attempts (`itertools.combinations`), standard errors over the means of
/// the three families, and Wilson's interval on p(1 − p)/SE² trials with t on 2 degrees of freedom for the normal.
#[test]
fn both_measures_and_their_intervals_are_those_of_another_program() {
    let found = analysed(|_| {}).reliability;
    let arm = &found.passes[1];
    assert_eq!((arm.arm.as_str(), arm.tasks, arm.points.len()), (ARMS[1], 9, 5));
    for (k, any, all) in [
        (
            1,
            [0.555_555_555_555_555_6, 0.085_784_333_191_368_97, 0.943_348_494_575_353_2],
            [0.555_555_555_555_555_6, 0.085_784_333_191_368_97, 0.943_348_494_575_353_2],
        ),
        (
            2,
            [0.666_666_666_666_666_6, 0.131_833_839_035_844_6, 0.963_425_192_253_083_2],
            [0.444_444_444_444_444_4, 0.047_208_243_679_528_694, 0.928_145_197_454_061_4],
        ),
        (
            5,
            [0.777_777_777_777_777_8, 0.268_282_494_444_948, 0.970_939_377_269_037_3],
            [0.333_333_333_333_333_3, 0.030_634_608_363_903_137, 0.887_775_433_477_101],
        ),
    ] {
        let point = arm.points[k - 1];
        assert_eq!(point.k as usize, k);
        for (share, expected) in [(point.any, any), (point.all, all)] {
            let ours = [share.estimate, share.lower, share.upper];
            for (ours, expected) in ours.iter().zip(expected) {
                assert!((ours - expected).abs() < 1e-9, "k = {k}: {ours} is not {expected}");
            }
        }
    }
}

#[test]
fn with_one_attempt_to_draw_both_are_the_arms_score() {
    let analysis = analysed(|_| {});
    for (passes, arm) in analysis.reliability.passes.iter().zip(&analysis.arms) {
        let first = passes.points[0];
        assert_eq!(first.any, first.all);
        assert_eq!(Some(first.any.estimate), arm.score);
        assert_eq!(Some((first.any.lower, first.any.upper)), arm.score_lower.zip(arm.score_upper));
    }
}

#[test]
fn a_task_that_flips_by_itself_is_none_that_an_arm_flips() {
    let Reliability { flaky, flipped, .. } = analysed(|_| {}).reliability;
    let names: Vec<&str> = flaky.iter().map(|one| one.task.as_str()).collect();
    assert_eq!(names, ["f0/t1", "f0/t2", "f1/t5", "f2/t7", "f2/t8"]);
    let of = |arm: &str, solved| Solved { arm: arm.into(), solved, of: 5 };
    assert_eq!(flaky[0].arms, [of(ARMS[1], 1)]);
    assert_eq!(flaky[3].arms, [of(ARMS[0], 1), of(ARMS[1], 4)]);
    let flip =
        |task: &str, solved| Flipped { model: "m".into(), arm: ARMS[1].into(), task: task.into(), solved };
    assert_eq!(flipped, [flip("f1/t3", true), flip("f2/t6", false)]);
}

#[test]
fn a_missing_attempt_has_not_passed_and_says_nothing_of_flips() {
    let lost = |events: &mut Vec<Event>| {
        for event in events.iter_mut() {
            if let Event::Ended(end) = event
                && end.trial.0.contains("h/specific:f1/t3")
                && !end.trial.0.ends_with(":1")
            {
                (end.outcome, end.score) = (Outcome::Provider429, None);
            }
        }
    };
    let found = analysed(lost).reliability;
    assert!((found.passes[1].points[0].any.estimate - (5.0 / 9.0 - 4.0 / 45.0)).abs() < 1e-12);
    assert!(found.flaky.iter().all(|one| one.task != "f1/t3"));
    assert!(found.flipped.iter().all(|one| one.task != "f1/t3"));
}

#[test]
fn part_of_a_score_and_a_run_under_way_have_no_pass_rate() {
    let partial = |events: &mut Vec<Event>| {
        if let Some(Event::Ended(end)) = events.last_mut() {
            end.score = Some(0.5);
        }
    };
    let found = analysed(partial).reliability;
    assert!(found.passes[1].points.is_empty() && found.passes[0].points.len() == 5);
    let found = analysed(|events| drop(events.pop())).reliability;
    assert!(found.passes.is_empty() && !found.flaky.is_empty());
}
