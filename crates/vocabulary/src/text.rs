//! Text from outside, on its way to people: agents, models, tasks and verifiers write what they like into names, answers
//! and files. One that reaches a terminal, a page or a table goes through here.

use std::borrow::Cow;

/// Whether a character does nothing but stand where it stands. Others move the cursor or the text, hide it, change what
/// a terminal does, or are in no document: control characters but line feed and tab, the marks that turn the direction
/// of text, separators of lines that are none on a terminal, tags, and what Unicode calls no character.
pub fn is_harmless(c: char) -> bool {
    !matches!(c,
        '\0'..='\u{8}' | '\u{b}'..='\u{1f}' | '\u{7f}'..='\u{9f}'
        | '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
        | '\u{2028}'..='\u{202e}' | '\u{2061}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
        | '\u{fdd0}'..='\u{fdef}' | '\u{e0000}'..='\u{e007f}')
        && u32::from(c) & 0xfffe != 0xfffe
}

/// The text with U+FFFD for each character that is not [harmless](is_harmless).
pub fn harmless(text: &str) -> Cow<'_, str> {
    replaced(text, is_harmless)
}

/// The same for what must stay on one line, as a name does: line feed and tab go as well.
pub fn harmless_line(text: &str) -> Cow<'_, str> {
    replaced(text, |c| is_harmless(c) && !matches!(c, '\n' | '\t'))
}

/// What a program printed, as it reads on a screen: sequences that colour it or move the cursor are left out, and a
/// carriage return begins a line. All else that is not [harmless](is_harmless) is U+FFFD.
pub fn printed(text: &str) -> Cow<'_, str> {
    if text.chars().all(is_harmless) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '\u{1b}' | '\u{9b}' | '\u{9d}' => match sequence(c, rest) {
                Some(length) => rest = &rest[length..],
                None => out.push(char::REPLACEMENT_CHARACTER),
            },
            '\r' if rest.starts_with('\n') => {}
            '\r' => out.push('\n'),
            c => out.push(if is_harmless(c) { c } else { char::REPLACEMENT_CHARACTER }),
        }
    }
    Cow::Owned(out)
}

/// Bytes of a control sequence (ECMA-48) after its first character; `None` where it has no end.
fn sequence(first: char, rest: &str) -> Option<usize> {
    let (kind, body) = match first {
        '\u{9b}' => ('[', rest),
        '\u{9d}' => (']', rest),
        _ => (rest.chars().next()?, rest.get(1..)?),
    };
    let before = rest.len() - body.len();
    match kind {
        '[' => {
            let last = body.find(|c| !matches!(c, ' '..='?'))?;
            matches!(body.as_bytes().get(last), Some(b'@'..=b'~')).then_some(before + last + 1)
        }
        ']' => {
            let line = body.split('\n').next()?;
            let ends = ["\u{7}", "\u{1b}\\", "\u{9c}"];
            let end = ends.iter().filter_map(|end| Some(line.find(end)? + end.len())).min()?;
            Some(before + end)
        }
        '(' | ')' => matches!(body.as_bytes().first(), Some(b'0'..=b'~')).then_some(before + 1),
        '@'..='Z' | '\\'..='~' | '0'..='?' => Some(before),
        _ => None,
    }
}

fn replaced(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    if text.chars().all(&stays) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().map(|c| if stays(c) { c } else { char::REPLACEMENT_CHARACTER }).collect())
}

/// The same for text that we gave colours: `ESC [`, at most three numbers of two digits, `m` stays, and nothing else that
/// begins so.
pub fn harmless_styled(text: &str) -> Cow<'_, str> {
    if !text.contains('\u{1b}') {
        return harmless(text);
    }
    let mut parts = text.split('\u{1b}');
    let mut out = parts.next().map(harmless).unwrap_or_default().into_owned();
    for part in parts {
        match colour(part) {
            Some((sequence, rest)) => {
                out.push('\u{1b}');
                out.push_str(sequence);
                out.push_str(&harmless(rest));
            }
            None => {
                out.push(char::REPLACEMENT_CHARACTER);
                out.push_str(&harmless(part));
            }
        }
    }
    Cow::Owned(out)
}

