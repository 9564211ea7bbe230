//! Models reached over HTTP, here on loopback: every harness through each of two dialects, and the key of the
//! provider in no place but the request to it.

use std::{
    collections::BTreeSet,
    io::Read,
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use ledger::{BlobStore, Digest, Event, Outcome};
use scripted::{Answer, ScriptedUpstream, Seen, Step};
use serde_json::{Value, json};

use super::ARMS;
use crate::lab::{Lab, flags, program, text};

pub(super) const KEY: &str = "canary-7d1f40c2e9a84b3f";

/// Written into the work tree by the model's command: all that a process in the container can see of its kind.
const LOOK: &str = "printf 'hello, \"world\"\\n' > greeting.txt; \
    touch /usr/local/mark; \
    cat /proc/*/environ /proc/*/cmdline 2>/dev/null | tr '\\0' '\\n' > seen.txt; env >> seen.txt";

pub(super) fn profile(id: &str, dialect: &str, url: &str) -> String {
    format!(
        "id = \"{id}\"\nvendor = \"Somebody\"\nweights = \"closed\"\n\n[endpoint]\ndialect = \"{dialect}\"\n\
         base_url = \"{url}\"\nkey_env = \"SOMEBODY_API_KEY\"\nmodel = \"scripted-1\"\n\n\
         [limits]\ncontext = 200_000\noutput = 8_000\n\n[prompts]\nspecific = \"prompts/specific.md\"\n"
    )
}

/// Plays the task on whatever tool is offered: once the command, then the end.
pub(super) fn play(seen: &Seen) -> Step {
    let tools: Vec<&str> =
        seen.json["tools"].as_array().into_iter().flatten().filter_map(tool_name).collect();
    let Some(shell) = tools.iter().find(|name| name.eq_ignore_ascii_case("bash")) else {
        return Step::Answer(Answer::text("A title."));
    };
    let command = |command: &str| {
        let arguments = if tools.len() > 1 {
            json!({"command": command, "description": "Carry out the task"})
        } else {
            json!({"command": command})
        };
        Step::Answer(Answer::text("I do it.").calling(shell, arguments))
    };
    match (has_result(seen), tools.len()) {
        (false, _) => command(LOOK),
        // The bare loop's way to say that it is done.
        (true, 1) => command("echo COMPLETE_TASK_AND_SUBMIT_FINAL_OUTPUT"),
        (true, _) => Step::Answer(Answer::text("It is done.")),
    }
}

fn tool_name(tool: &Value) -> Option<&str> {
    tool["name"].as_str().or_else(|| tool["function"]["name"].as_str())
}

fn has_result(seen: &Seen) -> bool {
    seen.json["messages"].as_array().into_iter().flatten().any(|message| {
        let parts = message["content"].as_array().into_iter().flatten();
        message["role"] == "tool" || parts.into_iter().any(|part| part["type"] == "tool_result")
    })
}

/// Programs on this machine whose command line or environment holds the key.
fn holders() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for process in fs_err::read_dir("/proc").unwrap().flatten() {
        // A process may end while it is looked at.
        let read = |name: &str| fs_err::read(process.path().join(name)).unwrap_or_default();
        if holds(&read("environ")) || holds(&read("cmdline")) {
            let exe = fs_err::read_link(process.path().join("exe"));
            let exe = exe.map_or_else(|_| text(&read("cmdline")), |exe| exe.display().to_string());
            // One that has ended in between has neither.
            if exe.is_empty() {
                continue;
            }
            // A build beside this test may replace the file.
            found.insert(exe.trim_end_matches(" (deleted)").to_owned());
        }
    }
    found
}

/// Does something, and looks for holders of the key all the while.
fn while_watched<T>(work: impl FnOnce() -> T) -> (T, BTreeSet<String>) {
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut found = BTreeSet::new();
            while !over.load(Ordering::Relaxed) {
                found.extend(holders());
                std::thread::sleep(Duration::from_millis(500));
            }
            found
        });
        let done = work();
        over.store(true, Ordering::Relaxed);
        (done, watcher.join().unwrap())
    })
}

fn holds(bytes: &[u8]) -> bool {
    has(bytes, KEY)
}

fn has(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

/// Files below a folder that hold a text, as they are or once decompressed.
pub(super) fn files_with(folder: &Path, wanted: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(folder) {
        let entry = entry.unwrap();
        if !entry.file_type().is_file() {
            continue;
        }
        let raw = fs_err::read(entry.path()).unwrap();
        let mut plain = Vec::new();
        if raw.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            zstd::Decoder::new(raw.as_slice()).unwrap().read_to_end(&mut plain).unwrap();
        }
        if entry.path().extension().is_some_and(|extension| extension == "delta") {
            plain = stored_by_another(entry.path());
        }
        if has(&raw, wanted) || has(&plain, wanted) {
            found.push(entry.path().display().to_string());
        }
    }
    found
}

