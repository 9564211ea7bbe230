//! Ledgers built by hand, faults put in on purpose, and what the analysis must say of them.
#![expect(clippy::unwrap_used, reason = "helpers of tests stop the test where something is wrong")]

mod calibration;
mod comparison;
mod difference;
mod forecast;
mod hacks;
mod history;
mod reliability;
mod snapshots;

use analysis::{Analysis, Record, Thresholds, analyse};
use ledger::fold::{FoldError, Misfit};
use ledger::{Event, Outcome, Plan};
use proptest::prelude::*;
use testkit::runs::{call, contents, end, graded, plan, trial};
use vocabulary::{Flag, FlagName, Resource, Spent};

const ARMS: [&str; 2] = ["bare/generic", "h/specific"];
const TASKS: [&str; 8] = ["fix/a", "fix/b", "port/a", "port/b", "data/a", "data/b", "ctf/a", "ctf/b"];

fn full(passes: impl Fn(&str, &str, u32) -> bool) -> (Plan, Vec<Event>) {
    let plan = plan(&ARMS, &TASKS, 2);
    let mut events = Vec::new();
    for arm in ARMS {
        for task in TASKS {
            for attempt in 1..=2 {
                events.extend(graded(arm, task, attempt, passes(arm, task, attempt)));
            }
        }
    }
    (plan, events)
}

fn run(plan: &Plan, events: Vec<Event>) -> Analysis {
    analyse(plan, &Record::of(plan, &contents(events)).unwrap(), &Thresholds::default())
}

fn has(analysis: &Analysis, flag: &str) -> bool {
    let all = analysis.flags.iter();
    let arms = analysis.arms.iter().flat_map(|arm| &arm.flags);
    let gaps = analysis.gaps.iter().flat_map(|gap| &gap.flags);
    all.chain(arms).chain(gaps).any(|found| found.name.as_str() == flag)
}

fn ends<'a>(
    events: &'a mut [Event],
    arm: &'static str,
) -> impl Iterator<Item = &'a mut ledger::event::TrialEnd> {
    events.iter_mut().filter_map(move |event| match event {
        Event::Ended(end) if end.trial.0.contains(arm) => Some(end.as_mut()),
        _ => None,
    })
}

#[test]
fn a_gap_carries_interval_p_and_the_smallest_detectable_difference() {
    let (plan, events) =
        full(|arm, task, attempt| arm != "bare/generic" && (task != "fix/a" || attempt == 1));
    let analysis = run(&plan, events);
    let gap = &analysis.gaps[0];
    let micro = gap.estimate.unwrap();
    assert!((micro.estimate - 0.9375).abs() < 1e-12);
    assert!(micro.lower.unwrap() < 0.9375 && micro.upper.unwrap() > 0.9375);
    assert!(micro.smallest_detectable.unwrap() > 0.0);
    let flip = gap.appendix.sign_flip.unwrap();
    assert_eq!(flip.p, flip.smallest, "every family's difference is positive");
    assert_eq!((gap.better, gap.same, gap.worse, gap.tasks), (8, 0, 0, 8));
    assert!(!has(&analysis, "GATE_FAIL") && !has(&analysis, "INCOMPLETE"));
}

#[test]
fn arms_that_agree_everywhere_are_said_to_agree_not_to_have_a_gap_of_plus_minus_nothing() {
    let (plan, events) = full(|_, task, attempt| task.ends_with('a') ^ (attempt == 2));
    let analysis = run(&plan, events);
    let gap = &analysis.gaps[0];
    assert_eq!((gap.agreeing_trials, gap.paired_trials), (16, 16));
    let estimate = gap.estimate.unwrap();
    assert!(estimate.lower.unwrap() < 0.0 && 0.0 < estimate.upper.unwrap());
    assert_eq!((estimate.p, gap.verdict), (Some(1.0), analysis::Verdict::NoDifference));
    assert!(has(&analysis, "DEGENERATE"));
}

#[test]
fn a_trial_that_never_ended_stays_in_the_denominator() {
    let (plan, mut events) = full(|_, _, _| true);
    events.truncate(events.len() - 4);
    let analysis = run(&plan, events);
    assert_eq!((analysis.ended, analysis.planned), (31, 32));
    assert!(has(&analysis, "INCOMPLETE") && has(&analysis, "GATE_FAIL"));
    let arm = &analysis.arms[1];
    assert_eq!((arm.missing, arm.planned), (1, 16));
    assert!((arm.score.unwrap() - 15.0 / 16.0).abs() < 1e-12);
}

