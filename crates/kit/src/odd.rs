//! A corpus of odd answers, played to a harness. Each case is an answer as some server was seen to send it, and the plain
//! form of the same answer: the harness must do the same with both, whether the provider speaks its dialect or another.
//!
//! Answers with calls follow each other in one trial, an odd one and a plain one. An answer in words ends a harness's
//! turn, so each has a trial of its own, and another for its plain form.

use std::{
    collections::BTreeMap,
    io,
    path::Path,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use dialect::neutral::{Content, Request, Role};
use futures_util::{StreamExt, stream};
use scripted::{Answer, Seen, Step};
use serde::Deserialize;
use serde_json::{Value, json};
use spec::{Dialect, Harness, Prompt};

use crate::{
    check::Subject,
    error::KitError,
    report::{Check, Conformance, Verdict},
    scenario::{self, Scenario, USER},
    script::is_conversation,
    trial::{self, Record},
};

const DIALECTS: [Dialect; 4] =
    [Dialect::AnthropicMessages, Dialect::OpenaiChat, Dialect::OpenaiResponses, Dialect::Gemini];
/// Trials at once.
const AT_ONCE: usize = 2;
/// The tool that the corpus calls, for which the harness's own shell stands in.
const SHELL: &str = "\"Bash\"";

/// A file of the corpus; what else it holds is for tests of readers.
#[derive(Debug, Deserialize)]
struct File {
    odd: Form,
    #[serde(default)]
    plain: Option<Form>,
}

/// One answer, as it is sent in a stream, whole, or both.
#[derive(Clone, Debug, Deserialize)]
struct Form {
    /// Events, `[name, data]` each, or bytes as they are sent.
    #[serde(default)]
    stream: Option<Vec<Value>>,
    #[serde(default)]
    whole: Option<Value>,
}

#[derive(Clone, Debug)]
struct Case {
    name: String,
    odd: Form,
    plain: Form,
}

/// Plays the odd answers below `corpus`, a folder a dialect, to a harness whose pack is built.
///
/// # Errors
/// When the corpus cannot be read, or a trial cannot be carried out.
pub async fn odd_answers(
    subject: &Subject<'_>,
    corpus: &Path,
    scratch: &Path,
    say: &dyn Fn(&str),
) -> Result<Conformance, KitError> {
    let began = Instant::now();
    let mut checks = Vec::new();
    for provider in DIALECTS {
        let cases = read(&corpus.join(provider.as_str()))?;
        say(&format!("{} odd answers of a provider that speaks {provider}", cases.len()));
        let folder = scratch.join(provider.as_str());
        let check = of_provider(subject, provider, cases, &folder).await?;
        say(&format!("{}: {}", check.name, check.reason));
        checks.push(check);
    }
    Ok(Conformance {
        harness: subject.harness.name.clone(),
        version: subject.harness.version.clone(),
        pack: Some(subject.pack.manifest.digest.clone()),
        checks,
        measured: BTreeMap::from([("check_sec".to_owned(), began.elapsed().as_secs_f64())]),
    })
}

/// The cases of a folder that have a plain form, in the order of their names.
fn read(folder: &Path) -> Result<Vec<Case>, KitError> {
    let mut cases = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let wrong = |error| io::Error::other(format!("{}: {error}", path.display()));
        let file: File = serde_json::from_slice(&fs_err::read(&path)?).map_err(wrong)?;
        if let Some(plain) = file.plain {
            cases.push(Case { name, odd: file.odd, plain });
        }
    }
    cases.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(cases)
}

