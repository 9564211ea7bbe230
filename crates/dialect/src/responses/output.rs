//! Which item an event is about. Servers number items, name them, or both; and some do either wrongly.

use serde_json::Value;

use crate::assembly::{Assembly, Place};

/// What is known of an item, to find it again.
#[derive(Debug, Default)]
struct Known {
    index: Option<u64>,
    ids: Vec<String>,
    kind: String,
}

/// The items of an answer, in the order in which they began.
#[derive(Debug, Default)]
pub(super) struct Output(Vec<Known>);

impl Output {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Says what an item is.
    pub(super) fn is(&mut self, number: u32, kind: &str) {
        if let Some(known) = self.0.get_mut(number as usize) {
            kind.clone_into(&mut known.kind);
        }
    }

    /// The item that goes by this index or id. `begins`: whether the event begins an item.
    pub(super) fn number(
        &mut self,
        index: Option<u64>,
        id: Option<&str>,
        begins: bool,
        answer: &Assembly,
    ) -> u32 {
        let with_id =
            id.and_then(|id| self.0.iter().rposition(|known| known.ids.iter().any(|known| known == id)));
        let with_index = || index.and_then(|_| self.0.iter().rposition(|known| known.index == index));
        let found = with_id.or_else(|| match with_index() {
            // Another item under a number that was given before.
            Some(at) if begins && self.is_another(at, id, answer) => None,
            Some(at) => Some(at),
            None if begins || index.is_some() || id.is_some() => None,
            None => self.0.len().checked_sub(1),
        });
        let at = found.unwrap_or_else(|| {
            self.0.push(Known { index, ..Known::default() });
            self.0.len() - 1
        });
        if let Some(id) = id.filter(|id| !self.0[at].ids.iter().any(|known| known == id)) {
            self.0[at].ids.push(id.to_owned());
        }
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    /// Whether an item that begins is another than the known one of its number: that one has a name, or is there.
    fn is_another(&self, at: usize, id: Option<&str>, answer: &Assembly) -> bool {
        let place = Place(u32::try_from(at).unwrap_or(u32::MAX), 0);
        match id {
            Some(_) => !self.0[at].ids.is_empty(),
            None => answer.holds(place),
        }
    }

    /// The items that the final output repeats, and those that are new with it: by id, by the id of the call, by the
    /// order of those of a kind.
    pub(super) fn of_final(&mut self, output: &[Value], answer: &Assembly) -> Vec<u32> {
        let mut taken: Vec<usize> = Vec::new();
        for item in output {
            let text = |key: &str| item[key].as_str().filter(|text| !text.is_empty());
            let kind = text("type").unwrap_or("message");
            let free = |at: &usize| !taken.contains(at);
            let by_id = || {
                let id = text("id")?;
                (0..self.0.len()).filter(free).find(|at| self.0[*at].ids.iter().any(|known| known == id))
            };
            let by_call = || {
                let id = text("call_id")?;
                let is = |at: &usize| {
                    let place = Place(u32::try_from(*at).unwrap_or(u32::MAX), 0);
                    answer.call_at(place).is_some_and(|call| call.id == id)
                };
                (0..self.0.len()).filter(free).find(is)
            };
            let by_order = || (0..self.0.len()).filter(free).find(|at| self.0[*at].kind == kind);
            let found = by_id().or_else(by_call).or_else(by_order);
            let at = found.unwrap_or_else(|| {
                self.0.push(Known { kind: kind.to_owned(), ..Known::default() });
                self.0.len() - 1
            });
            taken.push(at);
        }
        taken.into_iter().map(|at| u32::try_from(at).unwrap_or(u32::MAX)).collect()
    }
}
