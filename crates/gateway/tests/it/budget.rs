//! The budget: spent to within 5 %, never passed, and told when it is gone.

use std::{sync::Arc, time::Duration};

use gateway::{Meter, Stopped};
use scripted::{Answer, ScriptedUpstream, Seen, Step, Usage};
use serde_json::{Value, json};
use spec::{Dialect, harness::Exhausted};

use crate::support::{MODEL, Rig, ask, body, model, rig};

/// A provider whose tokens are three bytes of a request's text each, 90 % of them cached, and whose answers take up
/// to `output` tokens.
fn spender(output: u64) -> impl Fn(usize, &Seen) -> Step + Send + Sync {
    move |number, seen| {
        let input = seen.json["messages"].to_string().len() as u64 / 3;
        let wanted = output + (number as u64 * 37) % output;
        let limit = seen.max_output().unwrap();
        let usage = Usage { input, cache_read: input * 9 / 10, output: wanted.min(limit) };
        let text = "word ".repeat(usize::try_from(usage.output / 2).unwrap());
        let answer = Answer::text(&text).using(Some(usage)).pausing(Duration::from_millis(1), Duration::ZERO);
        Step::Answer(if wanted > limit { answer.cut() } else { answer })
    }
}

fn conversation(turn: usize, stream: bool) -> Value {
    let text = "a line of what was said before\n".repeat(20 + turn);
    json!({
        "model": MODEL, "max_tokens": 4000, "stream": stream,
        "messages": [{"role": "user", "content": text}],
    })
}

/// Calls until told that the budget is gone; returns how many calls were paid for.
async fn spend(rig: &Rig, dialect: Dialect, streams: bool) -> usize {
    for turn in 0..10_000 {
        let got = ask(&rig.session, dialect, &conversation(turn % 40, streams)).await;
        if got.exhausted {
            return turn;
        }
        assert_eq!(got.status, 200, "{}", got.text());
    }
    panic!("the budget never ends");
}

#[tokio::test]
async fn eight_parallel_callers_end_between_95_and_100_percent_under_every_meter() {
    for (meter, budget) in [("total", 60_000.0), ("fresh", 30_000.0), ("price", 0.12)] {
        for dialect in [Dialect::AnthropicMessages, Dialect::OpenaiChat] {
            let upstream = ScriptedUpstream::start_with(spender(300)).await.unwrap();
            let rig = Arc::new(rig(model(dialect, &upstream.url()), |_, spec| {
                (spec.budget, spec.meter) = (budget, Meter::parse(meter).unwrap());
            }));
            let mut callers = tokio::task::JoinSet::new();
            for caller in 0..8 {
                let rig = Arc::clone(&rig);
                callers.spawn(async move { spend(&rig, dialect, caller % 2 == 0).await });
            }
            callers.join_all().await;
            let summary = rig.session.summary();
            let share = summary.used / budget;
            assert!((0.95..=1.0).contains(&share), "{meter} {dialect}: {share}");
            assert!(summary.held.abs() < 1e-9, "{meter}: {}", summary.held);
            assert!(summary.flags.is_empty());
            assert_eq!(summary.stopped.unwrap().0, Stopped::Budget);
            let charged: f64 = rig.memory.calls().iter().map(|call| call.charged).sum();
            assert!((charged - summary.used).abs() < 1e-6, "the records add up");
        }
    }
}

#[tokio::test]
async fn one_caller_ends_between_95_and_100_percent() {
    let upstream = ScriptedUpstream::start_with(spender(300)).await.unwrap();
    let rig = rig(model(Dialect::AnthropicMessages, &upstream.url()), |_, spec| spec.budget = 40_000.0);
    let paid = spend(&rig, Dialect::AnthropicMessages, true).await;
    let summary = rig.session.summary();
    assert!((38_000.0..=40_000.0).contains(&summary.used), "{}", summary.used);
    assert_eq!(upstream.seen().len(), paid);
    let clamped: Vec<_> = rig.memory.calls().into_iter().filter_map(|call| call.clamped_to).collect();
    assert!(!clamped.is_empty(), "the end is met by lowering the output limit");
}