#[test]
fn a_run_is_of_no_use_where_its_scores_are_missing_and_not_where_it_goes_on() {
    let (plan, mut events) = full(|_, _, _| true);
    assert_eq!(run(&plan, events.clone()).want_of_scores(), None);
    assert_eq!(run(&plan, events[..events.len() - 4].to_vec()).want_of_scores(), None, "a part of the plan");
    for end in ends(&mut events, "h/specific").take(12) {
        (end.outcome, end.score) = (Outcome::Provider5xx, None);
    }
    let why = run(&plan, events.clone()).want_of_scores().unwrap();
    assert!(why.contains("h/specific"), "{why}");
    for arm in ARMS {
        for end in ends(&mut events, arm) {
            (end.outcome, end.score) = (Outcome::ProviderAuth, None);
        }
    }
    let why = run(&plan, events[..8].to_vec()).want_of_scores().unwrap();
    assert_eq!(why, "every trial that ended is missing");
}

#[test]
fn infra_outcomes_are_missing_and_agent_failures_are_zero() {
    let (plan, mut events) = full(|_, _, _| true);
    for (count, end) in ends(&mut events, "h/specific").enumerate() {
        (end.outcome, end.score) =
            if count == 0 { (Outcome::Engine, None) } else { (Outcome::HarnessCrash, None) };
    }
    let analysis = run(&plan, events);
    assert_eq!(analysis.arms[1].missing, 1);
    assert_eq!(analysis.arms[1].score, Some(0.0));
    let missing = analysis.gaps[0].missing.unwrap();
    assert!(missing.manski_lower <= analysis.gaps[0].estimate.unwrap().estimate);
    assert!(missing.manski_upper > missing.manski_lower);
}

#[test]
fn a_workspace_graded_at_the_limit_keeps_its_score() {
    let (plan, mut events) = full(|_, _, _| true);
    ends(&mut events, "bare/generic").for_each(|end| end.outcome = Outcome::Budget);
    let analysis = run(&plan, events);
    assert_eq!(analysis.arms[0].score, Some(1.0));
    assert_eq!(analysis.arms[0].outcomes["BUDGET"], 16);
}

#[test]
fn a_task_found_invalid_is_void_in_every_arm() {
    let (plan, mut events) = full(|arm, _, _| arm == "h/specific");
    ends(&mut events, "bare/generic").filter(|end| end.trial.0.contains("fix/a")).for_each(|end| {
        end.outcome = Outcome::TaskInvalid;
    });
    assert_eq!(run(&plan, events).gaps[0].tasks, 7);
}

// Faults put in on purpose: each changes a number or raises a named flag.

#[test]
fn fault_a_call_counted_twice() {
    let (plan, mut events) = full(|_, _, _| true);
    events.push(Event::Call(Box::new(call(&trial("bare/generic", "fix/a", 1), 1))));
    assert!(has(&run(&plan, events.clone()), "DUPLICATE_CALL"));
    if let Some(end) = ends(&mut events, "bare/generic").next() {
        end.spent = Spent { calls: 2, charged: 220.0, ..end.spent };
    }
    assert!(has(&run(&plan, events), "METER_MISMATCH"));
}

#[test]
fn fault_a_call_that_is_charged_but_not_recorded() {
    let (plan, mut events) = full(|_, _, _| true);
    let first = events.iter().position(|event| matches!(event, Event::Call(_))).unwrap();
    events.remove(first);
    let analysis = run(&plan, events);
    assert!(has(&analysis, "METER_MISMATCH") && has(&analysis, "UNRECORDED_CALL"));
}

#[test]
fn fault_one_arm_stopped_at_80_percent_of_the_budget() {
    let (plan, mut events) = full(|_, _, _| true);
    ends(&mut events, "bare/generic").for_each(|end| (end.outcome, end.unspent) = (Outcome::Budget, 10.0));
    ends(&mut events, "h/specific").for_each(|end| (end.outcome, end.unspent) = (Outcome::Budget, 200.0));
    assert!(has(&run(&plan, events.clone()), "UNEQUAL_STOP"));
    ends(&mut events, "h/specific").for_each(|end| end.unspent = 20.0);
    assert!(!has(&run(&plan, events), "UNEQUAL_STOP"));
}

#[test]
fn fault_less_memory_in_one_arm() {
    let (plan, mut events) = full(|_, _, _| true);
    assert!(!has(&run(&plan, events.clone()), "ARM_DIFFERENCE"));
    ends(&mut events, "h/specific").for_each(|end| {
        end.resources.insert(Resource::LimitMemoryMb, 512.0);
    });
    assert!(has(&run(&plan, events), "ARM_DIFFERENCE"));
}

