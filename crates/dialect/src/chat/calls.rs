//! Tool calls in an answer, told apart by all that servers send of them: index, id, name, and whether the arguments
//! so far are whole. Some repeat one of these, some leave one out.

use serde_json::Value;

use super::mend::Taken;
use crate::{
    assembly::{Assembly, Call, Place},
    fields::{DecodeError, Fields},
    loss::Loss,
};

/// Where the calls begin among the blocks: behind reasoning and text.
pub(super) const CALLS: u32 = 2;

/// The calls of one answer, in their order: the index that each came under.
#[derive(Debug, Default)]
pub(super) struct Calls {
    indices: Vec<Option<u64>>,
    /// The id that was told of each first; the answer may have it under another.
    ids: Vec<String>,
    /// Calls of the message's final form that were taken.
    finals: usize,
    /// What the pieces of the last event were taken for, and whether one was written otherwise than the dialect has it.
    pub(super) taken: Vec<Taken>,
    pub(super) odd: bool,
}

/// What one piece says.
struct Piece<'a> {
    index: Option<u64>,
    id: &'a str,
    name: &'a str,
    arguments: &'a Value,
}

impl Calls {
    /// Takes a piece of a call, or in a final form all of it.
    pub(super) fn take(
        &mut self,
        mut call: Fields,
        is_final: bool,
        answer: &mut Assembly,
        losses: &mut Vec<Loss>,
    ) -> Result<(), DecodeError> {
        let index = call.take("index").as_ref().and_then(crate::usage::count);
        let kind = call.text("type").filter(|kind| !kind.is_empty());
        let told_id = call.text("id").unwrap_or_default();
        let id = named(&told_id);
        let state = call.take("extra_content");
        let freeform = kind.as_deref() == Some("custom");
        let inner = if freeform { "custom" } else { "function" };
        let Some(mut function) = call.object(inner)? else {
            if id.is_empty() {
                losses.push(Loss::change(call.path("type"), "only calls of functions can be carried"));
            }
            call.end(losses);
            return Ok(());
        };
        let told_name = function.text("name").unwrap_or_default();
        let name = named(&told_name);
        let key = if freeform { "input" } else { "arguments" };
        let arguments = function.take(key).unwrap_or_default();
        function.end(losses);
        call.end(losses);
        let piece = Piece { index, id, name, arguments: &arguments };
        let known = self.indices.len();
        let position = if is_final { self.of_final(&piece) } else { self.of_piece(&piece, answer) };
        self.ids.resize_with(self.indices.len(), String::new);
        if self.ids[position].is_empty() {
            id.clone_into(&mut self.ids[position]);
        }
        let name_before = known_name(answer, position);
        if let Some(signature) = state.as_ref().and_then(super::details::of_call) {
            answer.signed(Place(place(position).0, 0), &signature, false);
        }
        answer.call(place(position), |call| {
            call.freeform = freeform;
            add(call, &piece, is_final);
        });
        let taken = Taken {
            number: position,
            begins: is_final || position >= known,
            names: known_name(answer, position) != name_before,
        };
        let words = (told_id.as_str(), told_name.as_str()) != (id, name);
        self.odd |= words || is_odd(&piece, taken, is_final, answer);
        self.taken.push(taken);
        Ok(())
    }

    /// The final form has all calls in their order; those that came in pieces are among them.
    fn of_final(&mut self, piece: &Piece<'_>) -> usize {
        let mut later = self.finals..self.indices.len();
        let same_id = |at: &usize| !piece.id.is_empty() && self.ids[*at] == piece.id;
        let position = later.find(same_id).unwrap_or(self.finals);
        self.finals = position + 1;
        while self.indices.len() <= position {
            self.indices.push(None);
        }
        position
    }

