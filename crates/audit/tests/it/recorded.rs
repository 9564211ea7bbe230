//! Runs with bodies, written as the program writes them, and looked at again.

use audit::{HarnessTools, Inputs, RunAudit, State, TrialAudit};
use dialect::{
    Dialect,
    neutral::{Content, Message, Request, Response, Role, StopReason, Tool},
};
use ledger::{CallRecord, Event, Outcome, RunDir, TrialId, event::CallKind};
use serde_json::json;
use testkit::runs;
use vocabulary::{CallEnding, Flag};

const ARMS: [&str; 2] = ["bare/generic", "robot/specific"];
const TASK: &str = "fix/one";

fn inputs() -> Inputs {
    let tools = |always_offered| HarnessTools { always_offered, shell: None };
    Inputs {
        generic: Some("Work with care.".into()),
        specific: [("m".to_owned(), "Work in small steps.".to_owned())].into(),
        instructions: [(TASK.to_owned(), vec!["Fix it.".to_owned()])].into(),
        harnesses: [("bare".to_owned(), tools(false)), ("robot".to_owned(), tools(true))].into(),
        facts: Default::default(),
        models: Default::default(),
    }
}

struct Lab {
    folder: tempfile::TempDir,
    events: Vec<Event>,
}

impl Lab {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap(), events: Vec::new() }
    }

    fn run(&self) -> RunDir {
        RunDir::at(self.folder.path().join("run"))
    }

    /// As a program of today opens a run, or, without inputs, one of before.
    fn open(&mut self, inputs: Option<&Inputs>) -> &mut Self {
        let stored = |inputs| self.run().blobs().put(&serde_json::to_vec(inputs).unwrap()).unwrap();
        let inputs = inputs.map(stored);
        self.events.push(Event::Opened {
            plan: String::new(),
            trials: 2,
            pid: 1,
            host: "host".into(),
            program: vocabulary::Program::from("test".to_owned()),
            host_facts: Default::default(),
            harnesses: Default::default(),
            inputs,
            overrides: Default::default(),
        });
        self
    }

    /// A try of an arm's trial: its calls, and its end with these flags.
    fn trial(&mut self, arm: &str, try_number: u32, asked: &[Asked], flags: &[&str]) -> &mut Self {
        let trial = runs::trial(arm, TASK, 1);
        self.events.push(Event::Started { trial: trial.clone(), try_number, image: String::new() });
        for (number, asked) in (1..).zip(asked) {
            let call = CallRecord { try_number, ..asked.record(&self.run(), &trial, number) };
            self.events.push(Event::Call(Box::new(call)));
        }
        let mut end = runs::end(&trial, Outcome::Pass, Some(1.0));
        end.try_number = try_number;
        let flag = |line: &&str| {
            let (name, reason) = line.split_once(": ").unwrap();
            Flag::new(serde_json::from_value(name.into()).unwrap(), reason)
        };
        end.flags = flags.iter().map(flag).collect();
        self.events.push(Event::Ended(Box::new(end)));
        self
    }

    fn audit(&self) -> RunAudit {
        self.recalling(Inputs::default())
    }

    fn recalling(&self, recalled: Inputs) -> RunAudit {
        let run = self.run();
        let plan = runs::plan(&ARMS, &[TASK], 1);
        run.prepare(&plan).unwrap();
        let (mut ledger, _) = run.open().unwrap();
        let mut events = self.events.clone();
        for event in &mut events {
            if let Event::Opened { plan: with, .. } = event {
                *with = plan.digest().unwrap();
            }
        }
        ledger.append(&events).unwrap();
        audit::of_run(&run, &recalled).unwrap()
    }
}

/// A call of the main conversation.
struct Asked {
    dialect: Dialect,
    system: &'static str,
    messages: Vec<Message>,
    tools: bool,
    exhausted: bool,
}

fn asked(system: &'static str, said: &str) -> Asked {
    let messages = vec![Message { role: Role::User, content: text(said) }];
    Asked { dialect: Dialect::AnthropicMessages, system, messages, tools: true, exhausted: false }
}