/// A body of a blob store that is not stored whole.
fn stored_by_another(file: &Path) -> Vec<u8> {
    let (folder, stem) = (file.parent().unwrap(), file.file_stem().unwrap());
    let digest = format!("{}{}", folder.file_name().unwrap().display(), stem.display());
    BlobStore::new(folder.parent().unwrap()).get(&Digest(digest)).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_harness_is_driven_through_each_dialect_and_the_key_stays_at_the_gateway() {
    let upstream = ScriptedUpstream::start_with(|_, seen| play(seen)).await.unwrap();
    let lab = Lab::new();
    for (id, dialect) in [("messages", "anthropic-messages"), ("chat", "openai-chat")] {
        lab.write(&format!("models/{id}.toml"), &profile(id, dialect, &upstream.url()));
    }
    lab.sweep("messages", &ARMS, "tasks/words/greet", 400_000, "");
    lab.edit("sweep.toml", "[\"messages\"]", "[\"messages\", \"chat\"]");
    let (output, holders) = tokio::task::block_in_place(|| {
        while_watched(|| lab.run_with(&[("SOMEBODY_API_KEY", KEY), ("OVERHANG_LOG", "trace,h2=info")]))
    });

    lab.tell_what_was_tried_again();
    let ends = lab.ends();
    assert_eq!(ends.len(), 6);
    for (trial, end) in &ends {
        let calls = format!("{:?}", end.flags);
        assert_eq!(end.outcome, Outcome::Pass, "{trial}: {} {calls}", end.detail);
        assert_eq!(end.spent.usage.output, 5 * u64::from(end.spent.calls), "{trial}");
        assert!(end.spent.calls >= 2, "{trial}");
        let outside = lab.run_dir().blobs().get(end.changed_outside.as_ref().unwrap()).unwrap();
        let outside = text(&outside);
        assert!(outside.contains("+/usr/local/mark\n"), "{trial}: {outside}");
        // Nothing of the engine's or of ours is taken for the agent's.
        assert!(!trial.0.contains("bare") || outside == "+/usr/local/mark\n", "{trial}: {outside}");
    }
    let report = lab.report();
    let arms = &report.arms;
    assert!(arms.iter().all(|arm| arm.models_served.iter().eq(["scripted-1"])), "{arms:#?}");
    assert!(arms.iter().all(|arm| arm.helper_calls == 0 && arm.estimated_calls == 0), "{arms:#?}");
    let raised = flags(&report);
    for name in
        ["PROMPT_MISSING", "INSTRUCTION_MISSING", "LOST_TOOL_RESULT", "METER_MISMATCH", "ARM_DIFFERENCE"]
    {
        assert!(!raised.iter().any(|flag| flag.starts_with(name)), "{raised:#?}");
    }

    // Across dialects something is always lost; within one, nothing is.
    let lossy = |model: &str, arm: &str| {
        let arm = arms.iter().find(|one| one.model == model && one.arm.starts_with(arm)).unwrap();
        arm.flags.iter().any(|flag| flag.name.as_str() == "LOSS")
    };
    assert!(lossy("chat", "claude-code") && !lossy("messages", "claude-code"), "{raised:#?}");
    assert!(
        !lossy("chat", "opencode") && !lossy("chat", "bare") && !lossy("messages", "bare"),
        "{raised:#?}"
    );

    let shown = lab.overhang(&["show", "run", "chat:opencode"]).output().unwrap();
    let shown = text(&shown.stdout);
    for part in ["calls: ", "scripted-1 ok", "$ printf 'hello", "Workspaces: ", "workspace/seen.txt"] {
        assert!(shown.contains(part), "`{part}` is not shown: {shown}");
    }

    let log = fs_err::read_to_string(lab.root().join("run/logs/chat.opencode-specific.words-greet.1.log"));
    let log = log.unwrap();
    for part in ["start took ", "a call ended call=1 ", "agent took ", "grading took ", "ended outcome=PASS"]
    {
        assert!(log.contains(part), "`{part}` is not in the log: {log}");
    }

    // Every request that reached the provider is in the ledger, and none without the key.
    let seen = upstream.seen();
    let asked = |event: &Event| matches!(event, Event::Call(_) | Event::Preflight(_));
    let calls = lab.lines().iter().filter(|line| asked(&line.event)).count();
    assert_eq!(seen.len(), calls);
    for request in &seen {
        let key = if request.is_anthropic() {
            request.header("x-api-key").map(str::to_owned)
        } else {
            request.header("authorization").and_then(|value| value.strip_prefix("Bearer ")).map(str::to_owned)
        };
        assert_eq!(key.as_deref(), Some(KEY), "{}", request.path);
        assert!(!holds(&request.body), "{}", request.path);
    }

    assert_eq!(files_with(lab.root(), KEY), [""; 0]);
    // The same look finds what was said in a compressed body.
    assert!(files_with(&lab.root().join("run/blobs"), "I do it.").len() >= 6);
    assert!(!holds(&output.stdout) && !holds(&output.stderr));
    let trial = lab.end("chat:claude-code");
    let from_inside = lab.workspace_file(&trial, "workspace/seen.txt").unwrap();
    assert!(from_inside.contains("ANTHROPIC_AUTH_TOKEN="), "the look from inside saw nothing: {from_inside}");
    assert_eq!(Vec::from_iter(holders), [program().display().to_string()], "who holds the key");
}