#[tokio::test]
async fn a_call_waits_while_only_held_units_are_in_the_way() {
    let usage = Usage { input: 50, cache_read: 0, output: 10 };
    let answer = Answer::text("hi").using(Some(usage)).pausing(Duration::from_millis(50), Duration::ZERO);
    let upstream = ScriptedUpstream::start(vec![Step::Answer(answer)]).await.unwrap();
    let rig = rig(model(Dialect::AnthropicMessages, &upstream.url()), |_, spec| spec.budget = 300.0);
    let mut body = body(Dialect::AnthropicMessages, false);
    // Each asks for more than all there is: the first holds everything, the second must wait and then be let through.
    body["max_tokens"] = json!(10_000);
    let (first, second) = tokio::join!(
        ask(&rig.session, Dialect::AnthropicMessages, &body),
        ask(&rig.session, Dialect::AnthropicMessages, &body),
    );
    assert!(!first.exhausted && !second.exhausted);
    assert_eq!(rig.session.summary().used, 120.0);
}

/// A session whose budget does not even cover the first call.
fn broke(dialect: Dialect, adjust: impl FnOnce(&mut gateway::SessionSpec)) -> Rig {
    rig(model(dialect, "http://127.0.0.1:9"), |_, spec| {
        spec.budget = 1.0;
        adjust(spec);
    })
}

#[tokio::test]
async fn exhausted_calls_get_a_final_message_then_a_status_and_cost_nothing() {
    for (dialect, status) in [(Dialect::AnthropicMessages, 402), (Dialect::OpenaiChat, 400)] {
        for stream in [false, true] {
            let rig = broke(dialect, |_| {});
            for _ in 0..3 {
                let got = ask(&rig.session, dialect, &body(dialect, stream)).await;
                assert_eq!((got.status, got.exhausted), (200, true));
                assert!(
                    got.text().contains("I have to stop here") && !got.text().contains("tool"),
                    "{}",
                    got.text()
                );
            }
            let got = ask(&rig.session, dialect, &body(dialect, stream)).await;
            assert_eq!((got.status, got.exhausted), (status, true));
            assert_eq!(rig.session.exhausted().await, Stopped::Budget);
            let calls = rig.memory.calls();
            assert!(calls.iter().all(|call| call.ending.as_str() == "exhausted" && call.charged == 0.0));
            assert!(rig.memory.started.lock().unwrap().is_empty());
            let summary = rig.session.summary();
            assert_eq!((summary.after_exhaustion, summary.calls, summary.unspent), (4, 0, 1.0));
        }
    }
}

#[tokio::test]
async fn a_final_message_is_no_answer_where_a_tool_or_a_schema_is_asked_for() {
    let forced = broke(Dialect::AnthropicMessages, |_| {});
    let mut request = body(Dialect::AnthropicMessages, true);
    request["tools"] = json!([{"name": "t", "input_schema": {"type": "object"}}]);
    request["tool_choice"] = json!({"type": "tool", "name": "t"});
    assert_eq!(ask(&forced.session, Dialect::AnthropicMessages, &request).await.status, 402);
    let schema = broke(Dialect::OpenaiChat, |_| {});
    let mut request = body(Dialect::OpenaiChat, false);
    request["response_format"] =
        json!({"type": "json_schema", "json_schema": {"name": "a", "schema": {"type": "object"}}});
    assert_eq!(ask(&schema.session, Dialect::OpenaiChat, &request).await.status, 400);
    let declared = broke(Dialect::OpenaiChat, |spec| spec.exhausted = Exhausted::Status);
    let got = ask(&declared.session, Dialect::OpenaiChat, &body(Dialect::OpenaiChat, true)).await;
    assert_eq!((got.status, got.exhausted), (400, true));
    let text = got.text();
    assert!(
        !text.contains("context") && !text.contains("too long"),
        "must not read like an overflow: {text}"
    );
}

