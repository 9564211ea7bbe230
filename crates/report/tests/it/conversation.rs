//! What a pair's page shows of the recorded bodies: everything that was said and run, and none of it is obeyed.

use std::path::Path;

use ledger::{BlobStore, CallRecord, Event, Outcome, RunDir, TrialId};
use report::bodies;
use serde_json::{Value, json};
use tempfile::TempDir;
use testkit::runs::{self, call, end};
use transcript::commands::{Command, write};

use crate::{
    cases::{ARMS, of},
    page::{HOSTILE, check, html},
};

const TASK: &str = "fix/a";

/// A conversation of two calls in which every text is `text`: one that thinks and runs a command, one that says it is
/// done. The first result is for a call that nobody made.
fn bodies_of(text: &str) -> [(Value, Value); 2] {
    let function =
        json!({"name": "bash", "arguments": json!({"command": format!("run {text}")}).to_string()});
    let asked = json!({"id": "c1", "type": "function", "function": function});
    let said = json!({"role": "assistant", "content": format!("saying {text}"), "tool_calls": [asked]});
    let mut thought = said.clone();
    thought["reasoning_content"] = format!("thinking {text}").into();
    let mut messages = vec![
        json!({"role": "system", "content": format!("system {text}")}),
        json!({"role": "user", "content": format!("instruction {text}")}),
    ];
    let request = |messages: &[Value]| json!({"model": "m", "messages": messages});
    let answer = |message: Value, why: &str| {
        let choice = json!({"index": 0, "message": message, "finish_reason": why});
        json!({"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]})
    };
    let first = (request(&messages), answer(thought, "tool_calls"));
    messages.push(said);
    messages.push(json!({"role": "tool", "tool_call_id": "c1", "content": format!("printed {text}")}));
    messages.push(json!({"role": "tool", "tool_call_id": "none", "content": format!("stray {text}")}));
    let last = json!({"role": "assistant", "content": format!("done {text}")});
    [first, (request(&messages), answer(last, "stop"))]
}

/// The two calls of a trial, recorded.
fn recorded(blobs: &BlobStore, trial: &TrialId, text: &str) -> Vec<CallRecord> {
    let record = |(number, (request, response)): (u32, (Value, Value))| {
        let mut call = call(trial, number);
        call.request = Some(blobs.put(request.to_string().as_bytes()).unwrap());
        call.response = Some(blobs.put(response.to_string().as_bytes()).unwrap());
        call
    };
    (1..).zip(bodies_of(text)).map(record).collect()
}

/// A run of one task in two arms in which everything says `text`, on disk; and its page.
fn page(into: &Path, text: &str) -> String {
    let run = RunDir::at(into);
    let blobs = run.blobs();
    let plan = runs::plan(&ARMS, &[TASK], 1);
    let mut events = vec![runs::opened_with(&plan)];
    for planned in &plan.trials {
        let trial = &planned.id;
        events.push(Event::Started { trial: trial.clone(), try_number: 1, image: String::new() });
        let calls = recorded(&blobs, trial, text);
        events.extend(calls.into_iter().map(|call| Event::Call(Box::new(call))));
        let mut end = end(trial, Outcome::Pass, Some(1.0));
        end.rewards = [("reward".to_owned(), 1.0), (text.to_owned(), 0.5)].into();
        end.verifier_output = Some(blobs.put(format!("verdict {text}").as_bytes()).unwrap());
        events.push(Event::Ended(Box::new(end)));
    }
    testkit::drawn::write(&plan, &events, into);
    html(&of(&ARMS, &[TASK], 1, events), &run)
}

#[test]
fn a_pair_shows_what_was_said_and_run_and_what_came_back() {
    let folder = TempDir::new().unwrap();
    let page = page(folder.path(), "twice <b>&amp;");
    check(&page);
    let once = |what: &str| page.matches(&format!("{what} twice &lt;b&gt;&amp;amp;")).count() == 2;
    for what in ["system", "instruction", "thinking", "saying", "run", "printed", "stray", "done", "verdict"]
    {
        assert!(once(what), "{what} is not there once for each arm\n{page}");
    }
    assert!(page.contains("2 calls, 1 command") && page.contains("Grading: score 1"));
    assert!(page.contains("Rewards: reward 1"));
    // scripts/check-page looks at it in a browser.
    if let Some(path) = std::env::var_os("OVERHANG_WRITE_PAGE") {
        fs_err::write(Path::new(&path).with_file_name("pair.html"), page).unwrap();
    }
}

#[test]
fn what_is_said_and_printed_stays_text() {
    let folder = TempDir::new().unwrap();
    let page = page(folder.path(), &format!("\u{1b}[31mred\u{1b}[0m {HOSTILE}\u{202e}\u{fffe}"));
    check(&page);
    assert!(page.contains("printed red &lt;/pre&gt;&lt;script&gt;"), "{page}");
    assert!(!page.contains(['\u{1b}', '\0', '\u{202e}', '\u{fffe}']));
}

#[test]
fn an_endless_conversation_leaves_the_page_small() {
    let folder = TempDir::new().unwrap();
    let page = page(folder.path(), &"endless ".repeat(100_000));
    check(&page);
    assert!(page.contains("… cut here") && page.len() < 300_000, "{}", page.len());
}

#[test]
fn a_body_that_is_gone_is_told_beside_those_that_are_there() {
    let folder = TempDir::new().unwrap();
    drop(page(folder.path(), "here"));
    let run = RunDir::at(folder.path());
    let [(_, first), _] = bodies_of("here");
    let digest = run.blobs().put(first.to_string().as_bytes()).unwrap();
    let file = run.blobs().root().join(&digest.0[..2]).join(format!("{}.zst", &digest.0[2..]));
    fs_err::remove_file(file).unwrap();
    let plan = runs::plan(&ARMS, &[TASK], 1);
    let contents = run.read().unwrap();
    let events = contents.lines.into_iter().map(|line| line.event).collect();
    let page = html(&of(&ARMS, &[TASK], 1, events), &run);
    check(&page);
    assert!(page.contains("Cannot be shown: answer: ") && page.contains("done here"), "{page}");
    assert_eq!(plan.trials.len(), 2);
}

#[test]
fn commands_have_their_outputs_and_stored_ones_their_shell_text() {
    let folder = TempDir::new().unwrap();
    let blobs = BlobStore::new(folder.path());
    let trial = runs::trial(ARMS[0], TASK, 1);
    let calls = recorded(&blobs, &trial, "x");
    let stored = |command: &str| Command {
        call: 1,
        tool: "bash".into(),
        command: command.into(),
        arguments: Value::Null,
    };
    let ran = |stored: &[Command]| {
        bodies::ran(&blobs, &calls, &transcript::commands::read(&String::from_utf8(write(stored)).unwrap()))
    };
    let [alone] = ran(&[]).try_into().unwrap();
    assert_eq!((alone.command.as_str(), alone.output.as_deref()), ("run x", Some("printed x")));
    let [known] = ran(&[stored("as the agent ran it")]).try_into().unwrap();
    assert_eq!((known.command.as_str(), known.output.as_deref()), ("as the agent ran it", Some("printed x")));
    // Without a body, what was stored is all that is known.
    let [only] = bodies::ran(&blobs, &[], &[stored("ls")]).try_into().unwrap();
    assert_eq!((only.command.as_str(), only.output), ("ls", None));
}
