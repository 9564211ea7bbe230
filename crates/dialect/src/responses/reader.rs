//! Answers: whole ones, and events of streamed ones. A whole body is the `response.completed` that has everything in it.
//!
//! An event's item, an item that is done, and the last event's output are final forms: each completes or replaces what
//! came before it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    output::Output,
    response::{decode_stop, decode_usage},
    tools,
};
use crate::{
    assembly::{self, Assembly, Place, Said},
    fields::{DecodeError, Fields},
    loss::Loss,
    usage::count,
};

/// Parts of a reasoning item's own text come behind those of its summary.
const OWN_TEXT: u32 = 1 << 16;

#[derive(Debug, Default)]
pub(crate) struct Reader {
    output: Output,
    /// Items that are not carried: what comes of them is lost with them.
    lost: BTreeSet<u32>,
}

impl assembly::Read for Reader {
    fn event(&mut self, name: &str, data: Value, answer: &mut Assembly) -> Result<(), DecodeError> {
        let mut losses = Vec::new();
        let mut event = Fields::of(data, "")?;
        let kind = event.text("type").unwrap_or_else(|| name.to_owned());
        let read = match kind.strip_prefix("response.").unwrap_or(&kind) {
            "created" | "in_progress" | "queued" => match event.object("response")? {
                Some(mut response) => {
                    answer.named(response.text("id"), response.text("model"));
                    Ok(())
                }
                None => Ok(()),
            },
            "completed" | "incomplete" | "done" | "failed" | "cancelled" => {
                answer.marked = true;
                match event.take("response") {
                    Some(response) => self.response(response, answer, &mut losses),
                    None => Ok(()),
                }
            }
            "output_item.added" | "output_item.done" => {
                let is_done = kind.ends_with("done");
                let number = self.number(&mut event, !is_done, answer);
                match event.object("item")? {
                    Some(item) => self.item(number, item, is_done, answer, &mut losses),
                    None => Ok(()),
                }
            }
            other => self.piece(other, event, answer, &mut losses),
        };
        answer.lost(losses);
        read
    }

    fn whole(&mut self, body: Value, answer: &mut Assembly) -> Result<(), DecodeError> {
        if !body["output"].is_array() && !body["output_text"].is_string() {
            return Err(DecodeError::new("output", "expected an array of items"));
        }
        let mut losses = Vec::new();
        self.response(body, answer, &mut losses)?;
        answer.lost(losses);
        Ok(())
    }
}

impl Reader {
    /// The last word on all of it. What is not read repeats the request.
    fn response(
        &mut self,
        response: Value,
        answer: &mut Assembly,
        losses: &mut Vec<Loss>,
    ) -> Result<(), DecodeError> {
        answer.stopped(decode_stop(&response));
        let mut response = Fields::of(response, "")?;
        answer.named(response.text("id"), response.text("model"));
        answer.tally.add(&response.take("usage").unwrap_or_default(), decode_usage);
        let output = match response.take("output") {
            Some(Value::Array(output)) => output,
            _ => Vec::new(),
        };
        if let Some(text) =
            response.text("output_text").filter(|_| output.is_empty() && self.output.is_empty())
        {
            answer.said(Place(0, 0), Said::Text, &text);
        }
        for number in self.output.of_final(&output, answer).into_iter().zip(output) {
            let (number, item) = number;
            self.item(number, Fields::of(item, "")?, true, answer, losses)?;
        }
        Ok(())
    }

    /// The number of the item that an event is about.
    fn number(&mut self, event: &mut Fields, begins: bool, answer: &Assembly) -> u32 {
        let index = event.take("output_index").as_ref().and_then(count);
        let id = event
            .text("item_id")
            .or_else(|| event.peek("item").and_then(|item| item["id"].as_str().map(str::to_owned)));
        self.output.number(index, id.as_deref(), begins, answer)
    }

    /// An item, in the form that it has when it is done; when it begins, little of it is there.
    fn item(
        &mut self,
        number: u32,
        item: Fields,
        is_done: bool,
        answer: &mut Assembly,
        losses: &mut Vec<Loss>,
    ) -> Result<(), DecodeError> {
        let path = format!("output[{number}]");
        let mut item = item.moved(&path);
        let id = item.text("id");
        let kind = item.text("type").unwrap_or_else(|| "message".into());
        self.output.is(number, &kind);
        for known in ["status", "role", "phase"] {
            item.take(known);
        }
        match kind.as_str() {
            "message" => {
                let parts = match item.take("content") {
                    Some(Value::String(text)) => vec![json!({"type": "output_text", "text": text})],
                    Some(Value::Array(parts)) => parts,
                    _ => Vec::new(),
                };
                for (part, content) in (0..).zip(parts) {
                    said(
                        Place(number, part),
                        Fields::of(content, format!("{path}.content"))?,
                        answer,
                        losses,
                    );
                }
            }
            "function_call" | "custom_tool_call" | "tool_search_call" => {
                let call_id = item.text("call_id").or(id.filter(|_| is_done));
                let name = item.text("name").map(|name| match item.text("namespace") {
                    Some(namespace) => tools::flat_name(&namespace, &name),
                    None => name,
                });
                let name = name.or_else(|| (kind == "tool_search_call").then(|| tools::SEARCH.to_owned()));
                item.take("execution");
                let freeform = kind == "custom_tool_call";
                let arguments = item.take(if freeform { "input" } else { "arguments" }).unwrap_or_default();
                answer.call(Place(number, 0), |call| {
                    call.freeform = freeform;
                    // The id that came first is the one that clients may know.
                    if call.id.is_empty() {
                        call.id = call_id.unwrap_or_default();
                    }
                    call.name = name.unwrap_or_else(|| std::mem::take(&mut call.name));
                    call.finally(arguments);
                });
            }
            "reasoning" => {
                for (key, from) in [("summary", 0), ("content", OWN_TEXT)] {
                    let parts = match item.take(key) {
                        Some(Value::Array(parts)) => parts,
                        _ => Vec::new(),
                    };
                    for (part, said) in (from..).zip(parts) {
                        let text = said["text"].as_str().unwrap_or_default();
                        answer.finally(Place(number, 0), Said::Reasoning, part, text);
                    }
                }
                answer.signed(Place(number, 0), &item.text("encrypted_content").unwrap_or_default(), false);
            }
            other => {
                losses.push(Loss::change(path, format!("a `{other}` item cannot be carried")));
                self.lost.insert(number);
                return Ok(());
            }
        }
        if is_done {
            answer.complete_before(Place(number.saturating_add(1), 0));
        }
        item.end(losses);
        Ok(())
    }