#[tokio::test]
async fn an_answer_cut_short_by_the_last_of_the_budget_is_followed_by_the_stop() {
    let upstream = ScriptedUpstream::start_with(|_, seen: &Seen| {
        let limit = seen.max_output().unwrap();
        let usage = Usage { input: 10, cache_read: 0, output: limit };
        Step::Answer(Answer::text("and so on").using(Some(usage)).cut())
    })
    .await
    .unwrap();
    let rig = rig(model(Dialect::OpenaiChat, &upstream.url()), |_, spec| spec.budget = 1000.0);
    let mut body = body(Dialect::OpenaiChat, false);
    body["max_tokens"] = json!(100_000);
    let first = ask(&rig.session, Dialect::OpenaiChat, &body).await;
    assert_eq!(first.json()["choices"][0]["finish_reason"], "length");
    body["messages"] = json!([]);
    let second = ask(&rig.session, Dialect::OpenaiChat, &body).await;
    assert!(second.exhausted);
    assert_eq!(upstream.seen().len(), 1);
}

#[tokio::test]
async fn the_calls_of_a_trial_are_capped() {
    let upstream = ScriptedUpstream::start(vec![Step::Answer(Answer::text("hi"))]).await.unwrap();
    let rig = rig(model(Dialect::OpenaiChat, &upstream.url()), |_, spec| spec.max_calls = 2);
    let body = body(Dialect::OpenaiChat, false);
    for exhausted in [false, false, true] {
        assert_eq!(ask(&rig.session, Dialect::OpenaiChat, &body).await.exhausted, exhausted);
    }
    assert_eq!(rig.session.exhausted().await, Stopped::Calls);
}

#[tokio::test]
async fn a_wrong_estimate_passes_the_budget_and_judges_nothing() {
    let usage = Usage { input: 5000, cache_read: 0, output: 10 };
    let upstream =
        ScriptedUpstream::start(vec![Step::Answer(Answer::text("hi").using(Some(usage)))]).await.unwrap();
    let rig = rig(model(Dialect::OpenaiChat, &upstream.url()), |_, spec| spec.budget = 1000.0);
    ask(&rig.session, Dialect::OpenaiChat, &body(Dialect::OpenaiChat, false)).await;
    let summary = rig.session.summary();
    assert_eq!((summary.used, summary.flags, summary.unspent), (5010.0, vec![], 0.0));
}

#[tokio::test]
async fn the_spend_cap_stands_above_all_sessions() {
    let usage = Usage { input: 100, cache_read: 0, output: 20 };
    let upstream =
        ScriptedUpstream::start(vec![Step::Answer(Answer::text("hi").using(Some(usage)))]).await.unwrap();
    // Each call costs $0.0002.
    let rig = rig(model(Dialect::OpenaiChat, &upstream.url()), |config, _| {
        (config.spend_cap_usd, config.spent_usd) = (Some(0.01), 0.009);
    });
    let other = rig.gateway.open(crate::support::session_spec()).unwrap();
    let mut body = body(Dialect::OpenaiChat, false);
    body["max_tokens"] = json!(20);
    let mut refused = 0;
    for turn in 0..10 {
        let session = if turn % 2 == 0 { &rig.session } else { &other };
        let got = ask(session, Dialect::OpenaiChat, &body).await;
        refused += u32::from(got.status == 400 && !got.exhausted);
    }
    assert_eq!((upstream.seen().len(), refused), (5, 5));
    rig.gateway.cap_reached().await;
    assert!((rig.gateway.spent_usd() - 0.01).abs() < 1e-9);
    assert!(rig.memory.calls().iter().filter(|call| call.ending.as_str() == "refused").count() == 5);
}

#[tokio::test]
async fn a_session_that_cannot_be_metered_is_not_opened() {
    let mut free = model(Dialect::OpenaiChat, "http://127.0.0.1:9");
    free.prices = None;
    let rig = rig(free, |_, _| {});
    let spec = |adjust: fn(&mut gateway::SessionSpec)| {
        let mut spec = crate::support::session_spec();
        adjust(&mut spec);
        rig.gateway.open(spec).unwrap_err().to_string()
    };
    let errors = [
        spec(|spec| spec.meter = Meter::parse("price").unwrap()),
        spec(|spec| spec.model = "other".into()),
        spec(|spec| spec.budget = 0.0),
        spec(|spec| spec.budget = f64::NAN),
    ];
    insta::assert_debug_snapshot!(errors);
}
