//! Markdown, short enough for a comment on a pull request or a step's summary.

mod comparison;
mod difference;
mod history;
mod report;

use std::fmt::Write;

use super::Writer;

pub(super) const WRITER: Writer = Writer {
    name: "md",
    about: "Markdown for a comment on a pull request, or for $GITHUB_STEP_SUMMARY",
    report: |analysis, _, _| Ok(report::whole(analysis)),
    difference: Some(|found, _| Ok(difference::whole(found))),
    comparison: Some(|found, _| Ok(comparison::whole(found))),
    history: Some(|found, _| Ok(history::whole(found))),
};

fn header(out: &mut String, names: &[&str], left: usize) {
    let rule: Vec<&str> = (0..names.len()).map(|place| if place < left { "---" } else { "--:" }).collect();
    let _ = writeln!(out, "\n| {} |\n| {} |", names.join(" | "), rule.join(" | "));
}

fn cells(out: &mut String, cells: &[String]) {
    let cells: Vec<String> = cells.iter().map(|cell| text(cell)).collect();
    let _ = writeln!(out, "| {} |", cells.join(" | "));
}

/// Text from outside between backticks.
fn code(from_outside: &str) -> String {
    let shown: String = from_outside.chars().filter(|c| !c.is_control() && *c != '`').take(400).collect();
    format!("`{shown}`")
}

/// Text from outside as Markdown that is only text: no markup, no link, no mention, on one line, not endless.
pub(crate) fn text(from_outside: &str) -> String {
    let mut out = String::new();
    for c in from_outside.chars().take(400) {
        match c {
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '!' => {
                out.push('\\');
                out.push(c);
            }
            // A mention or a link is made of these with what follows: a word joiner parts them unseen.
            '@' => out.push_str("@\u{2060}"),
            '/' if out.ends_with(':') => out.push_str("\u{2060}/"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::text;

    #[test]
    fn text_from_outside_stays_text() {
        assert_eq!(text("<img src=x>|a`b`\n# c"), "\\<img src=x\\>\\|a\\`b\\` \\# c");
        assert_eq!(text("@team https://x"), "@\u{2060}team https:\u{2060}//x");
        assert_eq!(text(&"x".repeat(1000)).len(), 400);
    }
}
