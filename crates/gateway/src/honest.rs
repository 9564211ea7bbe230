//! Honest clients, over the code that admits and settles calls: they get to spend what they were given.
//!
//! A main conversation grows, is summarized where it gets too long, and sends out sub-agents side by side. The provider
//! counts as real ones do, from three to five bytes to a token, and reads what it has seen from its cache.

use std::{collections::VecDeque, sync::Arc};

use dialect::{Reader, neutral::Usage};
use serde_json::{Value, json};
use spec::Dialect;

use crate::{
    Session,
    admission::{self, Admission, Ask, Decision, Settled},
    call::{Answer, ask_of, used},
    reading::{self, Purpose},
    theorem::{DIALECTS, session, told},
};

/// How real tokenizers and real texts are, in hundredths of a byte to a token.
const DENSITIES: [u64; 2] = [310, 500];
/// Where a main conversation is summarized, in bytes.
const LONG: usize = 40_000;
/// Turns of a sub-agent.
const TURNS: usize = 4;

/// One conversation, its next call asked or under way.
struct Agent {
    turns: Vec<String>,
    is_main: bool,
}

fn body(dialect: Dialect, turns: &[String]) -> Value {
    let tools = |name: &str| {
        json!([{"name": "run", "description": "Runs a command in the shell. ".repeat(40),
            name: {"type": "object", "properties": {"command": {"type": "string"}}}}])
    };
    let speaker = |index: usize| if index.is_multiple_of(2) { "user" } else { "assistant" };
    let said = turns.iter().enumerate();
    let plain = || {
        let said = said.clone().map(|(index, text)| json!({"role": speaker(index), "content": text}));
        Value::from(said.collect::<Vec<_>>())
    };
    let system = "You are an agent that works on a task, and you do not stop before it is done. ".repeat(60);
    match dialect {
        Dialect::AnthropicMessages => json!({"model": "m", "max_tokens": 4000, "system": system,
            "tools": tools("input_schema"), "messages": plain()}),
        Dialect::OpenaiChat => {
            let mut messages = vec![json!({"role": "system", "content": system})];
            messages.extend(plain().as_array().into_iter().flatten().cloned());
            json!({"model": "m", "messages": messages, "tools": [{"type": "function", "function": tools("parameters")[0]}]})
        }
        Dialect::OpenaiResponses => json!({"model": "m", "instructions": system, "input": plain()}),
        Dialect::Gemini => {
            let role = |index: usize| if index.is_multiple_of(2) { "user" } else { "model" };
            let said = said.map(|(index, text)| json!({"role": role(index), "parts": [{"text": text}]}));
            json!({"systemInstruction": {"parts": [{"text": system}]}, "contents": said.collect::<Vec<_>>(),
                "tools": [{"functionDeclarations": tools("parametersJsonSchema")}]})
        }
    }
}

fn line(number: usize) -> String {
    format!("crates/part-{number}/src/lib.rs:{}: the value `x_{number}` is never read\n", number * 7 % 400)
}

fn settle(
    session: &Session,
    dialect: Dialect,
    admission: &Admission,
    agent: &Agent,
    density: u64,
    number: u64,
) -> u64 {
    let bytes = body(dialect, &agent.turns).to_string().len() as u64;
    let input = bytes * 100 / density;
    let output = (40 + number * 7919 % 700).min(admission.output);
    let mut reader = Reader::new(dialect, "c");
    reader
        .whole(told(
            dialect,
            &json!(input),
            &json!(output),
            &"word ".repeat(usize::try_from(output).unwrap()),
        ))
        .unwrap();
    let answer = Answer { reader: Some(reader), bytes: 1, ..Answer::default() };
    let mut used = used(admission, &answer, true);
    assert!(!used.is_estimated(), "{:?}", used.doubts);
    // Most of what was sent before is read from the cache.
    let cached = if agent.turns.len() > 1 { input * 8 / 10 } else { 0 };
    used.usage = Usage { input_uncached: input - cached, cache_read: cached, ..used.usage };
    let settled = Settled {
        usage: Some(&used.usage),
        estimated: false,
        at_limit: output == admission.output,
        answered: true,
        served: "m",
        called_tools: true,
        usable_call: true,
    };
    admission::settle(&session.0, admission, &settled);
    output
}

fn ask(session: &Session, dialect: Dialect, agent: &Agent) -> Ask {
    let bytes = body(dialect, &agent.turns).to_string().into_bytes();
    let path = (dialect == Dialect::Gemini).then(|| ("m".to_owned(), false));
    let decoded = reading::decode(session, dialect, &bytes, &Purpose::Answer { in_path: path }).unwrap();
    ask_of(&session.0, &decoded.request, &Arc::new(decoded.weighed))
}

/// Spends a budget to its end. Returns the share of it that was used, and the most calls at once.
fn spend(dialect: Dialect, meter: &str, budget: f64, density: u64) -> (f64, usize) {
    let session = session(dialect, meter, budget);
    let begun = |text: String, is_main| Agent { turns: vec![text], is_main };
    let queued = |agent: Agent| (ask(&session, dialect, &agent), agent);
    let mut waiting = VecDeque::from([queued(begun("Do the task.".into(), true))]);
    let (mut open, mut at_once, mut number) = (VecDeque::<(Agent, Box<Admission>)>::new(), 0, 0u64);
    loop {
        let mut still = VecDeque::new();
        for (ask, agent) in waiting.drain(..) {
            match admission::decide(&session.0, &ask) {
                Decision::Admitted(admission) => open.push_back((agent, admission)),
                Decision::Wait => still.push_back((ask, agent)),
                Decision::Stopped(_) | Decision::CapReached => {}
            }
        }
        waiting = still;
        at_once = at_once.max(open.len());
        let Some((mut agent, admission)) = open.pop_front() else { break };
        number += 1;
        let output = settle(&session, dialect, &admission, &agent, density, number);
        agent.turns.push("word ".repeat(usize::try_from(output).unwrap() * 3 / 4));
        let lines = usize::try_from(number * 31 % 60).unwrap();
        agent.turns.push((0..lines).map(line).collect());
        let size: usize = agent.turns.iter().map(String::len).sum();
        if agent.is_main && number.is_multiple_of(5) {
            waiting.extend(
                (0..4).map(|part| queued(begun(format!("Look at part {part} of round {number}."), false))),
            );
        }
        match agent.is_main {
            true if size > LONG => {
                waiting.push_back(queued(begun(format!("What was done before: {number} things."), true)))
            }
            false if agent.turns.len() > 2 * TURNS => {}
            _ => waiting.push_back(queued(agent)),
        }
    }
    let summary = session.summary();
    assert_eq!(summary.held, 0.0);
    (summary.used / budget, at_once)
}

#[test]
fn honest_clients_spend_their_budget_in_every_dialect_and_under_every_meter() {
    for dialect in DIALECTS {
        for (meter, budget) in [("total", 300_000.0), ("fresh", 80_000.0), ("price", 0.4)] {
            for density in DENSITIES {
                let (share, at_once) = spend(dialect, meter, budget, density);
                let case = format!("{dialect} {meter} {density}");
                assert!((0.95..1.02).contains(&share), "{case}: {share}");
                assert!(at_once >= 3, "{case}: sub-agents work side by side: {at_once}");
            }
        }
    }
}
