//! A large run on disk, as the program would have written it.

use std::{collections::BTreeMap, path::Path};

use ledger::{BlobStore, CallRecord, Digest, Event, Outcome, PlannedTrial, RunDir, TrialId};
use serde_json::json;
use testkit::runs;
use vocabulary::Spent;

/// The arms, the baseline first.
const ARMS: [&str; 4] = ["bare/generic", "claude-code/specific", "codex/specific", "opencode/specific"];
const ATTEMPTS: u32 = 5;
const TASKS_OF_FAMILY: usize = 25;
const CALLS: u32 = 10;

/// Trials whose events are appended at a time.
const AT_ONCE: usize = 1000;

/// Writes a run of about so many trials into a directory: the number of them, and the ledger's bytes.
pub(crate) fn write(into: &Path, trials: usize, seed: u64) -> (usize, u64) {
    let tasks = trials.div_ceil(ARMS.len() * ATTEMPTS as usize);
    let tasks: Vec<String> =
        (0..tasks).map(|task| format!("family-{}/task-{task}", task / TASKS_OF_FAMILY)).collect();
    let tasks: Vec<&str> = tasks.iter().map(String::as_str).collect();
    let mut plan = runs::plan(&ARMS, &tasks, ATTEMPTS);
    plan.sweep.budget.tokens = 100_000.0;
    let run = RunDir::at(into);
    run.prepare(&plan).unwrap();
    let (mut ledger, _) = run.open().unwrap();
    ledger.append(&[runs::opened_with(&plan)]).unwrap();
    let stored = Stored::conversation(&run.blobs());
    let mut random = fastrand::Rng::with_seed(seed);
    for trials in plan.trials.chunks(AT_ONCE) {
        let events: Vec<Event> =
            trials.iter().flat_map(|trial| events(trial, &stored, &mut random)).collect();
        ledger.append(&events).unwrap();
    }
    (plan.trials.len(), fs_err::metadata(into.join("ledger.jsonl")).unwrap().len())
}

fn events(trial: &PlannedTrial, stored: &Stored, random: &mut fastrand::Rng) -> Vec<Event> {
    let id = &trial.id;
    let arm = ARMS.iter().position(|arm| *arm == trial.arm.to_string()).unwrap();
    let skill = [0.40, 0.45, 0.50, 0.60][arm];
    let passed = random.f64() < skill;
    let mut events = vec![Event::Started { trial: id.clone(), try_number: 1, image: "1f".repeat(32) }];
    let mut spent = Spent::default();
    for number in 1..=CALLS {
        let call = call(id, number, stored, random);
        spent += &call;
        events.push(Event::CallStarted { trial: id.clone(), try_number: 1, call: number, held: 9000.0 });
        events.push(Event::Call(Box::new(call)));
    }
    let outcome = if passed { Outcome::Pass } else { Outcome::Fail };
    let mut end = runs::end(id, outcome, Some(f64::from(u8::from(passed))));
    (end.unspent, end.spent) = (100_000.0 - spent.charged, spent);
    end.rewards = BTreeMap::from([("reward".to_owned(), f64::from(u8::from(passed)))]);
    (end.agent_seconds, end.total_seconds) = (60.0 + random.f64(), 70.0 + random.f64());
    end.workspace = Some(stored.workspaces[usize::from(passed)].clone());
    end.verifier_output = Some(stored.verdict.clone());
    events.push(Event::Ended(Box::new(end)));
    events
}

/// A record of the size that real ones have.
fn call(trial: &TrialId, number: u32, stored: &Stored, random: &mut fastrand::Rng) -> CallRecord {
    let mut call = runs::call(trial, number);
    let usage = call.usage.as_mut().unwrap();
    usage.input_uncached = random.u64(100..600);
    usage.cache_read = u64::from(number) * 400;
    usage.output = random.u64(10..200);
    call.charged = usage.total() as f64;
    call.evidence = vec!["goes on from a conversation seen before".into()];
    (call.system_digest, call.tools_digest) = ("2b".repeat(32), "f1".repeat(32));
    let (request, response) = &stored.calls[number as usize - 1];
    (call.request, call.response) = (Some(request.clone()), Some(response.clone()));
    call
}

/// Bodies that every trial shares: what a report reads of one trial, it reads of each.
struct Stored {
    calls: Vec<(Digest, Digest)>,
    verdict: Digest,
    workspaces: [Digest; 2],
}

impl Stored {
    /// A command of 40 lines of output for each call.
    fn conversation(blobs: &BlobStore) -> Self {
        let mut messages = vec![
            json!({"role": "system", "content": "You work in a shell. ".repeat(100)}),
            json!({"role": "user", "content": "Make the tests pass. ".repeat(40)}),
        ];
        let mut calls: Vec<(Digest, Digest)> = Vec::new();
        for number in 1..=CALLS {
            let request = json!({"model": "m", "messages": messages}).to_string();
            let request = match calls.last() {
                Some((before, _)) => blobs.put_like(request.as_bytes(), before),
                None => blobs.put(request.as_bytes()),
            };
            let arguments = json!({"command": format!("grep -rn word-{number} src | head -40")}).to_string();
            let id = format!("call-{number}");
            let function = json!({"name": "bash", "arguments": arguments});
            let said = json!({"role": "assistant", "content": "Looking at it.", "tool_calls": [{"id": id, "type": "function", "function": function}]});
            let choice = json!({"index": 0, "message": said, "finish_reason": "tool_calls"});
            let answer = json!({"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]});
            calls.push((request.unwrap(), blobs.put(answer.to_string().as_bytes()).unwrap()));
            let printed: String =
                (0..40).map(|line| format!("src/file-{line}.rs:{line}: word-{number} is here\n")).collect();
            messages.push(said);
            messages.push(json!({"role": "tool", "tool_call_id": id, "content": printed}));
        }
        let workspace = |text: &str| {
            let mut archive = tar::Builder::new(Vec::new());
            let mut header = tar::Header::new_gnu();
            header.set_size(text.len() as u64);
            archive.append_data(&mut header, "workspace/main.rs", text.as_bytes()).unwrap();
            blobs.put(&archive.into_inner().unwrap()).unwrap()
        };
        let workspaces = [workspace("fn main() {}\n"), workspace("fn main() { work() }\n")];
        Self { calls, verdict: blobs.put("3 of 4 tests pass\n".repeat(20).as_bytes()).unwrap(), workspaces }
    }
}