/// A sequence that sets weight or colour, without its ESC, and what follows. None that hides or blinks.
fn colour(text: &str) -> Option<(&str, &str)> {
    let (numbers, _) = text.strip_prefix('[')?.split_once('m')?;
    let known = |number: &str| {
        matches!(number, "" | "0" | "1" | "2" | "3" | "4")
            || number.parse().is_ok_and(|number: u8| matches!(number, 30..=39 | 90..=97))
    };
    let few = numbers.len() <= 8 && numbers.split(';').all(known);
    few.then(|| text.split_at(numbers.len() + 2))
}

/// JSON text in which whatever is not harmless is written as an escape: the same values, safe to show.
pub fn harmless_json(json: &str) -> Cow<'_, str> {
    if json.chars().all(is_harmless) {
        return Cow::Borrowed(json);
    }
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        if is_harmless(c) {
            out.push(c);
        } else {
            // Outside a string there is none of them; within one, each of its units is an escape.
            let mut units = [0; 2];
            for unit in c.encode_utf16(&mut units) {
                out.push_str(&format!("\\u{unit:04x}"));
            }
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ESCAPE: char = '\u{1b}';

    #[test]
    fn what_a_terminal_or_a_reader_would_obey_is_shown_as_unknown() {
        for hostile in [
            "\u{1b}]0;title\u{7}",
            "\u{1b}[2K",
            "\u{9b}1A",
            "\r",
            "\u{8}",
            "\u{202e}txt.exe",
            "\u{2066}",
            "\u{200f}",
            "\u{fffe}",
            "\u{10ffff}",
            "\u{e0041}",
            "\u{2028}",
            "\0",
            "\u{85}",
            "\u{feff}",
            "\u{61c}",
        ] {
            let shown = harmless(hostile);
            assert!(shown.chars().all(is_harmless) && shown.contains('\u{fffd}'), "{hostile:?}");
            assert_eq!(shown.chars().count(), hostile.chars().count(), "{hostile:?}");
        }
        let kept = "a\tb\nÄ é 漢字 👩\u{200d}💻 שלום ‌\u{200c}";
        assert!(matches!(harmless(kept), Cow::Borrowed(text) if text == kept));
        assert_eq!(harmless_line("a\nPASS\tb"), "a\u{fffd}PASS\u{fffd}b");
    }

    #[test]
    fn our_colours_stay_and_nothing_else_that_begins_like_them() {
        assert_eq!(
            harmless_styled("\u{1b}[1m\u{1b}[31merror\u{1b}[0m: x"),
            "\u{1b}[1m\u{1b}[31merror\u{1b}[0m: x"
        );
        for hostile in
            ["\u{1b}[8mx", "\u{1b}[2Jm", "\u{1b}[48;5;1mx", "\u{1b}]0;m", "\u{1b}", "\u{1b}[5mx", "\u{1b}[1;"]
        {
            assert!(!harmless_styled(hostile).contains('\u{1b}'), "{hostile:?}");
        }
    }

    #[test]
    fn what_a_program_printed_reads_as_on_a_screen() {
        for (printed, read) in [
            ("\u{1b}[1;31mred\u{1b}[0m\u{1b}[K", "red"),
            ("\u{1b}]0;title\u{7}a\u{1b}]8;;http://x\u{1b}\\b", "ab"),
            ("10 %\r20 %\r\n", "10 %\n20 %\n"),
            ("\u{1b}(B\u{1b}=\u{1b}>\u{9b}2Jx", "x"),
            // What has no end hides nothing.
            ("\u{1b}]0;all\nof this", "\u{fffd}]0;all\nof this"),
            ("\u{1b}[31", "\u{fffd}[31"),
            ("\u{1b}[31é", "\u{fffd}[31é"),
            ("\u{1b}", "\u{fffd}"),
            ("\u{1b}é\u{0}\u{202e}", "\u{fffd}é\u{fffd}\u{fffd}"),
        ] {
            assert_eq!(super::printed(printed), read, "{printed:?}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_harmless_and_json_keeps_its_value(text in any::<String>()) {
            prop_assert!(printed(&text).chars().all(is_harmless));
            prop_assert!(harmless(&text).chars().all(is_harmless));
            let or_ours = harmless_styled(&text).chars().all(|c| is_harmless(c) || c == ESCAPE);
            prop_assert!(or_ours);
            let json = serde_json::to_string(&text).unwrap();
            let shown = harmless_json(&json);
            prop_assert!(shown.chars().all(is_harmless));
            prop_assert_eq!(serde_json::from_str::<String>(&shown).unwrap(), text);
        }
    }
}
