//! How long detectors take over a run with its bodies, and how much memory: 1,000 trials of 100 calls, each with the
//! whole conversation so far.
//!
//! `cargo bench -p audit`. `OVERHANG_BENCH_TRIALS`: how many trials instead.
#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and stops where something is wrong"
)]

use std::time::Instant;

use audit::Inputs;
use dialect::{
    Dialect,
    neutral::{Content, Message, Request, Response, Role, StopReason, Tool},
};
use ledger::{BlobStore, CallRecord, Event, Outcome, RunDir, TrialId, event::CallKind};
use testkit::runs;

const ARMS: [&str; 2] = ["bare/generic", "claude-code/specific"];
const CALLS: u32 = 100;

/// What agents do, over and over; a tool's output has some 800 bytes.
const COMMANDS: [&str; 5] = [
    "cd /workspace && ls -la && git status --short",
    "sed -n 1,80p src/main.py | grep -n 'def ' && wc -l src/*.py",
    "cat > src/part.py <<'EOF'\ndef add(a, b):\n    return a + b\nEOF",
    "python3 -m pytest -q tests/test_part.py 2>&1 | tail -20",
    "for f in src/*.py; do python3 -m py_compile \"$f\" || echo \"bad $f\"; done",
];

fn main() {
    let trials = std::env::var("OVERHANG_BENCH_TRIALS").map_or(1000, |trials| trials.parse().unwrap());
    let folder = tempfile::TempDir::new_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    let run = RunDir::at(folder.path().join("run"));
    let bytes = write(&run, trials);
    println!("{trials} trials of {CALLS} calls, {:.0} MB of bodies", bytes as f64 / 1e6);
    let before = peak_mb();
    let began = Instant::now();
    let found = audit::of_run(&run, &Inputs::default()).unwrap();
    let seconds = began.elapsed().as_secs_f64();
    assert_eq!(found.trials.len(), trials);
    assert!(found.trials.iter().all(|trial| trial.unreadable.is_empty()));
    println!("figure audit/run {seconds:.3} s");
    println!("figure audit/run/peak {:.0} MB", peak_mb().max(before));
}

/// The most memory that this program has had.
fn peak_mb() -> f64 {
    let status = fs_err::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1e3
}

/// Writes a run, and returns how many bytes of bodies it has.
fn write(run: &RunDir, trials: usize) -> usize {
    let tasks: Vec<String> = (0..trials / 2).map(|task| format!("f{}/t{task}", task % 10)).collect();
    let names: Vec<&str> = tasks.iter().map(String::as_str).collect();
    let plan = runs::plan(&ARMS, &names, 1);
    run.prepare(&plan).unwrap();
    let (mut ledger, _) = run.open().unwrap();
    ledger.append(&[runs::opened_with(&plan)]).unwrap();
    let mut bytes = 0;
    for (seed, trial) in plan.trials.iter().enumerate() {
        let mut events = vec![Event::Started { trial: trial.id.clone(), try_number: 1, image: "i".into() }];
        bytes += conversation(&run.blobs(), &trial.id, seed, &mut events);
        events.push(Event::Ended(Box::new(runs::end(&trial.id, Outcome::Pass, Some(1.0)))));
        ledger.append(&events).unwrap();
    }
    bytes
}

fn conversation(blobs: &BlobStore, trial: &TrialId, seed: usize, events: &mut Vec<Event>) -> usize {
    let text = |text: &str| vec![Content::Text { text: text.into(), cache: false }];
    let bash = Tool {
        name: "bash".into(),
        description: "Runs a command.".into(),
        parameters: serde_json::json!({"type": "object", "properties": {"command": {"type": "string"}}}),
        hosted: None,
    };
    let mut asked = Request {
        model: "m".into(),
        system: text("Work with care."),
        messages: vec![Message { role: Role::User, content: text("Mend the program. Its tests must pass.") }],
        tools: vec![bash],
        max_output: Some(4096),
        ..Request::default()
    };
    let mut bytes = 0;
    for number in 1..=CALLS {
        let id = format!("c{seed}-{number}");
        let command = COMMANDS[(number as usize + seed) % COMMANDS.len()];
        let block = Content::ToolCall {
            id: id.clone(),
            name: "bash".into(),
            arguments: serde_json::json!({ "command": command }),
        };
        let answer = Response {
            id: "r".into(),
            model: "m".into(),
            content: vec![block.clone()],
            stop: StopReason::ToolCalls,
            usage: None,
        };
        let dialect = Dialect::OpenaiChat;
        let request = dialect::encode_request(dialect, &asked).unwrap().body.to_string();
        let response =
            dialect::encode_response(dialect, &answer, 0, &Default::default()).unwrap().body.to_string();
        bytes += request.len() + response.len();
        events.push(Event::Call(Box::new(CallRecord {
            dialect,
            kind: CallKind::Main,
            request: Some(blobs.put(request.as_bytes()).unwrap()),
            response: Some(blobs.put(response.as_bytes()).unwrap()),
            ..runs::call(trial, number)
        })));
        asked.messages.push(Message { role: Role::Assistant, content: vec![block] });
        let output: String = (0..12)
            .map(|line| format!("{seed} {number} {line}: what a program of this size may print, in a line\n"))
            .collect();
        let result = Content::ToolResult { id, content: text(&output), is_error: false };
        asked.messages.push(Message { role: Role::User, content: vec![result] });
    }
    bytes
}
