//! One block of an answer under way.

use super::call::Call;

/// Where a block stands within its answer: blocks are in the order of their places.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place(pub(crate) u32, pub(crate) u32);

/// What a block that is said is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Text,
    Reasoning,
}

/// What a block is.
#[derive(Debug)]
pub(super) enum What {
    Text(Vec<Part>),
    Reasoning(Vec<Part>),
    Call(Call),
}

impl What {
    pub(super) fn said(said: Said) -> Self {
        match said {
            Said::Text => Self::Text(Vec::new()),
            Said::Reasoning => Self::Reasoning(Vec::new()),
        }
    }

    pub(super) fn is_like(&self, other: &Self) -> bool {
        std::mem::discriminant(self) == std::mem::discriminant(other)
    }
}

/// A part of a block, by its number.
#[derive(Debug)]
pub(super) struct Part {
    number: u32,
    text: String,
    /// Bytes of it that were passed on.
    sent: usize,
}

/// A block of an answer under way.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) place: Place,
    pub(super) what: What,
    /// What it is signed with.
    pub(super) signature: String,
    signature_sent: bool,
    /// No more comes for it.
    pub(super) complete: bool,
    /// The number that it is passed on under, while it is being passed on.
    pub(super) open: Option<u32>,
    /// A call that has been passed on.
    pub(super) passed_on: bool,
    /// Something was passed on and turned out to be otherwise.
    pub(super) replaced: bool,
}

impl Slot {
    pub(super) fn new(place: Place, what: What) -> Self {
        Self {
            place,
            what,
            signature: String::new(),
            signature_sent: false,
            complete: false,
            open: None,
            passed_on: false,
            replaced: false,
        }
    }

    fn part(&mut self, number: u32) -> Option<&mut Part> {
        let parts = match &mut self.what {
            What::Text(parts) | What::Reasoning(parts) => parts,
            What::Call(_) => return None,
        };
        let position = match parts.binary_search_by_key(&number, |part| part.number) {
            Ok(position) => position,
            Err(position) => {
                parts.insert(position, Part { number, text: String::new(), sent: 0 });
                position
            }
        };
        parts.get_mut(position)
    }

    pub(super) fn push(&mut self, number: u32, text: &str) {
        self.complete = false;
        if let Some(part) = self.part(number) {
            part.text.push_str(text);
        }
    }

    pub(super) fn replace(&mut self, number: u32, text: &str) {
        let Some(part) = self.part(number) else { return };
        let differs = !text.starts_with(part.text.as_str());
        let was_sent = part.sent > 0;
        text.clone_into(&mut part.text);
        if differs {
            part.sent = if was_sent { text.len() } else { 0 };
            self.replaced |= was_sent;
        }
    }

    pub(super) fn sign(&mut self, signature: &str, more: bool) {
        if !more {
            self.signature.clear();
        }
        self.signature.push_str(signature);
    }

    fn parts(&self) -> &[Part] {
        match &self.what {
            What::Text(parts) | What::Reasoning(parts) => parts,
            What::Call(_) => &[],
        }
    }

    /// All that it says.
    pub(super) fn text(&self) -> Option<String> {
        let text: String = self.parts().iter().map(|part| part.text.as_str()).collect();
        (!text.is_empty()).then_some(text)
    }

    /// What it says and was not passed on yet.
    pub(super) fn unsent(&mut self) -> Option<String> {
        let parts = match &mut self.what {
            What::Text(parts) | What::Reasoning(parts) => parts,
            What::Call(_) => return None,
        };
        let mut text = String::new();
        for part in parts {
            text.push_str(&part.text[part.sent..]);
            part.sent = part.text.len();
        }
        (!text.is_empty()).then_some(text)
    }

    pub(super) fn unsent_signature(&mut self) -> Option<String> {
        let due = !self.signature.is_empty() && !std::mem::replace(&mut self.signature_sent, true);
        due.then(|| self.signature.clone())
    }
}
