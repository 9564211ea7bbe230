//! Answers: whole ones, and chunks of streamed ones, which have the same form. There is no end mark: an answer ends where
//! its body does. A reason to stop and a usage may stand in every chunk.

use serde_json::Value;

use super::{
    request::camel_case,
    response::{decode_stop, decode_usage},
};
use crate::{
    assembly::{self, Assembly, Place, Said},
    fields::{DecodeError, Fields},
    loss::Loss,
};

/// Every part has the same one: chunks number theirs anew.
const PARTS: &str = "candidates[0].content.parts";

#[derive(Debug, Default)]
pub(crate) struct Reader {
    /// Blocks so far.
    blocks: u32,
    /// The text or the reasoning that the next part may go on with.
    open: Option<(Place, Said)>,
}

impl assembly::Read for Reader {
    fn event(&mut self, _: &str, data: Value, answer: &mut Assembly) -> Result<(), DecodeError> {
        self.read(data, answer).map(drop)
    }

    fn whole(&mut self, body: Value, answer: &mut Assembly) -> Result<(), DecodeError> {
        // Asked without `alt=sse`, a server gives the chunks as one array.
        let chunks = match body {
            Value::Array(chunks) => chunks,
            body => vec![body],
        };
        let mut found = false;
        for chunk in chunks {
            found |= self.read(chunk, answer)?;
        }
        if found { Ok(()) } else { Err(DecodeError::new("candidates", "is empty")) }
    }
}

impl Reader {
    /// Whether there was an answer in it.
    fn read(&mut self, data: Value, answer: &mut Assembly) -> Result<bool, DecodeError> {
        let mut losses = Vec::new();
        let mut body = Fields::of(camel_case(data), "")?;
        // Code Assist wraps its answers.
        if let Some(inner) = body.object("response")? {
            body = inner.moved("");
        }
        answer.named(body.text("responseId"), body.text("modelVersion"));
        answer.tally.add(&body.take("usageMetadata").unwrap_or_default(), decode_usage);
        let feedback = body.take("promptFeedback").unwrap_or_default();
        let mut found = feedback["blockReason"].is_string();
        if found {
            answer.stopped(decode_stop("SAFETY"));
        }
        let candidates = match body.take("candidates") {
            Some(Value::Array(candidates)) => candidates,
            _ => Vec::new(),
        };
        for (position, candidate) in candidates.into_iter().enumerate() {
            if position > 0 || candidate["index"].as_u64().is_some_and(|index| index > 0) {
                losses.push(Loss::change("candidates[1]", "one answer per call can be carried"));
                continue;
            }
            found = true;
            let mut candidate = Fields::of(candidate, "candidates[0]")?;
            if let Some(mut turn) = candidate.object("content")? {
                turn.take("role");
                let parts = match turn.take("parts") {
                    Some(Value::Array(parts)) => parts,
                    Some(part @ Value::Object(_)) => vec![part],
                    _ => Vec::new(),
                };
                for part in parts {
                    self.part(Fields::of(part, PARTS)?, answer, &mut losses)?;
                }
                turn.end(&mut losses);
            }
            if let Some(reason) = candidate.text("finishReason") {
                answer.stopped(decode_stop(&reason));
            }
            for known in ["index", "tokenCount", "avgLogprobs", "logprobsResult"] {
                candidate.take(known);
            }
            candidate.end(&mut losses);
        }
        body.end_noted(&mut losses);
        answer.lost(losses);
        Ok(found)
    }

    fn part(
        &mut self,
        mut part: Fields,
        answer: &mut Assembly,
        losses: &mut Vec<Loss>,
    ) -> Result<(), DecodeError> {
        let signature = part.text("thoughtSignature");
        let thought = part.take("thought").is_some_and(|thought| thought == true);
        if part.has("text") {
            let text = part.text("text").unwrap_or_default();
            let said = if thought { Said::Reasoning } else { Said::Text };
            if !text.is_empty() {
                let place = self.place(said, answer);
                answer.said(place, said, &text);
            }
            match signature {
                // Thoughts have theirs; a text's comes with its last piece, which may be empty.
                Some(signature) if thought => {
                    let place = self.place(Said::Reasoning, answer);
                    answer.signed(place, &signature, false);
                    self.close(answer);
                }
                Some(signature) => self.sign(&signature, answer),
                None => {}
            }
        } else if let Some(mut call) = part.object("functionCall")? {
            if let Some(signature) = signature {
                self.sign(&signature, answer);
            }
            self.close(answer);
            let (id, name) = (call.text("id").unwrap_or_default(), call.text("name").unwrap_or_default());
            let arguments = call.take("args").unwrap_or_default();
            call.end(losses);
            let place = self.next();
            answer.call(place, |call| {
                (call.id, call.name) = (id, name);
                call.finally(arguments);
            });
            answer.complete(place);
        } else {
            if let Some(signature) = signature {
                self.sign(&signature, answer);
            }
            for (kind, _) in part.rest() {
                losses.push(Loss::change(PARTS, format!("a `{kind}` part cannot be carried")));
            }
            return Ok(());
        }
        part.end(losses);
        Ok(())
    }

    /// A signature that is not of a thought: a block of its own.
    fn sign(&mut self, signature: &str, answer: &mut Assembly) {
        self.close(answer);
        let place = self.next();
        answer.signed(place, signature, false);
        answer.complete(place);
    }

    /// Where what is said goes: on, or into a new block.
    fn place(&mut self, said: Said, answer: &mut Assembly) -> Place {
        match self.open {
            Some((place, open)) if open == said => place,
            _ => {
                self.close(answer);
                let place = self.next();
                self.open = Some((place, said));
                place
            }
        }
    }

    fn next(&mut self) -> Place {
        self.blocks += 1;
        Place(self.blocks, 0)
    }

    fn close(&mut self, answer: &mut Assembly) {
        if let Some((place, _)) = self.open.take() {
            answer.complete(place);
        }
    }
}