#[test]
fn fault_more_spent_than_the_budget() {
    let (plan, mut events) = full(|_, _, _| true);
    ends(&mut events, "h/specific").for_each(|end| end.spent.charged = 1011.0);
    assert!(has(&run(&plan, events), "OVERSHOOT"));
}

#[test]
fn fault_a_helper_of_another_model() {
    let (plan, mut events) = full(|_, _, _| true);
    let name = trial("h/specific", "fix/a", 1);
    let place =
        events.iter().position(|event| matches!(event, Event::Ended(end) if end.trial == name)).unwrap();
    let let_through = Event::CallStarted { trial: name.clone(), try_number: 1, call: 2, held: 500.0 };
    let mut helper = call(&name, 2);
    (helper.kind, helper.other_model) = (ledger::event::CallKind::SubAgent, true);
    helper.model_served = Some("stronger".into());
    events.splice(place..place, [let_through, Event::Call(Box::new(helper))]);
    if let Some(Event::Ended(end)) = events.get_mut(place + 2) {
        end.spent = Spent { calls: 2, charged: 220.0, ..end.spent };
    }
    let analysis = run(&plan, events);
    assert!(has(&analysis, "EXTERNAL_HELPER") && !has(&analysis, "METER_MISMATCH"));
    assert_eq!(analysis.arms[1].helper_calls, 1);
    let shares = &analysis.arms[1].calls_by_kind;
    let (main, side) = (shares["main"], shares["sub-agent"]);
    assert_eq!((side.calls, side.tokens), (1, 110));
    assert!((main.calls_share + side.calls_share - 1.0).abs() < 1e-9);
    assert_eq!(side.tokens_share, Some(side.calls_share));
    assert!(analysis.arms[1].models_served.contains("stronger"));
}

#[test]
fn fault_the_provider_serves_another_model_in_mid_run() {
    let (plan, mut events) = full(|_, _, _| true);
    let name = trial("bare/generic", "fix/a", 1);
    let mut drifted = call(&name, 2);
    drifted.model_served = Some("m-2".into());
    events.insert(2, Event::Call(Box::new(drifted)));
    assert!(has(&run(&plan, events), "MODEL_DRIFT"));
}

#[test]
fn fault_a_flag_raised_by_a_trial_reaches_the_report() {
    let (plan, mut events) = full(|_, _, _| true);
    for name in [FlagName::PromptMissing, FlagName::LostToolResult] {
        ends(&mut events, "h/specific").next().unwrap().flags.push(Flag::new(name, "x"));
    }
    let analysis = run(&plan, events);
    assert!(has(&analysis, "PROMPT_MISSING") && has(&analysis, "LOST_TOOL_RESULT"));
}

#[test]
fn retried_and_cut_off_tries_are_told_and_charged_to_no_trial() {
    let (plan, mut events) = full(|_, _, _| true);
    let name = trial("bare/generic", "fix/a", 1);
    let spent = Spent { calls: 1, usage: call(&name, 1).usage.unwrap(), charged: 110.0, usd: 0.0 };
    let before = [
        Event::Started { trial: name.clone(), try_number: 1, image: String::new() },
        Event::Call(Box::new(call(&name, 1))),
        Event::CutOff { trial: name.clone(), try_number: 1, spent },
    ];
    for event in &mut events {
        match event {
            Event::Started { trial, try_number, .. } if *trial == name => *try_number = 2,
            Event::CallStarted { trial, try_number, .. } if *trial == name => *try_number = 2,
            Event::Call(call) if call.trial == name => call.try_number = 2,
            Event::Ended(end) if end.trial == name => end.try_number = 2,
            _ => {}
        }
    }
    events.splice(0..0, before);
    let analysis = run(&plan, events);
    assert_eq!((analysis.lost.tries, analysis.lost.tokens), (1, 110));
    assert!(!has(&analysis, "METER_MISMATCH") && !has(&analysis, "DUPLICATE_CALL"));
}

