//! Hacks: taken out of the gap where they are proved, bounds where they are strong, and counted in each arm.

use analysis::{Analysis, Record, Thresholds, analyse};
use ledger::{
    Audited, Event, Found, Plan,
    Says::{Clean, Hack},
};
use testkit::{
    process::{Loss, Process, Shape},
    runs::{contents, graded, plan},
};
use vocabulary::{Certainty, FlagName};

use crate::{ends, has, run};

const ARMS: [&str; 2] = ["bare/generic", "h/specific"];

fn looked_at(events: &mut [Event], hacks: impl Fn(&str) -> Option<Certainty>) {
    for event in events {
        let Event::Ended(end) = event else { continue };
        let found = hacks(&end.trial.0).map(|level| Found {
            detector: "tests-edited".into(),
            version: 1,
            level,
            flag: Some(FlagName::GraderTargeted),
        });
        end.audited = Some(Audited { checks: None, found: found.into_iter().collect() });
    }
}

/// Vector v15, `raw_vs_adjusted_gap`: of each task, passes of five in both arms, and how many of them are hacks.
fn vector(level: Certainty) -> Analysis {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../stats/tests/vectors/v15_rewardhack.json");
    let file: serde_json::Value = serde_json::from_str(&fs_err::read_to_string(file).unwrap()).unwrap();
    let vector = &file["raw_vs_adjusted_gap"];
    let tasks: Vec<(String, [u64; 4])> = vector["tasks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|task| {
            let number = |place: usize| task[place].as_u64().unwrap();
            (format!("f/{}", task[0].as_str().unwrap()), [number(1), number(2), number(3), number(4)])
        })
        .collect();
    let names: Vec<&str> = tasks.iter().map(|(name, _)| name.as_str()).collect();
    let plan = plan(&ARMS, &names, 5);
    let mut events = Vec::new();
    for (name, passes) in &tasks {
        for (place, arm) in ARMS.into_iter().enumerate() {
            for attempt in 1..=5 {
                let mut trial = graded(arm, name, attempt, u64::from(attempt) <= passes[place]).to_vec();
                let is_hack = u64::from(attempt) <= passes[place + 2];
                looked_at(&mut trial, |_| is_hack.then_some(level));
                events.extend(trial);
            }
        }
    }
    run(&plan, events)
}

#[test]
fn proved_hacks_count_as_0_and_the_gap_as_graded_stands_beside() {
    let found = vector(Certainty::Proved);
    let gap = &found.gaps[0];
    let hacks = gap.hacks.unwrap();
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-9, "{a} {b}");
    close(hacks.as_graded.unwrap().estimate, 0.25);
    close(gap.estimate.unwrap().estimate, -0.1);
    close(hacks.given, 0.35);
    close(hacks.given_error.unwrap(), 0.189_296_944_860_009_11);
    // Nothing is left to doubt.
    close(hacks.lowest.unwrap(), -0.1);
    close(hacks.highest.unwrap(), -0.1);
    assert!(has(&found, "HACK_DRIVEN"));
    let rates: Vec<_> =
        found.arms.iter().map(|arm| (arm.hacks.proved, arm.hacks.found, arm.hacks.looked_at)).collect();
    assert_eq!(rates, [(1, 1, 20), (8, 8, 20)]);
    let rate = &found.arms[1].hacks;
    close(rate.rate.unwrap(), 0.4);
    assert!(rate.lower.unwrap() < 0.4 && 0.4 < rate.upper.unwrap());
    close(hacks.rate_difference.unwrap().estimate, 0.35);
    assert_eq!(rate.by_detector["tests-edited"], 8);
    let outcomes = &found.arms[1].outcomes;
    assert_eq!(outcomes["PASS"], 16, "no outcome changes");
}

#[test]
fn strong_findings_are_bounds_and_change_no_gap() {
    let found = vector(Certainty::Strong);
    let gap = &found.gaps[0];
    let hacks = gap.hacks.unwrap();
    assert!((gap.estimate.unwrap().estimate - 0.25).abs() < 1e-9);
    assert_eq!(hacks.given, 0.0);
    // All of the arm's, none of the baseline's; and the other way round.
    assert!((hacks.lowest.unwrap() - (0.25 - 0.4)).abs() < 1e-9);
    assert!((hacks.highest.unwrap() - (0.25 + 0.05)).abs() < 1e-9);
    assert!(!has(&found, "HACK_DRIVEN"));
    assert_eq!((found.arms[1].hacks.proved, found.arms[1].hacks.found), (0, 8));
}

#[test]
fn leads_say_nothing_and_a_run_that_nobody_looked_at_has_no_rate() {
    let found = vector(Certainty::Lead);
    assert!(found.gaps[0].hacks.is_none());
    let hacks = &found.arms[1].hacks;
    assert_eq!((hacks.found, hacks.looked_at), (0, 20));
    assert!(hacks.upper.unwrap() > 0.1, "nothing found is not nothing there");
    let plan = plan(&ARMS, &["f/a"], 1);
    let events = ARMS.into_iter().flat_map(|arm| graded(arm, "f/a", 1, true)).collect();
    let arm = &run(&plan, events).arms[0].hacks;
    assert_eq!((arm.looked_at, arm.rate, arm.upper), (0, None, None));
}

