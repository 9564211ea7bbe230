//! Texts with a form of their own: arms, dates, names, addresses.

use crate::{Arm, nearest};

/// What is wrong with a text, as the end of a sentence.
pub(super) struct Wrong {
    pub(super) message: String,
    pub(super) help: Option<String>,
    /// The text may hold a key: no message and no excerpt may repeat it.
    pub(super) secret: bool,
}

fn wrong(message: impl Into<String>, help: impl Into<Option<String>>) -> Result<(), Wrong> {
    Err(Wrong { message: message.into(), help: help.into(), secret: false })
}

fn secret(message: &str, help: &str) -> Result<(), Wrong> {
    Err(Wrong { message: message.to_owned(), help: Some(help.to_owned()), secret: true })
}

/// Checks a text against one of our formats; formats not known here are notes for readers.
pub(super) fn check(format: &str, text: &str) -> Result<(), Wrong> {
    match format {
        "arm" => arm(text),
        "name" => name(text),
        "date" => date(text, false),
        "month-or-date" => date(text, true),
        "base-url" => base_url(text),
        "url-path" => url_path(text),
        "env-name" => env_name(text),
        "size" => size(text),
        _ => Ok(()),
    }
}

fn arm(text: &str) -> Result<(), Wrong> {
    if text.parse::<Arm>().is_ok() {
        return Ok(());
    }
    let meant = text.split_once('/').and_then(|(harness, prompt)| {
        let prompt = nearest::name(prompt, ["generic", "specific"])?;
        Some(format!("did you mean `{}/{prompt}`?", harness.to_lowercase().replace([' ', '_'], "-")))
    });
    let form = "write `harness/prompt`, where prompt is `generic` or `specific`, as in `bare/generic`";
    wrong(format!("is `{text}`, which is not an arm"), meant.unwrap_or_else(|| form.to_owned()))
}

/// Names become file and directory names.
fn name(text: &str) -> Result<(), Wrong> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    if text.chars().all(allowed) && text.starts_with(|c: char| c.is_ascii_alphanumeric()) {
        return Ok(());
    }
    let form = "letters, digits, `-`, `_` and `.`, beginning with a letter or a digit";
    wrong(format!("is `{text}`, which cannot name a file"), form.to_owned())
}

fn date(text: &str, month_is_enough: bool) -> Result<(), Wrong> {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |part: &str, digits: usize| {
        (part.len() == digits && part.bytes().all(|b| b.is_ascii_digit()))
            .then(|| part.parse().ok())
            .flatten()
    };
    let ok = match parts[..] {
        [year, month] if month_is_enough => number(year, 4).is_some() && is_month(number(month, 2)),
        [year, month, day] => match (number(year, 4), number(month, 2), number(day, 2)) {
            (Some(year), Some(month), Some(day)) => (1..=days(year, month)).contains(&day),
            _ => false,
        },
        _ => false,
    };
    if ok {
        return Ok(());
    }
    let form = if month_is_enough { "write `YYYY-MM` or `YYYY-MM-DD`" } else { "write `YYYY-MM-DD`" };
    wrong(format!("is `{text}`, which is not a date"), form.to_owned())
}

fn is_month(month: Option<u32>) -> bool {
    month.is_some_and(|month| (1..=12).contains(&month))
}

/// Days of a month of the Gregorian calendar; none in a month that is not one.
fn days(year: u32, month: u32) -> u32 {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    match month {
        4 | 6 | 9 | 11 => 30,
        2 => 28 + u32::from(leap),
        1..=12 => 31,
        _ => 0,
    }
}

fn base_url(text: &str) -> Result<(), Wrong> {
    let rest = text.strip_prefix("http://").or_else(|| text.strip_prefix("https://"));
    let Some(rest) = rest else {
        let help = if text.contains("://") { None } else { Some(format!("write `https://{text}`")) };
        return wrong(format!("is `{text}`, which does not begin with `http://` or `https://`"), help);
    };
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    if host.is_empty() || host.contains(|c: char| c.is_whitespace() || matches!(c, '?' | '#')) {
        return wrong(format!("is `{text}`, which names no host"), None);
    }
    if host.contains('@') {
        return secret("holds a user name or a key", "keys come from the variable that `key_env` names");
    }
    if path.contains(['?', '#']) || path.contains(char::is_whitespace) {
        return wrong(format!("is `{text}`: a base URL has no query and no spaces"), None);
    }
    let added = added_by_dialects(text);
    if added == text.len() {
        return Ok(());
    }
    wrong(
        format!("is `{text}`: the dialect adds `{}` itself", &text[added..]),
        format!("write `{}`", &text[..added]),
    )
}

fn url_path(text: &str) -> Result<(), Wrong> {
    if !text.starts_with('/') {
        return wrong(format!("is `{text}`, which does not begin with `/`"), format!("write `/{text}`"));
    }
    if text.contains(|c: char| c.is_whitespace() || c == '#') {
        return wrong(format!("is `{text}`: a path has no spaces and no `#`"), None);
    }
    let rest = text.replace("{model}", "").replace("{method}", "");
    if rest.contains(['{', '}']) {
        return wrong(format!("is `{text}`: only `{{model}}` and `{{method}}` are filled in"), None);
    }
    Ok(())
}

/// Where a base URL begins to repeat what the dialects add: a version, an end point, or both.
fn added_by_dialects(url: &str) -> usize {
    let mut rest = url.trim_end_matches('/');
    for added in ["/chat/completions", "/responses", "/messages", "/models", "/v1", "/v1beta"] {
        rest = rest.strip_suffix(added).unwrap_or(rest);
    }
    if rest.len() == url.trim_end_matches('/').len() { url.len() } else { rest.len() }
}

fn size(text: &str) -> Result<(), Wrong> {
    match crate::task::text::mebibytes(text) {
        Some(_) => Ok(()),
        None => {
            wrong(format!("is `{text}`, which is not a size"), "write it as in `512M` or `2G`".to_owned())
        }
    }
}

fn env_name(text: &str) -> Result<(), Wrong> {
    let upper = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    if text.chars().all(upper) && text.starts_with(|c: char| c.is_ascii_uppercase() || c == '_') {
        return Ok(());
    }
    let help = "give the variable's name, as in `ANTHROPIC_API_KEY`; the key itself never stands in a file";
    secret("is not the name of an environment variable", help)
}
