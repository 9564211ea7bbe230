//! Keeping the head and the tail of a stream of any length in bounded memory.

use std::collections::VecDeque;

use wire::{Keep, MAX_KEEP, Output};

#[derive(Debug)]
pub(crate) struct Capture {
    head: Vec<u8>,
    head_limit: usize,
    tail: VecDeque<u8>,
    tail_limit: usize,
    dropped: u64,
}

impl Capture {
    pub(crate) fn new(keep: Keep) -> Capture {
        let limit = |bytes: u64| bytes.min(MAX_KEEP) as usize;
        Capture {
            head: Vec::new(),
            head_limit: limit(keep.head),
            tail: VecDeque::new(),
            tail_limit: limit(keep.tail),
            dropped: 0,
        }
    }

    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let (head, rest) = bytes.split_at(bytes.len().min(self.head_limit - self.head.len()));
        self.head.extend_from_slice(head);
        let (skipped, kept) = rest.split_at(rest.len().saturating_sub(self.tail_limit));
        let overflow = (self.tail.len() + kept.len()).saturating_sub(self.tail_limit);
        self.tail.drain(..overflow);
        self.tail.extend(kept);
        self.dropped += (skipped.len() + overflow) as u64;
    }

    pub(crate) fn finish(self) -> Output {
        Output { head: self.head, tail: self.tail.into(), dropped: self.dropped }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn head_tail_and_dropped_make_up_the_stream(
            chunks in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..50), 0..20),
            head in 0u64..60,
            tail in 0u64..60,
        ) {
            let stream = chunks.concat();
            let mut capture = Capture::new(Keep { head, tail });
            for chunk in &chunks {
                capture.push(chunk);
            }
            let output = capture.finish();
            let whole = (head + tail) as usize >= stream.len();
            prop_assert_eq!(whole, output.dropped == 0);
            prop_assert_eq!(output.head.len() + output.tail.len() + output.dropped as usize, stream.len());
            prop_assert!(stream.starts_with(&output.head) && stream.ends_with(&output.tail));
            prop_assert!(output.head.len() <= head as usize && output.tail.len() <= tail as usize);
        }
    }
}