    /// A piece of an item, or the final form of a piece.
    fn piece(
        &mut self,
        kind: &str,
        mut event: Fields,
        answer: &mut Assembly,
        losses: &mut Vec<Loss>,
    ) -> Result<(), DecodeError> {
        if !["output_index", "item_id"].iter().any(|key| event.has(key)) && self.output.is_empty() {
            return Ok(());
        }
        let number = self.number(&mut event, false, answer);
        if self.lost.contains(&number) {
            return Ok(());
        }
        let mut part = |key: &str| {
            event.take(key).as_ref().and_then(count).and_then(|part| u32::try_from(part).ok()).unwrap_or(0)
        };
        let (content, summary) = (part("content_index"), part("summary_index"));
        let place = Place(number, content);
        let delta = event.text("delta");
        let (subject, is_delta) = match kind.strip_suffix(".delta") {
            Some(subject) => (subject, true),
            None => (kind.strip_suffix(".done").unwrap_or(kind), false),
        };
        let text =
            |event: &mut Fields, key: &str| delta.clone().or_else(|| event.text(key)).unwrap_or_default();
        let mut add = |place, what, part, text: &str| match is_delta {
            true => answer.part(place, what, part, text),
            false => answer.finally(place, what, part, text),
        };
        match subject {
            "output_text" => add(place, Said::Text, 0, &text(&mut event, "text")),
            "refusal" => {
                add(place, Said::Text, 0, &text(&mut event, "refusal"));
                answer.refused();
            }
            "reasoning_summary_text" | "reasoning_summary" => {
                add(Place(number, 0), Said::Reasoning, summary, &text(&mut event, "text"));
            }
            "reasoning_text" | "reasoning" => {
                let part = OWN_TEXT.saturating_add(content);
                add(Place(number, 0), Said::Reasoning, part, &text(&mut event, "text"));
            }
            "function_call_arguments" | "custom_tool_call_input" => {
                let freeform = subject.starts_with("custom");
                let whole = event.take(if freeform { "input" } else { "arguments" });
                let name = event.text("name");
                answer.call(Place(number, 0), |call| {
                    call.freeform = freeform;
                    if call.name.is_empty() {
                        call.name = name.unwrap_or_default();
                    }
                    match (delta, whole) {
                        (Some(piece), _) => call.piece(&piece),
                        (None, whole) => call.finally(whole.unwrap_or_default()),
                    }
                });
            }
            "content_part.added" | "content_part" => {
                if let Some(part) = event.object("part")? {
                    said(place, part.moved(&format!("output[{number}].content")), answer, losses);
                }
            }
            "reasoning_summary_part.added" | "reasoning_summary_part" => {
                let part = event.take("part").unwrap_or_default();
                let text = part["text"].as_str().unwrap_or_default();
                answer.finally(Place(number, 0), Said::Reasoning, summary, text);
            }
            // Whole bodies have them as well, and nobody reads them.
            "output_text.annotation.added" | "keepalive" | "ping" => {}
            _ => losses.push(Loss::change(kind, "an event that is not known")),
        }
        Ok(())
    }
}

/// A part of a message, in its final form.
fn said(place: Place, mut part: Fields, answer: &mut Assembly, losses: &mut Vec<Loss>) {
    for known in ["annotations", "logprobs"] {
        part.take(known);
    }
    let kind = part.text("type").unwrap_or_else(|| "output_text".into());
    match kind.as_str() {
        "output_text" | "text" | "input_text" => {
            answer.finally(place, Said::Text, 0, &part.text("text").unwrap_or_default());
        }
        "refusal" => {
            answer.finally(place, Said::Text, 0, &part.text("refusal").unwrap_or_default());
            answer.refused();
        }
        // llama.cpp and others put a reasoning item's own text here.
        "reasoning_text" | "summary_text" => {
            let text = part.text("text").unwrap_or_default();
            answer.finally(Place(place.0, 0), Said::Reasoning, OWN_TEXT.saturating_add(place.1), &text);
        }
        other => {
            losses.push(Loss::change(part.path(""), format!("a `{other}` part cannot be carried")));
            return;
        }
    }
    part.end(losses);
}
