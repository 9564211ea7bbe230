//! The ledger's lines as text: read some thousand at a time, checked and parsed on all cores.
//!
//! A line's link is made of its text and of the link that the line before says it is. So each can be checked by itself:
//! where all links are right, they are a chain.

use std::{
    borrow::Cow,
    io::{self, BufRead},
    thread,
};

use serde::Deserialize;
use serde_json::Value;

use crate::{
    chain::{canonical_of_version_1, link},
    parse::{Reading, Said},
};

/// Lines held as text at a time.
const BATCH: usize = 8192;

/// Lines that are worth a thread of their own.
const WORTH: usize = 256;

/// Before the hash in a line's text.
const HASH: &[u8] = b",\"hash\":\"";

/// Between the hash and the number that ends a line's text.
const SEQ: &[u8] = b"\",\"seq\":";

/// A line that follows from the one before: its link, and what it says.
pub(crate) type Read<'l, R> =
    Result<(Cow<'l, [u8]>, serde_json::Result<Said<<R as Reading>::What<'l>>>), String>;

/// The next lines.
#[derive(Default)]
pub(crate) struct Batch {
    text: Vec<u8>,
    ends: Vec<usize>,
    /// Whether the ledger's last line has no end, and is left out.
    pub(crate) cut_short: bool,
}

impl Batch {
    /// Reads the next lines in the place of those that are held; none at the ledger's end.
    pub(crate) fn read(&mut self, reader: &mut impl BufRead) -> io::Result<()> {
        self.text.clear();
        self.ends.clear();
        while self.ends.len() < BATCH {
            if reader.read_until(b'\n', &mut self.text)? == 0 {
                break;
            }
            if self.text.last() != Some(&b'\n') {
                self.cut_short = true;
                break;
            }
            self.ends.push(self.text.len());
        }
        Ok(())
    }

    /// Their texts, without what ends them.
    pub(crate) fn lines(&self) -> Vec<&[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, end)| &self.text[start..end - 1]).collect()
    }

    /// Whether the ledger has no more of them.
    pub(crate) fn is_last(&self) -> bool {
        self.ends.is_empty() || self.cut_short
    }
}

/// How lines may be written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// As canonical text, byte for byte.
    Canonical,
    /// In any order of keys, as programs of plans of version 1 wrote them as well.
    Any,
}

/// Checks and parses lines that follow the link `first`, in order.
pub(crate) fn check<'l, R: Reading>(first: &[u8], lines: &[&'l [u8]], form: Form) -> Vec<Read<'l, R>> {
    let previous = |at: usize| match at.checked_sub(1) {
        None => Ok(Cow::Borrowed(first)),
        Some(at) => said(lines[at]),
    };
    on_all_cores(lines, |at, text| {
        let hash = follows(&previous(at)?, text, form)?;
        Ok((hash, R::read(text)))
    })
}

