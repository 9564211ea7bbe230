//! A model asked once: what its answer shows, and what its refusal is taken for.

use std::{slice, time::Duration};

use gateway::{Cause, preflight};
use scripted::{Answer, ScriptedUpstream, Step, Usage};
use serde_json::json;
use spec::{
    Dialect,
    model::{MaxTokensField, ToolCalls},
};

use crate::support::{KEY, UPSTREAM_MODEL, keys, model};

fn answer() -> Answer {
    let usage = Usage { input: 120, cache_read: 100, output: 30 };
    Answer::text("I do.").calling("report_ready", json!({"word": "ready"})).using(Some(usage))
}

fn refusing(status: u16, message: &str) -> Step {
    let body = json!({"error": {"message": message, "type": "invalid_request_error"}});
    Step::Status(status, vec![], body.to_string())
}

#[tokio::test]
async fn one_small_request_shows_what_a_sweep_needs_to_know() {
    for (dialect, limit, cache) in [
        (Dialect::AnthropicMessages, "max_tokens", "cache_read_input_tokens"),
        (Dialect::OpenaiChat, "max_tokens", "prompt_tokens_details.cached_tokens"),
        (Dialect::OpenaiResponses, "max_output_tokens", "input_tokens_details.cached_tokens"),
        (Dialect::Gemini, "generationConfig.maxOutputTokens", "cachedContentTokenCount"),
    ] {
        let upstream = ScriptedUpstream::start(vec![Step::Answer(answer())]).await.unwrap();
        let mut model = model(dialect, &upstream.url());
        model.sampling.effort = Some("low".into());
        let shown = preflight(&model, &keys(slice::from_ref(&model))).await.unwrap();
        assert_eq!((shown.streamed, shown.called_tool), (true, Some(true)), "{dialect}");
        assert_eq!(shown.warnings, [] as [&str; 0], "{dialect}");
        assert!(shown.cache_fields.contains(&cache.to_owned()), "{:?}", shown.cache_fields);
        assert_eq!(shown.limit_field, limit);
        let usage = shown.usage.unwrap();
        assert_eq!((usage.input(), usage.cache_read, usage.output), (120, 100, 30), "{dialect}");
        assert!(shown.usd.unwrap() > 0.0);
        let seen = upstream.seen();
        assert_eq!(seen.len(), 1, "it is asked once");
        assert!(seen[0].wants_stream() && seen[0].json["tools"].is_array());
        assert!(seen[0].max_output().unwrap() <= 1024);
        assert!(seen[0].json.to_string().contains("\"low\""), "pinned as in a sweep: {}", seen[0].json);
    }
}

#[tokio::test]
async fn each_refusal_has_its_cause_and_a_way_out() {
    let quota =
        json!({"error": {"message": "You exceeded your current quota", "type": "insufficient_quota"}});
    for (step, cause, fix) in [
        (refusing(401, "wrong key"), Cause::Key, "the key in SCRIPTED_API_KEY"),
        (refusing(402, "no money"), Cause::Credit, "add credit"),
        (Step::Status(429, vec![], quota.to_string()), Cause::Credit, "add credit"),
        (refusing(403, "not you"), Cause::Forbidden, "allow `scripted-1`"),
        (refusing(404, "no such model"), Cause::Name, "`model` (`scripted-1`)"),
        (refusing(404, "No endpoints found that support tool use"), Cause::Name, "tool_calls = \"text\""),
        (refusing(400, "Unsupported value: 'temperature'"), Cause::Request, "[sampling]"),
        (
            refusing(400, "\"auto\" tool choice requires --enable-auto-tool-choice"),
            Cause::Request,
            "tool calls on",
        ),
        (refusing(429, "slow down"), Cause::Busy, "wait"),
        (refusing(500, "oh"), Cause::Busy, "wait"),
        (Step::Close, Cause::Busy, "can be reached"),
        (
            Step::Pieces("text/html", vec![b"<html>".to_vec()], Duration::ZERO),
            Cause::Answer,
            "speaks `openai-chat`",
        ),
        (Step::Pieces("application/json", vec![b"{}".to_vec()], Duration::ZERO), Cause::Answer, "speaks"),
    ] {
        let upstream = ScriptedUpstream::start(vec![step.clone()]).await.unwrap();
        let model = model(Dialect::OpenaiChat, &upstream.url());
        let refusal = preflight(&model, &keys(slice::from_ref(&model))).await.unwrap_err();
        assert_eq!(refusal.cause, cause, "{step:?}: {refusal}");
        assert!(refusal.fix.contains(fix), "{step:?}: {}", refusal.fix);
        assert_eq!(refusal.passes(), cause == Cause::Busy);
        assert!(!refusal.to_string().contains(KEY));
        assert_eq!(upstream.seen().len(), 1, "{step:?} is not asked again");
    }
}

#[tokio::test]
async fn the_name_of_the_limit_is_found_out() {
    for (given, taken) in [
        (None, MaxTokensField::MaxCompletionTokens),
        (Some(MaxTokensField::MaxCompletionTokens), MaxTokensField::MaxTokens),
    ] {
        let upstream = ScriptedUpstream::start_with(move |_, seen| match seen.json.get(taken.name()) {
            Some(_) => Step::Answer(answer()),
            None => refusing(400, "Unsupported parameter: 'max_tokens', 'max_completion_tokens'"),
        });
        let upstream = upstream.await.unwrap();
        let mut model = model(Dialect::OpenaiChat, &upstream.url());
        model.endpoint.as_mut().unwrap().max_tokens_field = given;
        let refusal = preflight(&model, &keys(slice::from_ref(&model))).await.unwrap_err();
        let line = format!("max_tokens_field = \"{}\"", taken.name());
        assert!(refusal.fix.contains(&line), "{}", refusal.fix);
        model.endpoint.as_mut().unwrap().max_tokens_field = Some(taken);
        let shown = preflight(&model, &keys(slice::from_ref(&model))).await.unwrap();
        assert_eq!(shown.limit_field, taken.name());
    }
}

#[tokio::test]
async fn what_a_sweep_would_stumble_over_is_a_warning() {
    let whole = json!({"id": "c", "object": "chat.completion", "model": "other-1", "choices": [{"index": 0,
        "message": {"role": "assistant", "content": "ready"}, "finish_reason": "stop"}]});
    let pieces = vec![whole.to_string().into_bytes()];
    let upstream = ScriptedUpstream::start(vec![Step::Pieces("application/json", pieces, Duration::ZERO)]);
    let upstream = upstream.await.unwrap();
    let mut model = model(Dialect::OpenaiChat, &upstream.url());
    let shown = preflight(&model, &keys(slice::from_ref(&model))).await.unwrap();
    assert_eq!(shown.model_served.as_deref(), Some("other-1"));
    assert_eq!((shown.streamed, shown.called_tool, shown.usage), (false, Some(false), None));
    let warnings = shown.warnings.join("; ");
    for expected in ["does not stream", "did not call the tool", "no usage"] {
        assert!(warnings.contains(expected), "{warnings}");
    }
    // Who has no tool calls is offered none.
    model.endpoint.as_mut().unwrap().tool_calls = ToolCalls::Text;
    let shown = preflight(&model, &keys(slice::from_ref(&model))).await.unwrap();
    assert_eq!(shown.called_tool, None);
    let seen = upstream.seen();
    assert!(seen[1].json.get("tools").is_none_or(|tools| tools.as_array().is_some_and(Vec::is_empty)));
    assert_eq!(seen[1].json["model"], UPSTREAM_MODEL);
}