impl Asked {
    fn record(&self, run: &RunDir, trial: &TrialId, number: u32) -> CallRecord {
        let bash = Tool {
            name: "bash".into(),
            description: "Runs a command.".into(),
            parameters: json!({"type": "object"}),
            hosted: None,
        };
        let request = Request {
            model: "m".into(),
            system: text(self.system),
            messages: self.messages.clone(),
            tools: if self.tools { vec![bash] } else { Vec::new() },
            max_output: Some(100),
            ..Request::default()
        };
        let answer = Response {
            id: "r".into(),
            model: "m".into(),
            content: text("Done."),
            stop: StopReason::End,
            usage: None,
        };
        let request = dialect::encode_request(self.dialect, &request).unwrap().body.to_string();
        let answer = dialect::encode_response(self.dialect, &answer, 0, &Default::default()).unwrap().body;
        let stored = |body: String| Some(run.blobs().put(body.as_bytes()).unwrap());
        CallRecord {
            dialect: self.dialect,
            kind: CallKind::Main,
            ending: if self.exhausted { CallEnding::Exhausted } else { CallEnding::Ok },
            request: stored(request),
            response: stored(answer.to_string()),
            ..runs::call(trial, number)
        }
    }
}

fn text(text: &str) -> Vec<Content> {
    vec![Content::Text { text: text.into(), cache: false }]
}

fn flags(trial: &TrialAudit) -> Vec<String> {
    let mut flags = audit::flags(&trial.checks);
    flags.sort();
    flags.iter().map(Flag::to_string).collect()
}

/// The flags of each trial's end.
fn frozen(events: &[Event]) -> Vec<Vec<String>> {
    let ends = events.iter().filter_map(|event| match event {
        Event::Ended(end) => Some(end.flags.iter().map(Flag::to_string).collect()),
        _ => None,
    });
    ends.collect()
}

fn everything_wrong() -> Vec<Asked> {
    let mut asked = vec![asked("Work with care.", "Fix that.")];
    let call = Content::ToolCall { id: "a".into(), name: "bash".into(), arguments: json!({"command": "ls"}) };
    asked[0].messages.push(Message { role: Role::Assistant, content: vec![call] });
    asked[0].messages.push(Message { role: Role::User, content: text("Well?") });
    for _ in 0..4 {
        asked.push(Asked { exhausted: true, ..self::asked("Work with care.", "Fix that.") });
    }
    asked
}

const ALL_FLAGS: [&str; 5] = [
    "FOREIGN_PROMPT: the prompt of another arm or model is in the first request",
    "INSTRUCTION_MISSING: the instruction is not, byte for byte, in the first request",
    "KEPT_ASKING: 4 calls after the end",
    "LOST_TOOL_RESULT: 1 tool calls have no result, first a",
    "PROMPT_MISSING: the arm's prompt is not in the first request",
];

#[test]
fn detectors_over_a_recorded_run_give_the_flags_that_its_trials_ended_with() {
    let mut lab = Lab::new();
    lab.open(Some(&inputs())).trial("bare/generic", 1, &[asked("Work with care.", "Fix it.")], &[]).trial(
        "robot/specific",
        1,
        &everything_wrong(),
        &ALL_FLAGS,
    );
    let found = lab.audit();
    // In the plan's order, which is that of the ledger here.
    assert_eq!(found.trials.iter().map(flags).collect::<Vec<_>>(), frozen(&lab.events));
    assert_eq!((found.version, found.planned, found.detectors.len()), (1, 2, audit::DETECTORS.len()));
}

#[test]
fn a_harness_that_offers_no_tools_is_told_and_the_bare_loop_is_not() {
    let toolless = |system, said| Asked { tools: false, ..asked(system, said) };
    let mut lab = Lab::new();
    let flag = "NO_TOOLS_OFFERED: no request offered the model a tool";
    lab.open(Some(&inputs())).trial("bare/generic", 1, &[toolless("Work with care.", "Fix it.")], &[]).trial(
        "robot/specific",
        1,
        &[toolless("Work in small steps.", "Fix it.")],
        &[flag],
    );
    assert_eq!(lab.audit().trials.iter().map(flags).collect::<Vec<_>>(), frozen(&lab.events));
}