    /// The call that a piece belongs to: one that is known, or a new one.
    fn of_piece(&mut self, piece: &Piece<'_>, answer: &Assembly) -> usize {
        let last = self.indices.len().checked_sub(1);
        let at_index = piece.index.and_then(|_| self.indices.iter().rposition(|index| *index == piece.index));
        let id_of = |at: usize| self.ids[at].as_str();
        let goes_on = |at: &usize| self.goes_on(*at, piece, answer);
        let found = if piece.id.is_empty() {
            match piece.name.is_empty() {
                // More of what is under way. An index that is not known counts the pieces, not the calls.
                true => at_index.or(last),
                false => at_index.or(last.filter(|_| piece.index.is_none())).filter(goes_on),
            }
        } else {
            let same_id = |at: &usize| id_of(*at) == piece.id;
            let with_id = at_index.filter(same_id).or_else(|| (0..self.indices.len()).rev().find(same_id));
            match with_id {
                // An id that all calls have in common tells nothing.
                Some(at) => Some(at).filter(goes_on),
                // A call has a name: without one this is more of the call under way, under a new id.
                None if piece.name.is_empty() => at_index.or(last.filter(|_| piece.index.is_none())),
                None => at_index
                    .or(last.filter(|_| piece.index.is_none()))
                    .filter(|at| id_of(*at).is_empty() && goes_on(at)),
            }
        };
        found.unwrap_or_else(|| {
            self.indices.push(piece.index);
            self.indices.len() - 1
        })
    }

    /// Whether a piece that may begin a call goes on with this one instead.
    fn goes_on(&self, at: usize, piece: &Piece<'_>, answer: &Assembly) -> bool {
        let Some(call) = known(answer, at) else { return true };
        if piece.name.is_empty() || call.name.is_empty() {
            return true;
        }
        if !call.has_arguments() {
            // The name repeated; or a piece of a name, which has no arguments yet.
            let index = self.indices[at];
            let another_index = piece.index.is_some() && index.is_some() && piece.index != index;
            return !another_index && (call.name == piece.name || is_empty(piece.arguments));
        }
        call.name == piece.name && (!call.is_whole() || is_empty(piece.arguments))
    }
}

/// Whether a piece is written otherwise than the dialect has it: an index, an id and a name begin a call, later pieces
/// have the index alone.
fn is_odd(piece: &Piece<'_>, taken: Taken, is_final: bool, answer: &Assembly) -> bool {
    let in_place = is_final || piece.index == u64::try_from(taken.number).ok();
    let named = match taken.begins {
        true => answer.id_at(place(taken.number)).is_some_and(|id| id == piece.id),
        false => piece.id.is_empty() && (piece.name.is_empty() || taken.names),
    };
    !in_place || !named || !(piece.arguments.is_string() || (piece.arguments.is_null() && !is_final))
}

fn known_name(answer: &Assembly, number: usize) -> String {
    known(answer, number).map(|call| call.name.clone()).unwrap_or_default()
}

/// An id or a name; some servers write one that is not there as the word `null`.
fn named(text: &str) -> &str {
    if text == "null" { "" } else { text }
}

/// Where the call with this number stands.
pub(super) fn place(number: usize) -> Place {
    Place(CALLS.saturating_add(u32::try_from(number).unwrap_or(u32::MAX)), 1)
}

fn known(answer: &Assembly, number: usize) -> Option<&Call> {
    answer.call_at(place(number))
}

fn is_empty(arguments: &Value) -> bool {
    arguments.is_null() || arguments.as_str().is_some_and(|text| text.trim().is_empty())
}

fn add(call: &mut Call, piece: &Piece<'_>, is_final: bool) {
    // The id that came first is the one that clients may know.
    if call.id.is_empty() {
        piece.id.clone_into(&mut call.id);
    }
    if is_final && !piece.name.is_empty() {
        piece.name.clone_into(&mut call.name);
    } else if call.name != piece.name {
        call.name.push_str(piece.name);
    }
    match piece.arguments {
        Value::String(json) if !is_final => call.piece(json),
        whole => call.finally(whole.clone()),
    }
}
