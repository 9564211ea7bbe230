//! Plans and ledgers, built by hand.

use std::collections::BTreeMap;

use ledger::{
    CallRecord, Event, Outcome, Overrides, Plan, PlannedTrial, TrialId,
    event::{CallKind, TrialEnd},
    run::{Contents, Line},
};
use vocabulary::{Arm, CallEnding, Dialect, Program, Resource, Spent, StopReason, Usage};

/// A plan over `arms` (the first is the baseline), tasks (`FAMILY/NAME`) and attempts, for one model `m`.
pub fn plan(arms: &[&str], tasks: &[&str], attempts: u32) -> Plan {
    let sweep: vocabulary::Sweep = serde_json::from_value(serde_json::json!({
        "name": "made-by-hand", "models": ["m"], "arms": arms, "baseline": arms[0], "tasks": ["tasks/*/*"],
        "attempts": attempts, "seed": 1, "budget": {"tokens": 1000.0},
    }))
    .unwrap();
    let mut trials = Vec::new();
    for (block, (task, attempt)) in
        tasks.iter().flat_map(|task| (1..=attempts).map(move |attempt| (task, attempt))).enumerate()
    {
        for arm in &sweep.arms {
            trials.push(PlannedTrial {
                id: TrialId::of("m", arm, task, attempt),
                model: "m".into(),
                arm: arm.clone(),
                task: (*task).to_owned(),
                attempt,
                block: u32::try_from(block).unwrap(),
            });
        }
    }
    let family = |task: &str| task.split('/').next().unwrap_or_default().to_owned();
    Plan {
        version: Plan::VERSION,
        sweep,
        trials,
        families: tasks.iter().map(|task| ((*task).to_owned(), family(task))).collect(),
        tasks: tasks.iter().map(|task| ((*task).to_owned(), String::new())).collect(),
        models: BTreeMap::new(),
        harnesses: BTreeMap::new(),
        preferred: BTreeMap::new(),
        weights: BTreeMap::new(),
        prompts: BTreeMap::new(),
        simulated: vec!["m".into()],
        planted: BTreeMap::new(),
        replay: None,
        program: "test".into(),
    }
}

/// The name of model `m`'s trial.
pub fn trial(arm: &str, task: &str, attempt: u32) -> TrialId {
    TrialId::of("m", &arm.parse::<Arm>().unwrap(), task, attempt)
}

/// A call of 100 tokens in and 10 out, charged 110.
pub fn call(trial: &TrialId, call: u32) -> CallRecord {
    CallRecord {
        trial: trial.clone(),
        try_number: 1,
        call,
        at_ms: 0,
        first_byte_ms: Some(1),
        total_ms: 2,
        dialect: Dialect::OpenaiChat,
        model_asked: "m".into(),
        model_served: Some("m".into()),
        kind: CallKind::Main,
        evidence: Vec::new(),
        other_model: false,
        replay_of: None,
        replayed: None,
        status: 200,
        content_type: Some("application/json".into()),
        ending: CallEnding::Ok,
        detail: None,
        usage: Some(Usage { input_uncached: 100, output: 10, ..Usage::default() }),
        estimated: false,
        doubts: Vec::new(),
        charged: 110.0,
        usd: None,
        clamped_to: None,
        stop: Some(StopReason::ToolCalls),
        tool_calls: vec!["bash".into()],
        system_digest: String::new(),
        tools_digest: String::new(),
        edits: Vec::new(),
        losses: Vec::new(),
        request: None,
        response: None,
        raw_usage: None,
        simulated: true,
    }
}

/// The end of a trial that made one [`call`].
pub fn end(trial: &TrialId, outcome: Outcome, score: Option<f64>) -> TrialEnd {
    TrialEnd {
        trial: trial.clone(),
        try_number: 1,
        outcome,
        detail: String::new(),
        score,
        rewards: BTreeMap::new(),
        spent: Spent {
            calls: 1,
            usage: Usage { input_uncached: 100, output: 10, ..Usage::default() },
            charged: 110.0,
            usd: 0.0,
        },
        unspent: 890.0,
        agent_seconds: 3.0,
        grading_seconds: 1.0,
        total_seconds: 5.0,
        workspace: None,
        changed_outside: None,
        commands: None,
        verifier_output: None,
        harness_output: None,
        self_report: None,
        dns_names: Vec::new(),
        contacts: Vec::new(),
        resources: BTreeMap::from([(Resource::LimitMemoryMb, 1024.0)]),
        regraded: Vec::new(),
        audited: None,
        flags: Vec::new(),
    }
}

/// The start of a run by a program of version 0.0.0 that was built from `commit`.
pub fn opened(commit: &str) -> Event {
    let program = Program { commit: Some(commit.to_owned()), ..Program::from("0.0.0".to_owned()) };
    Event::Opened {
        plan: String::new(),
        trials: 0,
        pid: 1,
        host: "host".into(),
        program,
        host_facts: BTreeMap::new(),
        harnesses: BTreeMap::new(),
        inputs: None,
        overrides: Overrides::default(),
    }
}

/// The start of a run of `plan`, as a ledger on disk begins.
pub fn opened_with(plan: &Plan) -> Event {
    match opened("abc") {
        Event::Opened { pid, host, program, host_facts, harnesses, inputs, overrides, .. } => {
            let (plan, trials) = (plan.digest().unwrap(), plan.trials.len());
            Event::Opened { plan, trials, pid, host, program, host_facts, harnesses, inputs, overrides }
        }
        other => other,
    }
}

/// Start, one call and end of a trial that passed or failed.
pub fn graded(arm: &str, task: &str, attempt: u32, passed: bool) -> Vec<Event> {
    let trial = trial(arm, task, attempt);
    let outcome = if passed { Outcome::Pass } else { Outcome::Fail };
    vec![
        Event::Started { trial: trial.clone(), try_number: 1, image: "image".into() },
        Event::CallStarted { trial: trial.clone(), try_number: 1, call: 1, held: 500.0 },
        Event::Call(Box::new(call(&trial, 1))),
        Event::Ended(Box::new(end(&trial, outcome, Some(if passed { 1.0 } else { 0.0 })))),
    ]
}

/// A ledger that holds these events.
pub fn contents(events: Vec<Event>) -> Contents {
    let mut head = ledger::chain::first_link("run");
    let lines = (0u64..)
        .zip(events)
        .map(|(seq, event)| {
            head = ledger::chain::next_link(&head, &serde_json::to_value(&event).unwrap());
            Line { seq, at_ms: 0, event, hash: head.clone() }
        })
        .collect();
    Contents { run_id: "run".into(), lines, truncated: false, unknown: 0, head }
}