#[test]
fn only_the_try_that_ended_a_trial_counts_and_a_trial_taken_back_is_not_looked_at() {
    let mut lab = Lab::new();
    lab.open(Some(&inputs())).trial("robot/specific", 1, &everything_wrong(), &ALL_FLAGS);
    let reopened = Event::Reopened { trial: runs::trial("robot/specific", TASK, 1) };
    lab.events.push(reopened.clone());
    assert_eq!(lab.audit().trials, []);
    lab.events.clear();
    lab.trial("robot/specific", 2, &[asked("Work in small steps.", "Fix it.")], &[]);
    let again = lab.audit();
    assert_eq!(
        again.trials.iter().map(|trial| (trial.try_number, flags(trial))).collect::<Vec<_>>(),
        [(2, vec![])]
    );
}

#[test]
fn a_run_resumed_with_other_files_is_compared_with_those_its_trials_began_with() {
    let mut lab = Lab::new();
    let mended = Inputs { generic: Some("Work with great care.".into()), ..inputs() };
    lab.open(Some(&inputs())).trial("bare/generic", 1, &[asked("Work with care.", "Fix it.")], &[]);
    lab.open(Some(&mended)).trial("robot/specific", 1, &[asked("Work in small steps.", "Fix it.")], &[]);
    assert!(lab.audit().trials.iter().all(|trial| flags(trial).is_empty()));
}

#[test]
fn a_run_of_an_older_program_is_looked_at_with_what_is_recalled_and_the_rest_is_unknown() {
    let lab = || {
        let mut lab = Lab::new();
        lab.open(None).trial("robot/specific", 1, &everything_wrong(), &ALL_FLAGS);
        lab
    };
    // What needs no inputs is found all the same.
    let found = lab().audit();
    assert_eq!(flags(&found.trials[0]), [ALL_FLAGS[2], ALL_FLAGS[3]]);
    let unknown = found.trials[0].checks.iter().filter(|check| matches!(check.state, State::Unknown { .. }));
    let unknown: Vec<_> = unknown.map(|check| check.detector.as_str()).collect();
    assert_eq!(
        unknown,
        [
            "foreign-prompt",
            "impossible-passed",
            "instruction-missing",
            "prompt-missing",
            "recall",
            "self-download",
            "tamper-dependent"
        ]
    );
    // Of the harness's tools the plan says nothing.
    let recalled = Inputs { harnesses: Default::default(), ..inputs() };
    assert_eq!(flags(&lab().recalling(recalled).trials[0]), ALL_FLAGS);
}

#[test]
fn a_body_that_cannot_be_read_is_told_and_takes_no_other_trial_with_it() {
    let mut lab = Lab::new();
    lab.open(Some(&inputs())).trial("bare/generic", 1, &[asked("Work with care.", "Fix it.")], &[]).trial(
        "robot/specific",
        1,
        &everything_wrong(),
        &ALL_FLAGS,
    );
    let damaged = lab.run().blobs().put(b"no JSON").unwrap();
    for event in &mut lab.events {
        if let Event::Call(call) = event
            && call.trial == runs::trial("bare/generic", TASK, 1)
        {
            call.request = Some(damaged.clone());
        }
    }
    let found = lab.audit();
    assert!(
        found.trials[0].unreadable[0].starts_with("call 1: it is no JSON"),
        "{:?}",
        found.trials[0].unreadable
    );
    let prompt = found.trials[0].checks.iter().find(|check| check.detector == "prompt-missing").unwrap();
    assert!(matches!(prompt.state, State::Unknown { .. }));
    assert_eq!(flags(&found.trials[1]), ALL_FLAGS);
}