#[test]
fn a_second_terminal_event_or_an_unplanned_trial_is_refused_with_its_line() {
    let (plan, mut events) = full(|_, _, _| true);
    let name = trial("bare/generic", "fix/a", 1);
    events.push(Event::Ended(Box::new(end(&name, Outcome::Pass, Some(1.0)))));
    let error = Record::of(&plan, &contents(events.clone())).unwrap_err();
    assert_eq!(error, FoldError { line: 129, misfit: Misfit::EndedTwice(name.clone()) });
    events.pop();
    events.push(Event::Reopened { trial: name.clone() });
    events.push(Event::Ended(Box::new(end(&name, Outcome::Pass, Some(1.0)))));
    assert_eq!(run(&plan, events.clone()).ended, 32);
    events.push(Event::Ended(Box::new(end(&trial("bare/generic", "fix/z", 1), Outcome::Pass, Some(1.0)))));
    let error = Record::of(&plan, &contents(events)).unwrap_err();
    assert!(matches!(error, FoldError { misfit: Misfit::Unplanned(_), .. }));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn swapping_baseline_and_arm_negates_the_gap_and_keeps_p(fates in proptest::collection::vec(any::<bool>(), 32)) {
        let index = |arm: &str, task: &str, attempt: u32| {
            let task = TASKS.iter().position(|name| *name == task).unwrap();
            usize::from(arm == ARMS[1]) * 16 + task * 2 + attempt as usize - 1
        };
        let (mut plan, events) = full(|arm, task, attempt| fates[index(arm, task, attempt)]);
        let one = run(&plan, events.clone()).gaps.remove(0);
        plan.sweep.baseline = ARMS[1].parse().unwrap();
        let other = run(&plan, events).gaps.remove(0);
        prop_assert!((one.estimate.unwrap().estimate + other.estimate.unwrap().estimate).abs() < 1e-12);
        let p = |gap: &analysis::GapSummary| gap.estimate.unwrap().p.unwrap();
        prop_assert!((p(&one) - p(&other)).abs() < 1e-12);
    }

    #[test]
    fn the_order_of_events_of_different_trials_changes_nothing(seed in any::<u64>()) {
        let (plan, events) = full(|arm, task, attempt| {
            (seed >> ((arm.len() + task.len() * 3 + attempt as usize * 7 + task.as_bytes()[0] as usize) % 64)) & 1 == 1
        });
        let mut groups: Vec<Vec<Event>> = events.chunks(4).map(<[Event]>::to_vec).collect();
        groups.reverse();
        let mut reversed = run(&plan, groups.concat());
        let straight = run(&plan, events);
        reversed.ledger_head.clone_from(&straight.ledger_head);
        prop_assert_eq!(straight, reversed);
    }
}

#[test]
fn a_score_at_a_budget_point_is_the_snapshots_or_that_of_a_trial_which_ended_before_it() {
    let plan = plan(&ARMS, &["fix/a"], 1);
    let trial = trial(ARMS[0], "fix/a", 1);
    let workspace = |text: &str| ledger::Digest(text.to_owned());
    let snapshot = |points: &[f64], workspace: Option<ledger::Digest>| {
        Event::Snapshot(Box::new(ledger::event::Snapshot {
            trial: trial.clone(),
            try_number: 1,
            call: 1,
            points: points.to_vec(),
            used: 0.0,
            workspace,
            detail: String::new(),
            paused_seconds: 0.1,
        }))
    };
    let mut events = graded(ARMS[0], "fix/a", 1, true);
    events.insert(3, snapshot(&[125.0, 250.0], Some(workspace("early"))));
    events.insert(4, snapshot(&[500.0], None));
    events.push(Event::SnapshotGraded(Box::new(ledger::event::SnapshotGrade {
        trial: trial.clone(),
        try_number: 1,
        workspace: workspace("early"),
        score: Some(0.0),
        rewards: Default::default(),
        detail: String::new(),
        verifier_output: None,
        seconds: 1.0,
    })));
    let rows = Record::of(&plan, &contents(events)).unwrap().rows;
    let at = |point| rows[0].score_at(point);
    assert_eq!((at(125.0), at(250.0), at(500.0), at(1000.0)), (Some(0.0), Some(0.0), None, Some(1.0)));
}

#[test]
fn the_lines_are_drawn_where_the_plan_says() {
    let mut plan = plan(&ARMS, &TASKS, 1);
    assert_eq!(Thresholds::of(&plan), Thresholds::default());
    let fixed = &mut plan.sweep.thresholds;
    (fixed.missing, fixed.missing_difference, fixed.unequal_stop) = (0.31, 0.32, 0.33);
    (fixed.overshoot, fixed.margin, fixed.clustered, fixed.curve_points) = (0.34, 0.35, 0.36, 3);
    let drawn = Thresholds::of(&plan);
    assert_eq!((drawn.gate.max_rate, drawn.gate.max_difference), (0.31, 0.32));
    assert_eq!((drawn.unequal_stop, drawn.overshoot, drawn.margin), (0.33, 0.34, 0.35));
    assert_eq!((drawn.icc, drawn.curve_points), (0.36, 3));
}
