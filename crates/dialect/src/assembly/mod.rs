//! An answer put together from what comes of it, in increments, in final forms, or in both; and passed on as it grows.

mod call;
mod slot;

pub(crate) use call::Call;
pub(crate) use slot::{Place, Said};

use std::collections::HashSet;

use serde_json::Value;
use slot::{Slot, What};
use vocabulary::{StopReason, Usage};

use crate::{
    fields::{DecodeError, arguments_text},
    loss::Loss,
    neutral::{Content, Response},
    stream::{Block, Delta},
    usage::Tally,
};

/// What reads one dialect's answers.
pub(crate) trait Read: std::fmt::Debug + Send {
    /// Reads an event of a stream. `name` is its type where the framing tells it.
    fn event(&mut self, name: &str, data: Value, answer: &mut Assembly) -> Result<(), DecodeError>;

    /// Reads a whole body.
    fn whole(&mut self, body: Value, answer: &mut Assembly) -> Result<(), DecodeError>;

    /// Whether what was read last is written otherwise than the dialect has it, and can be put right.
    fn is_odd(&self) -> bool {
        false
    }

    /// Puts right what was read last.
    fn mend(&self, _data: &mut Value, _is_whole: bool, _answer: &mut Assembly) {}

    /// The event that is missing before the end mark.
    fn closing(&self, _answer: &Assembly) -> Option<Value> {
        None
    }

    /// The name of the field that reasoning came in, where servers of the dialect differ in it.
    fn reasoning_field(&self) -> Option<&'static str> {
        None
    }
}

/// Events for which an answer without a name waits for one.
const UNNAMED: u32 = 4;

/// An answer so far.
#[derive(Debug, Default)]
pub(crate) struct Assembly {
    /// The provider's id for the answer, and the model's name.
    id: String,
    model: String,
    /// In the order of their places.
    slots: Vec<Slot>,
    pub(crate) tally: Tally,
    stop: Option<StopReason>,
    /// Whether some text was called a refusal.
    refused: bool,
    losses: Vec<Loss>,
    known_losses: HashSet<(String, String)>,
    /// Names calls of answers that have no id.
    fallback: String,
    /// The dialect's end mark was seen.
    pub(crate) marked: bool,
    /// All of it is in.
    ended: bool,
    started: bool,
    /// Events that came before the answer had a name.
    unnamed: u32,
    blocks: u32,
}

impl Assembly {
    /// An answer before its first event. `fallback` names its calls where it has no id of its own.
    pub(crate) fn new(fallback: &str) -> Self {
        Self { fallback: fallback.to_owned(), ..Self::default() }
    }

    /// Names the answer. Some servers do so in a later event; what is empty says nothing.
    pub(crate) fn named(&mut self, id: Option<String>, model: Option<String>) {
        for (known, told) in [(&mut self.id, id), (&mut self.model, model)] {
            if let Some(told) = told.filter(|told| known.is_empty() && !told.is_empty()) {
                *known = told;
            }
        }
    }

    /// Adds to a text, or to a block of reasoning.
    pub(crate) fn said(&mut self, place: Place, said: Said, text: &str) {
        self.part(place, said, 0, text);
    }

    /// The same, for one part of a block whose parts come apart.
    pub(crate) fn part(&mut self, place: Place, said: Said, part: u32, text: &str) {
        if !text.is_empty() {
            self.slot(place, What::said(said)).push(part, text);
        }
    }

    /// Says all of a part: what is missing of it is added, and what differs is replaced.
    pub(crate) fn finally(&mut self, place: Place, said: Said, part: u32, text: &str) {
        if !text.is_empty() {
            self.slot(place, What::said(said)).replace(part, text);
        }
    }

    /// A text that says why the model would not answer.
    pub(crate) fn refused(&mut self) {
        self.refused = true;
    }

    /// Signs a block of reasoning; `more`: whether it adds to the signature before.
    pub(crate) fn signed(&mut self, place: Place, signature: &str, more: bool) {
        if !signature.is_empty() {
            self.slot(place, What::said(Said::Reasoning)).sign(signature, more);
        }
    }

    /// Adds to the call at a place, which begins there if there is none. One that was passed on stays as it was: it may
    /// have been carried out.
    pub(crate) fn call(&mut self, place: Place, add: impl FnOnce(&mut Call)) {
        let slot = self.slot(place, What::Call(Call::default()));
        let What::Call(call) = &mut slot.what else { return };
        if slot.passed_on {
            let mut other = call.clone();
            add(&mut other);
            slot.replaced |= other.name != call.name || other.arguments() != call.arguments();
        } else {
            add(call);
        }
    }

