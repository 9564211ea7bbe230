//! How much of a page is left for what was stored: bodies are from outside, and a page must open.

use ledger::BlobStore;

/// Characters that a text's markup takes, about.
const MARKUP: usize = 80;

/// What is left of the page, and where bodies are.
pub(super) struct Room<'a> {
    pub(super) blobs: &'a BlobStore,
    /// Of the page, and of the part of it that is written.
    left: &'a mut usize,
    part: usize,
}

impl<'a> Room<'a> {
    /// Room for so many characters.
    pub(super) fn new(blobs: &'a BlobStore, left: &'a mut usize) -> Self {
        let part = *left;
        Self { blobs, left, part }
    }

    /// A part of the page with at most so many characters.
    pub(super) fn part(&mut self, most: usize) -> Room<'_> {
        let part = most.min(self.left());
        Room { blobs: self.blobs, left: self.left, part }
    }

    /// Characters that there is room for.
    pub(super) fn left(&self) -> usize {
        self.part.min(*self.left)
    }

    /// As much of a text as one body may take and the page still has room for.
    pub(super) fn take(&mut self, text: &str, most: usize) -> String {
        let most = most.min(self.left());
        let end = text.char_indices().nth(most).map(|(end, _)| end);
        let mut shown = text[..end.unwrap_or(text.len())].to_owned();
        let used = shown.chars().count() + MARKUP;
        *self.left = self.left.saturating_sub(used);
        self.part = self.part.saturating_sub(used);
        if end.is_some() {
            shown.push_str("\n… cut here");
        }
        shown
    }
}
