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

    proptest! {
        #[test]
        fn any_text_is_harmless_and_json_keeps_its_value(text in any::<String>()) {
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