/// What becomes of each line, given with its place, in order.
pub(crate) fn on_all_cores<'l, T: Send>(
    lines: &[&'l [u8]],
    one: impl Fn(usize, &'l [u8]) -> T + Sync,
) -> Vec<T> {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let share = lines.len().div_ceil(cores).max(WORTH);
    let of_share = |(place, lines): (usize, &[&'l [u8]])| -> Vec<T> {
        lines.iter().zip(place * share..).map(|(text, at)| one(at, text)).collect()
    };
    let mut shares = lines.chunks(share).enumerate();
    let Some(mine) = shares.next() else { return Vec::new() };
    thread::scope(|scope| {
        let of_share = &of_share;
        let others: Vec<_> = shares.map(|share| scope.spawn(move || of_share(share))).collect();
        let mut all = of_share(mine);
        for other in others {
            match other.join() {
                Ok(read) => all.extend(read),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        all
    })
}

/// The link that a line says it is, if it follows from the one before.
fn follows<'l>(previous: &[u8], text: &'l [u8], form: Form) -> Result<Cow<'l, [u8]>, String> {
    // A line is written as canonical text, the hash cut in: what is left of it without is what was hashed.
    let whole = cut(text).filter(|(before, said, after)| link(previous, &[before, after]) == *said);
    match whole {
        Some((_, said, _)) => Ok(Cow::Borrowed(said)),
        None if form == Form::Any => in_any_order(previous, text).map(|hash| Cow::Owned(hash.into_bytes())),
        None => Err("its hash does not follow from the line before".into()),
    }
}

/// The link of a line whose keys are in another order, as older programs wrote them.
fn in_any_order(previous: &[u8], text: &[u8]) -> Result<String, String> {
    let mut value: Value = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    let said = value.as_object_mut().and_then(|line| line.remove("hash"));
    let said = said.as_ref().and_then(Value::as_str).ok_or("no hash")?;
    let found = link(previous, &[&canonical_of_version_1(&value)]);
    if found == said.as_bytes() {
        Ok(said.to_owned())
    } else {
        Err("its hash does not follow from the line before".into())
    }
}

/// The link that a line says it is.
fn said(text: &[u8]) -> Result<Cow<'_, [u8]>, String> {
    #[derive(Deserialize)]
    struct Hashed {
        hash: String,
    }
    match cut(text) {
        Some((_, said, _)) => Ok(Cow::Borrowed(said)),
        None => serde_json::from_slice::<Hashed>(text)
            .map(|line| Cow::Owned(line.hash.into_bytes()))
            .map_err(|_| "the line before has no hash".into()),
    }
}

/// A canonical line as what stands before its hash, the hash, and what stands after.
fn cut(text: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    let digits = text.strip_suffix(b"}")?.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let end = text.len().checked_sub(1 + digits + SEQ.len())?;
    let start = end.checked_sub(64)?;
    let (before, _) = text.split_at(start).0.split_at(start.checked_sub(HASH.len())?);
    let fits = text[end..].starts_with(SEQ) && text[before.len()..].starts_with(HASH);
    fits.then(|| (before, &text[start..end], &text[end + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::parse::{InBrief, Whole};

    #[test]
    fn only_the_hash_before_the_last_number_is_cut_out() {
        let hash = "a".repeat(64);
        let line = format!("{{\"at_ms\":1,\"event\":{{}},\"hash\":\"{hash}\",\"seq\":12}}");
        let (before, said, after) = cut(line.as_bytes()).unwrap();
        assert_eq!((before, after), (&b"{\"at_ms\":1,\"event\":{}"[..], &b",\"seq\":12}"[..]));
        assert_eq!(said, hash.as_bytes());
        let nested = format!("{{\"seq\":1,\"event\":{{\"a\":1,\"hash\":\"{hash}\",\"seq\":12}}}}");
        for other in [&nested, "{}", "", "}", &line[..line.len() - 1]] {
            assert_eq!(cut(other.as_bytes()), None, "{other}");
        }
    }

    #[test]
    fn many_lines_are_checked_as_one_after_the_other() {
        let mut head = "first".to_owned();
        let mut lines: Vec<Vec<u8>> = Vec::new();
        for seq in 0..3 * WORTH {
            let text =
                format!("{{\"at_ms\":1,\"event\":{{\"event\":\"closed\",\"reason\":\"\"}},\"seq\":{seq}}}");
            let at = text.rfind(",\"seq\"").unwrap();
            head = String::from_utf8(link(head.as_bytes(), &[text.as_bytes()]).into()).unwrap();
            lines.push(format!("{},\"hash\":\"{head}\"{}", &text[..at], &text[at..]).into_bytes());
        }
        let texts = |lines: &[Vec<u8>]| {
            let mut batch = Batch::default();
            let whole: Vec<u8> = lines.iter().flat_map(|line| [line.as_slice(), b"\n"].concat()).collect();
            batch.read(&mut whole.as_slice()).unwrap();
            batch
        };
        let batch = texts(&lines);
        let read = check::<Whole>(b"first", &batch.lines(), Form::Canonical);
        assert!(
            read.iter().zip(0..).all(|(line, seq)| line.as_ref().unwrap().1.as_ref().unwrap().seq == seq)
        );
        assert_eq!(&*read.last().unwrap().as_ref().unwrap().0, head.as_bytes());
        lines.remove(WORTH + 7);
        let batch = texts(&lines);
        let wrong: Vec<usize> = check::<InBrief>(b"first", &batch.lines(), Form::Canonical)
            .iter()
            .enumerate()
            .filter(|(_, line)| line.is_err())
            .map(|(at, _)| at)
            .collect();
        assert_eq!(wrong, [WORTH + 7]);
    }
}