    /// The call at a place.
    pub(crate) fn call_at(&self, place: Place) -> Option<&Call> {
        let position = self.slots.binary_search_by_key(&place, |slot| slot.place).ok()?;
        match &self.slots[position].what {
            What::Call(call) => Some(call),
            What::Text(_) | What::Reasoning(_) => None,
        }
    }

    /// Whether something stands at a place.
    pub(crate) fn holds(&self, place: Place) -> bool {
        self.slots.binary_search_by_key(&place, |slot| slot.place).is_ok()
    }

    /// No more comes for the block at a place.
    pub(crate) fn complete(&mut self, place: Place) {
        if let Ok(position) = self.slots.binary_search_by_key(&place, |slot| slot.place) {
            self.slots[position].complete = true;
        }
    }

    /// No more comes for any block before a place.
    pub(crate) fn complete_before(&mut self, place: Place) {
        self.slots.iter_mut().filter(|slot| slot.place < place).for_each(|slot| slot.complete = true);
    }

    /// Why it stopped. The last reason counts: some servers give one with every event.
    pub(crate) fn stopped(&mut self, stop: StopReason) {
        self.stop = Some(stop);
    }

    /// Lists what is not carried, once however often it comes.
    pub(crate) fn lost(&mut self, losses: impl IntoIterator<Item = Loss>) {
        for loss in losses {
            if self.known_losses.insert((loss.path.clone(), loss.reason.clone())) {
                self.losses.push(loss);
            }
        }
    }

    pub(crate) fn losses(&self) -> &[Loss] {
        &self.losses
    }

    pub(crate) fn has_stopped(&self) -> bool {
        self.stop.is_some()
    }

    /// Whether there is a text, a thought or a call in it.
    pub(crate) fn says_something(&self) -> bool {
        self.slots.iter().any(|slot| matches!(slot.what, What::Call(_)) || slot.text().is_some())
    }

