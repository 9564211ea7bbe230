//! Answers: whole ones, and chunks of streamed ones. A chunk's `delta` adds to the message; a `message` is its final
//! form.

use serde_json::Value;

use super::{
    calls::{CALLS, Calls, place},
    mend, parts,
    response::{decode_stop, decode_usage},
};
use crate::{
    assembly::{self, Assembly, Place, Said},
    fields::{DecodeError, Fields, numbered},
    loss::Loss,
    neutral::StopReason,
};

/// Reasoning comes before text, and calls behind both, however the server mixes them.
const REASONING: Place = Place(0, 0);
const TEXT: Place = Place(1, 0);

#[derive(Debug, Default)]
pub(crate) struct Reader {
    calls: Calls,
    /// Pieces of `reasoning_details` as they came, to be sent back.
    details: Vec<Value>,
    /// The field that reasoning came in.
    reasoning: Option<&'static str>,
    /// Choices numbered 0 that came.
    firsts: u32,
    /// Whether the last event, or the body, is written otherwise than the dialect has it.
    odd: bool,
}

impl assembly::Read for Reader {
    fn event(&mut self, _: &str, data: Value, answer: &mut Assembly) -> Result<(), DecodeError> {
        self.read(data, answer).map(drop)
    }

    fn whole(&mut self, body: Value, answer: &mut Assembly) -> Result<(), DecodeError> {
        if self.read(body, answer)? {
            return Ok(());
        }
        Err(DecodeError::new("choices", "holds no message"))
    }

    fn is_odd(&self) -> bool {
        self.odd || self.calls.odd
    }

    fn mend(&self, data: &mut Value, is_whole: bool, answer: &mut Assembly) {
        let (stop, calls) = (answer.stop_reason(), answer.has_calls());
        let id = &mut |number| answer.keep_id(place(number));
        match is_whole {
            true => mend::whole(data, &self.calls.taken, &stop, id),
            false => mend::chunk(data, &self.calls.taken, calls, id),
        }
    }

    fn closing(&self, answer: &Assembly) -> Option<Value> {
        let stop = if answer.has_calls() { StopReason::ToolCalls } else { StopReason::End };
        (!answer.has_stopped()).then(|| mend::closing(answer.id(), answer.model(), &stop))
    }

    fn reasoning_field(&self) -> Option<&'static str> {
        self.reasoning
    }
}

impl Reader {
    /// Whether there was a message in it.
    fn read(&mut self, data: Value, answer: &mut Assembly) -> Result<bool, DecodeError> {
        let mut losses = Vec::new();
        self.calls.taken.clear();
        (self.odd, self.calls.odd) = (false, false);
        let mut body = Fields::of(data, "")?;
        answer.named(body.text("id"), body.text("model"));
        body.take("object");
        body.take("created");
        // Groq's streams have it in an object of their own.
        let own = body.take("x_groq").unwrap_or_default();
        for usage in [&own["usage"], &body.take("usage").unwrap_or_default()] {
            answer.tally.add(usage, decode_usage);
        }
        let mut found = false;
        let choices = match body.take("choices") {
            Some(Value::Array(choices)) => choices,
            _ => Vec::new(),
        };
        for (position, choice) in choices.into_iter().enumerate() {
            let index = choice["index"].as_u64().unwrap_or(0);
            self.firsts += u32::from(index == 0);
            // One server numbers the tokens here, and not the choices.
            if position > 0 || (index > 0 && self.firsts > 1) {
                losses.push(Loss::change("choices[1]", "one answer per call can be carried"));
                continue;
            }
            found |= self.choice(choice, answer, &mut losses)?;
        }
        body.end_noted(&mut losses);
        answer.lost(losses);
        Ok(found)
    }

    fn choice(
        &mut self,
        choice: Value,
        answer: &mut Assembly,
        losses: &mut Vec<Loss>,
    ) -> Result<bool, DecodeError> {
        self.odd |= mend::is_odd(&choice);
        let mut choice = Fields::of(choice, "choices[0]")?;
        choice.take("index");
        choice.take("logprobs");
        // Kimi's streams have it here.
        answer.tally.add(&choice.take("usage").unwrap_or_default(), decode_usage);
        let mut found = false;
        for (key, is_final) in [("delta", false), ("message", true)] {
            if let Some(said) = choice.take(key) {
                found = true;
                self.message(Fields::of(said, "choices[0].message")?, is_final, answer, losses)?;
            }
        }
        if let Some(reason) = choice.text("finish_reason").filter(|reason| !reason.is_empty()) {
            answer.stopped(decode_stop(&reason));
            self.odd |= mend::reason(&reason, answer.has_calls()) != reason;
        }
        choice.end_noted(losses);
        Ok(found)
    }

    fn message(
        &mut self,
        mut said: Fields,
        is_final: bool,
        answer: &mut Assembly,
        losses: &mut Vec<Loss>,
    ) -> Result<(), DecodeError> {
        said.take("role");
        let add = |answer: &mut Assembly, place, what, text: &str| match is_final {
            true => answer.finally(place, what, 0, text),
            false => answer.said(place, what, text),
        };
        let thought = reasoning(&mut said).map(|(field, text)| {
            self.reasoning.get_or_insert(field);
            text
        });
        let details = match said.take("reasoning_details") {
            Some(Value::Array(details)) => details,
            _ => Vec::new(),
        };
        let thought = thought.unwrap_or_else(|| details.iter().filter_map(super::details::text).collect());
        add(answer, REASONING, Said::Reasoning, &thought);
        if !details.is_empty() {
            self.reasoning.get_or_insert("reasoning");
            self.details.extend(details);
            if let Some(signature) = super::details::signature(&self.details) {
                answer.signed(REASONING, &signature, false);
            }
        }
        let (mut text, mut thought) = (String::new(), String::new());
        parts::content(said.take("content"), &said.path("content"), &mut text, &mut thought, losses);
        add(answer, REASONING, Said::Reasoning, &thought);
        if let Some(refusal) = said.text("refusal").filter(|refusal| !refusal.is_empty()) {
            answer.refused();
            text.push_str(&refusal);
        }
        if !text.is_empty() {
            answer.complete(REASONING);
            add(answer, TEXT, Said::Text, &text);
        }
        let calls = match said.take("tool_calls") {
            Some(Value::Array(calls)) => calls,
            // One that is not in an array.
            Some(call @ Value::Object(_)) => vec![call],
            _ => Vec::new(),
        };
        // The form before tools.
        let older = said.take("function_call").filter(Value::is_object);
        let older = older.map(|function| serde_json::json!({"function": function}));
        let all = calls.into_iter().chain(older).collect::<Vec<_>>();
        if !all.is_empty() {
            answer.complete_before(Place(CALLS, 0));
        }
        for (path, call) in numbered(&said.path("tool_calls"), all) {
            self.calls.take(Fields::of(call, path)?, is_final, answer, losses)?;
        }
        said.end(losses);
        Ok(())
    }
}

/// Reasoning has no place in OpenAI's own API; servers that show it call it one of these. Some send the same text
/// under two names.
fn reasoning(said: &mut Fields) -> Option<(&'static str, String)> {
    let names = ["reasoning_content", "reasoning", "thinking", "reasoning_text"];
    // Each is taken, and the first counts.
    let told: Vec<_> = names.into_iter().filter_map(|name| Some((name, said.text(name)?))).collect();
    told.into_iter().next()
}