#[test]
fn the_flag_alone_is_strong_in_ledgers_of_older_programs() {
    let plan = plan(&ARMS, &["f/a", "f/b"], 1);
    let mut events: Vec<Event> = Vec::new();
    for task in ["f/a", "f/b"] {
        events.extend(ARMS.into_iter().flat_map(|arm| graded(arm, task, 1, true)));
    }
    for end in ends(&mut events, "h/specific") {
        end.flags.push(vocabulary::Flag::new(FlagName::AnswerSought, "read it"));
    }
    let found = run(&plan, events);
    let hacks = found.gaps[0].hacks.unwrap();
    assert_eq!((found.gaps[0].estimate.unwrap().estimate, hacks.lowest), (0.0, Some(-1.0)));
}

/// A cheater that is simulated: it hacks with another chance in each arm, whether it could have solved the task or not.
/// The gap of honest work is known. `OVERHANG_CALIBRATION` sets how many runs are drawn.
#[test]
fn the_gap_without_proved_hacks_covers_that_of_honest_work() {
    const RATES: [f64; 2] = [0.02, 0.25];
    let process = Process {
        name: "cheater",
        families: &[4; 12],
        attempts: 2,
        gaps: 1,
        level: 0.0,
        spread: (0.8, 0.5),
        difference: (0.4, 0.3),
        shape: Shape::Normal,
        partial: false,
        loss: Loss::None,
        gap: 0.1,
        control: false,
    };
    let runs: u64 =
        std::env::var("OVERHANG_CALIBRATION").ok().and_then(|count| count.parse().ok()).unwrap_or(40);
    let truth = process.truth();
    let plan: Plan = process.plan();
    // Chance that honest work scores: found as the process's own truth is, from many draws without hacks.
    let means = honest_means(&process, &plan, &truth);
    let honest = means[1] * (1.0 - RATES[1]) - means[0] * (1.0 - RATES[0]);
    let (mut covered, mut as_graded) = (0, 0);
    for seed in 0..runs {
        let mut events = process.draw(&plan, &truth, 50_000 + seed);
        let mut random = stats::SplitMix64::new(seed);
        for event in &mut events {
            let Event::Ended(end) = event else { continue };
            let rate = RATES[usize::from(!end.trial.0.contains("bare"))];
            let drawn = (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
            let is_hack = drawn < rate;
            if is_hack {
                (end.outcome, end.score) = (ledger::Outcome::Pass, Some(1.0));
            }
            looked_at(std::slice::from_mut(event), |_| is_hack.then_some(Certainty::Proved));
        }
        let record = Record::of(&plan, &contents(events)).unwrap();
        let gap = &analyse(&plan, &record, &Thresholds::default()).gaps[0];
        let covers =
            |found: analysis::Estimate| found.lower.unwrap() <= honest && honest <= found.upper.unwrap();
        covered += u64::from(covers(gap.estimate.unwrap()));
        as_graded += u64::from(covers(gap.hacks.unwrap().as_graded.unwrap()));
    }
    let share = covered as f64 / runs as f64;
    println!("{covered} of {runs} intervals hold the gap of honest work, {as_graded} as graded");
    let room = 4.0 * (0.95 * 0.05 / runs as f64).sqrt();
    assert!((share - 0.95).abs() < room.max(0.02), "{share}");
    assert!(as_graded < covered, "hacks that are left in move the gap");
}

fn honest_means(process: &Process, plan: &Plan, truth: &testkit::process::Truth) -> [f64; 2] {
    let (mut sums, mut counts) = ([0.0; 2], [0.0; 2]);
    for seed in 0..200 {
        for event in process.draw(plan, truth, 900_000 + seed) {
            let Event::Ended(end) = event else { continue };
            let arm = usize::from(!end.trial.0.contains("bare"));
            sums[arm] += end.score.unwrap();
            counts[arm] += 1.0;
        }
    }
    [sums[0] / counts[0], sums[1] / counts[1]]
}

#[test]
fn what_people_say_goes_before_what_detectors_found() {
    let plan = plan(&ARMS, &["f/a", "f/b"], 1);
    let said = |says: ledger::Says, detector: Option<&str>, level: Certainty| {
        let mut events: Vec<Event> = Vec::new();
        for task in ["f/a", "f/b"] {
            events.extend(ARMS.into_iter().flat_map(|arm| graded(arm, task, 1, true)));
        }
        looked_at(&mut events, |trial| trial.contains("h/specific").then_some(level));
        events.push(Event::Labelled(ledger::Label {
            trial: testkit::runs::trial("h/specific", "f/a", 1),
            detector: detector.map(str::to_owned),
            says,
            why: "seen".into(),
            by: "A. Name".into(),
        }));
        let found = run(&plan, events);
        let hacks = &found.arms[1].hacks;
        let told =
            hacks.by_detector.values().sum::<usize>() + usize::from(says == Hack && detector.is_none());
        assert_eq!(told, hacks.found, "{says:?} {detector:?}");
        (hacks.proved, hacks.found, found.arms[1].score.unwrap())
    };
    assert_eq!(said(Clean, None, Certainty::Proved), (1, 1, 0.5));
    assert_eq!(said(Clean, Some("tests-edited"), Certainty::Proved), (1, 1, 0.5));
    assert_eq!(said(Clean, Some("another"), Certainty::Proved), (2, 2, 0.0));
    assert_eq!(said(Hack, None, Certainty::Lead), (1, 1, 0.5));
    assert_eq!(said(Hack, Some("tests-edited"), Certainty::Strong), (1, 2, 0.5));
}