async fn of_provider(
    subject: &Subject<'_>,
    provider: Dialect,
    cases: Vec<Case>,
    folder: &Path,
) -> Result<Check, KitError> {
    let (calling, talking): (Vec<Case>, Vec<Case>) =
        cases.into_iter().partition(|case| case.plain.has_call());
    let mut wrong = Vec::new();
    if !calling.is_empty() {
        let forms = |odd: bool| calling.iter().map(|case| case.form(odd).clone()).collect();
        let (odd, plain) = futures_util::join!(
            play(subject, provider, forms(true), folder.join("odd")),
            play(subject, provider, forms(false), folder.join("plain")),
        );
        wrong.extend(differing(subject.harness, &calling, &odd?, &plain?));
    }
    let single = |case: &Case| {
        let (case, folder) = (case.clone(), folder.join(&case.name));
        async move {
            let odd = play(subject, provider, vec![case.odd.clone()], folder.join("odd")).await?;
            let plain = play(subject, provider, vec![case.plain.clone()], folder.join("plain")).await?;
            let same = odd.end.outcome == plain.end.outcome && odd.calls.len() == plain.calls.len();
            let told =
                |record: &Record| format!("{}, {} calls", record.end.outcome.code(), record.calls.len());
            Ok::<_, KitError>(
                (!same).then(|| format!("{}: {}, plain {}", case.name, told(&odd), told(&plain))),
            )
        }
    };
    let singles: Vec<_> = stream::iter(talking.iter().map(single)).buffered(AT_ONCE).collect().await;
    for single in singles {
        wrong.extend(single?);
    }
    let own = if provider == subject.dialect() { "its own dialect" } else { "translated" };
    let reason = match wrong.as_slice() {
        [] => format!("{} with calls and {} in words, each as its plain form", calling.len(), talking.len()),
        wrong => wrong.join("; "),
    };
    Ok(Check {
        name: format!("odd answers, {provider}, {own}"),
        verdict: if wrong.is_empty() { Verdict::Pass } else { Verdict::Fail },
        reason,
        finding: None,
    })
}

impl Case {
    fn form(&self, odd: bool) -> &Form {
        if odd { &self.odd } else { &self.plain }
    }
}

impl Form {
    fn has_call(&self) -> bool {
        let text = json!([self.stream, self.whole]).to_string();
        ["\"tool_calls\":[{", "\"tool_use\"", "\"function_call\"", "\"functionCall\""]
            .iter()
            .any(|mark| text.contains(mark))
    }

    /// The answer, streamed where a stream is asked for; the other form where there is none.
    fn step(&self, seen: &Seen, shell: &str) -> Step {
        let streams = seen.wants_stream();
        let own_shell = |text: String| text.replace(SHELL, &format!("\"{shell}\"")).into_bytes();
        let events = |events: &Vec<Value>| {
            let pieces = events.iter().map(|event| own_shell(sent(event)));
            Step::Pieces("text/event-stream", pieces.collect(), Duration::ZERO)
        };
        let body = |body: &Value| {
            Step::Pieces("application/json", vec![own_shell(body.to_string())], Duration::ZERO)
        };
        match (&self.stream, &self.whole) {
            (Some(stream), None) => events(stream),
            (Some(stream), Some(_)) if streams => events(stream),
            (_, Some(whole)) => body(whole),
            (None, None) => Step::Close,
        }
    }
}

/// An event as it is sent.
fn sent(event: &Value) -> String {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    match event {
        Value::Array(parts) => {
            let name = parts.first().map(text).unwrap_or_default();
            let data = parts.get(1).map(text).unwrap_or_default();
            let name = if name.is_empty() { name } else { format!("event: {name}\n") };
            format!("{name}data: {data}\n\n")
        }
        bytes => text(bytes),
    }
}