    /// What was passed on and replaced by a final form afterwards.
    pub(crate) fn replaced(&self) -> impl Iterator<Item = Loss> + '_ {
        self.slots.iter().filter(|slot| slot.replaced).map(|slot| {
            let why = "its final form differs from what had been streamed of it";
            Loss::change(format!("content[{}]", slot.place.0), why)
        })
    }

    /// The answer so far.
    pub(crate) fn response(&self) -> Response {
        let mut calls = 0;
        let content = self.slots.iter().filter_map(|slot| match &slot.what {
            What::Text(_) => slot.text().map(|text| Content::Text { text, cache: false }),
            What::Reasoning(_) => {
                let signature = Some(slot.signature.clone()).filter(|signature| !signature.is_empty());
                let text = slot.text().unwrap_or_default();
                (signature.is_some() || !text.is_empty()).then_some(Content::Reasoning { text, signature })
            }
            What::Call(call) => {
                calls += 1;
                let id = self.call_id(call, calls - 1);
                Some(Content::ToolCall { id, name: call.name.clone(), arguments: call.arguments() })
            }
        });
        Response {
            content: content.collect(),
            id: self.id.clone(),
            model: self.model.clone(),
            stop: self.stop_reason(),
            usage: self.tally.usage(),
        }
    }

    /// Servers differ in what they say where tools are called, or that tools are called where none are.
    pub(crate) fn stop_reason(&self) -> StopReason {
        let calls = self.has_calls();
        match &self.stop {
            Some(StopReason::End | StopReason::ToolCalls) | None if self.refused => StopReason::Refusal,
            Some(StopReason::End | StopReason::ToolCalls) if calls => StopReason::ToolCalls,
            Some(StopReason::ToolCalls) => StopReason::End,
            Some(other) => other.clone(),
            None if !self.ended => StopReason::Other("broken off".into()),
            None if calls => StopReason::ToolCalls,
            None => StopReason::Other("none given".into()),
        }
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn model(&self) -> &str {
        &self.model
    }

    pub(crate) fn has_calls(&self) -> bool {
        self.slots.iter().any(|slot| matches!(slot.what, What::Call(_)))
    }

    /// The id of the call at a place.
    pub(crate) fn id_at(&self, place: Place) -> Option<String> {
        let number =
            self.slots.iter().filter(|slot| slot.place < place && matches!(slot.what, What::Call(_))).count();
        Some(self.call_id(self.call_at(place)?, number))
    }

    /// The same, from which on it stays.
    pub(crate) fn keep_id(&mut self, place: Place) -> String {
        let id = self.id_at(place).unwrap_or_default();
        self.call(place, |call| call.id.clone_from(&id));
        id
    }

    /// The id of the call with this number, from 0: unnamed ones get one, and no two of an answer have the same.
    fn call_id(&self, call: &Call, number: usize) -> String {
        let prefix = if self.id.is_empty() { &self.fallback } else { &self.id };
        let joint = if prefix.is_empty() { "" } else { "_" };
        let calls = self.slots.iter().filter_map(|slot| match &slot.what {
            What::Call(call) => Some(call),
            _ => None,
        });
        match call.id.as_str() {
            "" => format!("call_{prefix}{joint}{number}"),
            id if calls.take(number).any(|before| before.id == id) => format!("{id}_{number}"),
            id => id.to_owned(),
        }
    }

    fn slot(&mut self, place: Place, what: What) -> &mut Slot {
        let position = match self.slots.binary_search_by_key(&place, |slot| slot.place) {
            Ok(position) => {
                // A server that says two things at one place: what came first keeps it.
                if self.slots[position].what.is_like(&what) {
                    return &mut self.slots[position];
                }
                let place = Place(place.0, place.1.saturating_add(1));
                return self.slot(place, what);
            }
            Err(position) => position,
        };
        self.slots.insert(position, Slot::new(place, what));
        &mut self.slots[position]
    }

    /// Passes on what is new. A call is passed on whole, once it is complete: what follows it waits. The beginning waits
    /// a little for the answer's names.
    pub(crate) fn pass_on(&mut self, deltas: &mut Vec<Delta>) {
        let unnamed = self.id.is_empty() && self.model.is_empty() && !self.started && !self.ended;
        if unnamed && self.unnamed < UNNAMED {
            self.unnamed += 1;
            return;
        }
        let mut calls = 0;
        for position in 0..self.slots.len() {
            let slot = &self.slots[position];
            let complete = slot.complete || self.ended;
            if let What::Call(call) = &slot.what {
                calls += 1;
                if slot.passed_on {
                    continue;
                }
                if !complete {
                    break;
                }
                let id = self.call_id(call, calls - 1);
                let (name, json) = (call.name.clone(), arguments_text(&call.arguments()));
                let index = self.block(Block::ToolCall { id: id.clone(), name }, deltas);
                deltas.extend([Delta::Arguments { index, json }, Delta::BlockEnd { index }]);
                let slot = &mut self.slots[position];
                slot.passed_on = true;
                if let What::Call(call) = &mut slot.what {
                    // The answer's own id may come later: this call keeps the one it was passed on under.
                    call.id = id;
                }
                continue;
            }
            let text = self.slots[position].unsent();
            let signature = if complete { self.slots[position].unsent_signature() } else { None };
            if text.is_none() && signature.is_none() && !(complete && self.slots[position].open.is_some()) {
                continue;
            }
            let index = match self.slots[position].open {
                Some(index) => index,
                None => {
                    let reasoning = matches!(self.slots[position].what, What::Reasoning(_));
                    self.block(if reasoning { Block::Reasoning } else { Block::Text }, deltas)
                }
            };
            deltas.extend(text.map(|text| Delta::Text { index, text }));
            deltas.extend(signature.map(|signature| Delta::Signature { index, signature }));
            if complete {
                deltas.push(Delta::BlockEnd { index });
            }
            self.slots[position].open = (!complete).then_some(index);
        }
    }

    /// Begins a block. One is passed on at a time: what another goes on with is a block of its own.
    fn block(&mut self, block: Block, deltas: &mut Vec<Delta>) -> u32 {
        self.start(deltas);
        let open = self.slots.iter_mut().filter_map(|slot| slot.open.take());
        deltas.extend(open.map(|index| Delta::BlockEnd { index }));
        let index = self.blocks;
        self.blocks += 1;
        deltas.push(Delta::Block { index, block });
        index
    }

    fn start(&mut self, deltas: &mut Vec<Delta>) {
        if !std::mem::replace(&mut self.started, true) {
            let input = self.tally.usage().map(|usage| Usage { output: 0, reasoning: 0, ..usage });
            deltas.push(Delta::Start { id: self.id.clone(), model: self.model.clone(), usage: input });
        }
    }

    /// All of it is in. `usage`: what the client is told.
    pub(crate) fn end(&mut self, usage: Option<Usage>, deltas: &mut Vec<Delta>) {
        if std::mem::replace(&mut self.ended, true) {
            return;
        }
        self.pass_on(deltas);
        self.start(deltas);
        deltas.push(Delta::Stop(self.stop_reason()));
        deltas.extend(usage.map(Delta::Usage));
        deltas.push(Delta::End);
    }
}
