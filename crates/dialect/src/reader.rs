//! One reader for each dialect's answers. A whole body is a stream of one event: there is no form that one of the two
//! reads and the other does not.
//!
//! Servers differ in what they send. A reader takes what is said in increments and what is said in a final form, tells
//! calls apart by all that is sent of them, and lists what it does not carry.

use serde_json::{Value, json};
use vocabulary::{Dialect, Usage};

use crate::{
    anthropic,
    assembly::{Assembly, Read},
    chat, error,
    fields::DecodeError,
    gemini,
    lenient::lenient,
    loss::Loss,
    neutral::Response,
    responses, sse,
    stream::{Delta, StreamError},
    usage::Doubt,
};

/// Characters of what cannot be read that are shown.
const SHOWN: usize = 40;

/// Reads one answer, whole or streamed.
#[derive(Debug)]
pub struct Reader {
    dialect: Box<dyn Read>,
    answer: Assembly,
}

impl Reader {
    /// A reader for one answer. `fallback` tells its calls from those of other answers where neither has an id.
    pub fn new(dialect: Dialect, fallback: &str) -> Self {
        let dialect: Box<dyn Read> = match dialect {
            Dialect::AnthropicMessages => Box::new(anthropic::Reader::default()),
            Dialect::OpenaiChat => Box::new(chat::Reader::default()),
            Dialect::OpenaiResponses => Box::new(responses::Reader::default()),
            Dialect::Gemini => Box::new(gemini::Reader::default()),
        };
        Self { dialect, answer: Assembly::new(fallback) }
    }

    /// Reads one event of a stream; what it changes is added to `deltas`.
    ///
    /// # Errors
    /// When the event reports an error or is not of the dialect.
    pub fn event(&mut self, event: &sse::Event, deltas: &mut Vec<Delta>) -> Result<(), StreamError> {
        let data = event.data.trim();
        let malformed = |error: &dyn std::fmt::Display| StreamError::Malformed(error.to_string());
        let data: Value = match lenient(data) {
            Ok(data) => data,
            Err(_) if data.is_empty() => return Ok(()),
            Err(_) if data == "[DONE]" => {
                self.answer.marked = true;
                return Ok(());
            }
            Err(error) if data.starts_with(['{', '[', '"']) => return Err(malformed(&error)),
            // Words between the events, as those by which a proxy says that it still works.
            Err(_) => {
                let shown: String = data.chars().take(SHOWN).collect();
                self.answer.lost([Loss::note("data", format!("an event is no JSON: {shown}"))]);
                return Ok(());
            }
        };
        let named = || (event.event == "error").then(|| error::decode(&json!({"error": data}))).flatten();
        if let Some(error) = error::in_answer(&data).or_else(named) {
            return Err(StreamError::Upstream(error));
        }
        let read = self.dialect.event(&event.event, data, &mut self.answer);
        self.answer.pass_on(deltas);
        read.map_err(|error| malformed(&error))
    }

    /// Reads a whole body.
    ///
    /// # Errors
    /// When it is not of the dialect.
    pub fn whole(&mut self, body: Value) -> Result<(), DecodeError> {
        self.dialect.whole(body, &mut self.answer)?;
        self.answer.end(None, &mut Vec::new());
        Ok(())
    }

    /// All of it is in: what is left of it is added to `deltas`, `usage` among it, which may be better than what was
    /// told.
    pub fn end(&mut self, usage: Option<Usage>, deltas: &mut Vec<Delta>) {
        self.answer.end(usage, deltas);
    }

    /// The last event as the dialect has it, for a client that reads the same dialect; `None` where it came so.
    pub fn mended(&mut self, event: &sse::Event) -> Option<sse::Event> {
        let data = self.put_right(event.data.as_bytes(), false)?;
        Some(sse::Event { event: event.event.clone(), data: data.to_string() })
    }

    /// The same of a whole body.
    pub fn mended_whole(&mut self, body: &[u8]) -> Option<Value> {
        self.put_right(body, true)
    }

    fn put_right(&mut self, data: &[u8], is_whole: bool) -> Option<Value> {
        let mut data = self.dialect.is_odd().then(|| serde_json::from_slice(data).ok()).flatten()?;
        self.dialect.mend(&mut data, is_whole, &mut self.answer);
        Some(data)
    }

    /// The event that a client of the same dialect is to get before the end mark, since the server left it out.
    pub fn closing(&self) -> Option<sse::Event> {
        let data = self.dialect.closing(&self.answer)?;
        Some(sse::Event { event: String::new(), data: data.to_string() })
    }

    /// Whether the dialect's end mark was seen. More may follow it, and not all servers send it.
    pub fn is_marked(&self) -> bool {
        self.answer.marked
    }

    /// Whether the provider said why it stopped.
    pub fn has_stopped(&self) -> bool {
        self.answer.has_stopped()
    }

    /// The answer so far. Where no reason to stop came, it says so.
    pub fn response(&self) -> Response {
        self.answer.response()
    }

    /// The usage objects as they came, merged.
    pub fn raw_usage(&self) -> Option<&Value> {
        self.answer.tally.raw()
    }

    /// Why the usage that was told cannot be true.
    pub fn doubts(&self) -> Vec<Doubt> {
        self.answer.tally.doubts(self.answer.says_something())
    }

    /// Whether a later usage was told that is not the one that stands.
    pub fn has_passed_over_usage(&self) -> bool {
        self.answer.tally.has_passed_over()
    }

    /// The name of the field that reasoning came in, where servers of the dialect differ in it.
    pub fn reasoning_field(&self) -> Option<&'static str> {
        self.dialect.reasoning_field()
    }

    /// What was not carried.
    pub fn losses(&self) -> &[Loss] {
        self.answer.losses()
    }

    /// What was passed on as deltas and turned out to be otherwise.
    pub fn replaced(&self) -> Vec<Loss> {
        self.answer.replaced().collect()
    }
}