/// A trial in which the provider gives these answers, one a turn, and then says that the work is done.
async fn play(
    subject: &Subject<'_>,
    provider: Dialect,
    forms: Vec<Form>,
    folder: std::path::PathBuf,
) -> Result<Record, KitError> {
    let scenario = Scenario {
        provider: Some(provider),
        wall_sec: 600,
        ..scenario::solving("odd", Prompt::Generic, Some(USER))
    };
    let harness = subject.harness.clone();
    let turn = AtomicUsize::new(0);
    let script = move |_: usize, seen: &Seen| {
        let named = named(provider, seen);
        let request = dialect::decode_request(provider, named).map(|read| read.value);
        let works = request.is_ok_and(|request| is_conversation(&harness, &request));
        let shell = harness.tools.shell.as_ref().map_or("shell", |shell| &shell.name);
        match works.then(|| turn.fetch_add(1, Ordering::Relaxed)).map(|turn| forms.get(turn)) {
            Some(Some(form)) => form.step(seen, shell),
            _ => Step::Answer(Answer::text("The work is done.")),
        }
    };
    trial::carry_out_scripted(subject, scenario, script, &folder).await
}

/// Gemini's bodies name neither model nor stream.
fn named(provider: Dialect, seen: &Seen) -> Value {
    let mut body = seen.json.clone();
    if let (Dialect::Gemini, Some(body)) = (provider, body.as_object_mut()) {
        body.insert("model".into(), trial::MODEL.into());
    }
    body
}

/// The cases after which the harness asked otherwise than after their plain forms.
fn differing(harness: &Harness, cases: &[Case], odd: &Record, plain: &Record) -> Vec<String> {
    let (odd, plain) = (heard(harness, odd), heard(harness, plain));
    let mut wrong = Vec::new();
    for (place, case) in cases.iter().enumerate() {
        match (odd.get(place), plain.get(place)) {
            (odd, plain) if odd == plain => {}
            (None, Some(_)) => {
                wrong.push(format!("{}: it ended there", case.name));
                break;
            }
            (Some(odd), Some(plain)) => wrong.push(format!("{}: {odd}, plain {plain}", case.name)),
            (Some(_), None) | (None, None) => break,
        }
    }
    wrong
}

/// What the harness made of each answer, by its next request: the turn that it keeps, and how many results it gives.
fn heard(harness: &Harness, record: &Record) -> Vec<Value> {
    let requests = record.calls.iter().filter_map(|call| call.request.as_ref());
    requests.filter(|request| is_conversation(harness, request)).skip(1).map(last_turn).collect()
}

fn last_turn(request: &Request) -> Value {
    let messages = &request.messages;
    let Some(last) = messages.iter().rposition(|message| message.role == Role::Assistant) else {
        return Value::Null;
    };
    // Some clients send a turn's text and its calls as messages of their own.
    let first = messages[..last].iter().rposition(|message| message.role != Role::Assistant);
    let first = first.map_or(0, |before| before + 1);
    let turn = || messages[first..=last].iter().flat_map(|message| &message.content);
    let calls = turn().filter_map(|block| match block {
        Content::ToolCall { name, arguments, .. } => Some(json!({"name": name, "arguments": arguments})),
        _ => None,
    });
    let after = messages[last + 1..].iter().flat_map(|message| &message.content);
    let results = after.filter(|block| matches!(block, Content::ToolResult { .. })).count();
    let said = dialect::neutral::text(turn());
    json!({"text": said.trim(), "calls": calls.collect::<Vec<_>>(), "results": results})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_sent_as_the_corpus_writes_them() {
        assert_eq!(sent(&json!(["", {"a": 1}])), "data: {\"a\":1}\n\n");
        assert_eq!(sent(&json!(["ping", "[DONE]"])), "event: ping\ndata: [DONE]\n\n");
        assert_eq!(sent(&json!(": a comment\n\n")), ": a comment\n\n");
    }

    #[test]
    fn every_case_of_the_projects_corpus_can_be_played() {
        let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("../dialect/tests/corpus");
        for provider in DIALECTS {
            let cases = read(&corpus.join(provider.as_str())).unwrap();
            assert!(cases.iter().any(|case| case.plain.has_call()), "{provider}");
            for case in cases {
                for form in [&case.odd, &case.plain] {
                    assert!(form.stream.is_some() || form.whole.is_some(), "{}", case.name);
                }
            }
        }
    }
}
