//! A request as text that two runs can be compared by: one line for each line of each value, with its place in the
//! body before it, and what differs from run to run in one form.

use std::{borrow::Cow, time::Duration};

use regex::Regex;
use serde_json::Value;
use similar::TextDiff;
use spec::harness::Normaliser;

/// What differs from run to run whatever program wrote it, and the form it gets. Later ones see what earlier ones left.
const NEUTRAL: [(&str, &str); 8] = [
    // A session's token.
    (r"sk-overhang-[A-Za-z0-9_-]{8,}", "[token]"),
    // UUIDs, and digests from a short container id to a SHA-256.
    (r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b", "[id]"),
    (r"\b(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32}|[0-9a-f]{12})\b", "[id]"),
    // `2026-01-31`, with a time or without; `Jan 31 09:41`, as `ls -l` writes it; `09:41:07`.
    (
        r"\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?(?:Z|[+-]\d{2}:?\d{2}))?)?",
        "[date]",
    ),
    (r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) +\d{1,2} +(?:\d{2}:\d{2}|\d{4})\b", "[date]"),
    (r"\b\d{2}:\d{2}:\d{2}(?:[.,]\d+)?\b", "[time]"),
    // How long something took: `0.04s`, `1.5 seconds`, `12 ms`, `0m0.004s`.
    (r"\b(?:\d+m)?\d+(?:\.\d+ ?(?:s|sec|secs|seconds)| ?(?:ms|milliseconds))\b", "[took]"),
    // What `mktemp` and its like make up.
    (r"\btmp[._][A-Za-z0-9_]{6,}", "[temporary]"),
];

/// Lines kept of a diff.
const LINES: usize = 2_000;
/// Bytes kept of one of its lines.
const WIDTH: usize = 2_000;
/// Time after which a diff may be coarser than need be.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Normalisers(Vec<(Regex, String)>);

impl Normalisers {
    /// A harness's own, and after them what is the same for all.
    pub(super) fn new(declared: &[Normaliser]) -> Result<Self, regex::Error> {
        let declared = declared.iter().map(|one| (one.pattern.as_str(), one.with.as_str()));
        let compiled = declared.chain(NEUTRAL).map(|(pattern, with)| Ok((Regex::new(pattern)?, with.into())));
        compiled.collect::<Result<_, _>>().map(Self)
    }

    /// A request's body as text, normalised.
    pub(super) fn text(&self, body: &[u8]) -> String {
        let mut out = String::new();
        match serde_json::from_slice(body) {
            Ok(value) => self.write(&value, &mut String::new(), &mut out),
            // The front has read it as JSON before: what is left is a damaged record, which is equal to nothing.
            Err(_) => out.push_str(&String::from_utf8_lossy(body)),
        }
        out
    }

    fn write(&self, value: &Value, path: &mut String, out: &mut String) {
        let length = path.len();
        match value {
            Value::Object(members) => {
                let mut members: Vec<_> = members.iter().collect();
                members.sort_by_key(|(key, _)| *key);
                for (key, value) in members {
                    if length > 0 {
                        path.push('.');
                    }
                    path.push_str(key);
                    self.write(value, path, out);
                    path.truncate(length);
                }
            }
            Value::Array(items) => {
                for (index, value) in items.iter().enumerate() {
                    path.push_str(&format!("[{index}]"));
                    self.write(value, path, out);
                    path.truncate(length);
                }
            }
            Value::String(text) => {
                for line in self.normalise(text).split('\n') {
                    out.extend([path.as_str(), ": ", line, "\n"]);
                }
            }
            scalar => out.extend([path.as_str(), ": ", &scalar.to_string(), "\n"]),
        }
    }

    fn normalise<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        for (pattern, with) in &self.0 {
            if let Cow::Owned(changed) = pattern.replace_all(&text, with.as_str()) {
                text = Cow::Owned(changed);
            }
        }
        text
    }
}

/// Messages in a request, of whatever dialect.
pub(super) fn turns(body: &[u8]) -> usize {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let messages = ["messages", "input", "contents"].map(|key| body[key].as_array().map_or(0, Vec::len));
    messages.iter().sum()
}

/// What leads from the recorded request to the one that came: a unified diff, cut where it is long.
pub(super) fn diff(recorded: &str, asked: &str) -> String {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(recorded, asked);
    let shown = diff.unified_diff().context_radius(2).header("recorded", "asked").to_string();
    let mut out = String::new();
    for line in shown.lines().take(LINES) {
        let end = line.floor_char_boundary(WIDTH);
        out.push_str(&line[..end]);
        out.push_str(if end < line.len() { "…\n" } else { "\n" });
    }
    if shown.lines().nth(LINES).is_some() {
        out.push_str("… cut here\n");
    }
    out
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn text(value: &Value) -> String {
        let declared = Normaliser {
            pattern: r"cch=\w+".into(),
            with: "cch=[hash]".into(),
            reason: "changes with each request".into(),
        };
        Normalisers::new(&[declared]).unwrap().text(value.to_string().as_bytes())
    }

    #[test]
    fn what_means_nothing_has_one_form() {
        let body = json!({
            "system": "Today is 2026-01-31.\nSession 6d1f40c2-e9a8-4b3f-9c51-0123456789ab, cch=ab12;",
            "messages": [{"role": "user", "content": "-rw-r--r-- 1 root root 5 Jan 31 09:41 a\n3 passed in 0.04s"}],
            "max_tokens": 100,
        });
        assert_eq!(
            text(&body),
            "max_tokens: 100\n\
             messages[0].content: -rw-r--r-- 1 root root 5 [date] a\n\
             messages[0].content: 3 passed in [took]\n\
             messages[0].role: user\n\
             system: Today is [date].\n\
             system: Session [id], cch=[hash];\n"
        );
    }

    #[test]
    fn what_means_something_keeps_its_form() {
        for kept in ["port 8080", "in 3 steps", "v1.2.3", "exit code 1", "1-2-3", "decade", "May 5", "10s"] {
            assert_eq!(text(&json!({"a": kept})), format!("a: {kept}\n"));
        }
    }

    #[test]
    fn a_diff_names_the_place_and_is_bounded() {
        let (one, other) = (text(&json!({"a": "x\ny", "b": 1})), text(&json!({"a": "x\nz", "b": 1})));
        assert_eq!(
            diff(&one, &other),
            "--- recorded\n+++ asked\n@@ -1,3 +1,3 @@\n a: x\n-a: y\n+a: z\n b: 1\n"
        );
        let long = diff("", &format!("{}\n", "ü".repeat(3_000)));
        assert!(long.ends_with("…\n") && long.len() < 2_100);
        assert!(diff("", &"line\n".repeat(5_000)).ends_with("… cut here\n"));
    }
}
