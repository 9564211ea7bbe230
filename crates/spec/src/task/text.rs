//! The small languages inside a task's files: environment values, sizes, canary lines.

/// An environment value's reference to a variable of the host: its name, and the default.
/// As in Harbor, `${VAR}` or `${VAR:-default}` must be the whole value; anything else stands for itself.
pub(super) fn reference(text: &str) -> Option<(&str, Option<&str>)> {
    let inside = text.strip_prefix("${").and_then(|rest| rest.strip_suffix('}'))?;
    let (variable, default) = match inside.split_once(":-") {
        Some((variable, default)) => (variable, Some(default)),
        None => (inside, None),
    };
    let named = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (!variable.is_empty() && variable.chars().all(named)).then_some((variable, default))
}

/// MiB in a size of the older form: `2G`, `512M`, `1048576K`; rounded up.
pub(crate) fn mebibytes(size: &str) -> Option<u64> {
    let size = size.trim().to_ascii_uppercase();
    let size = size.strip_suffix("IB").or_else(|| size.strip_suffix('B')).unwrap_or(&size);
    let (number, kibibytes) = match size.as_bytes().last()? {
        b'T' => (&size[..size.len() - 1], 1 << 30),
        b'G' => (&size[..size.len() - 1], 1 << 20),
        b'M' => (&size[..size.len() - 1], 1 << 10),
        b'K' => (&size[..size.len() - 1], 1),
        _ => return None,
    };
    let number: f64 = number.trim().parse().ok()?;
    let mebibytes = (number * f64::from(kibibytes) / 1024.0).ceil();
    (1.0..1e12).contains(&mebibytes).then_some(mebibytes as u64)
}

/// An instruction without its leading canary comments and the empty lines after them.
pub(super) fn without_canary(text: &str) -> &str {
    let mut rest = text;
    while let Some(line) = rest.lines().next().filter(|line| is_canary(line.trim())) {
        rest = rest[line.len()..].trim_start_matches('\r').strip_prefix('\n').unwrap_or("");
    }
    if rest.len() == text.len() {
        return text;
    }
    while let Some((_, after)) = rest.split_once('\n').filter(|(line, _)| line.trim().is_empty()) {
        rest = after;
    }
    rest
}

fn is_canary(line: &str) -> bool {
    let comment = line.starts_with('#') || (line.starts_with("<!--") && line.ends_with("-->"));
    comment && line.to_ascii_lowercase().contains("canary")
}

/// The user the last stage of a Dockerfile ends as; `None` when it does not say.
pub(crate) fn dockerfile_user(dockerfile: &str) -> Option<&str> {
    let mut user = None;
    for line in dockerfile.lines() {
        let mut words = line.split_whitespace();
        match words.next().map(str::to_ascii_uppercase).as_deref() {
            Some("FROM") => user = None,
            Some("USER") => user = words.next(),
            _ => {}
        }
    }
    user
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_is_the_whole_value() {
        assert_eq!(reference("${SET}"), Some(("SET", None)));
        assert_eq!(reference("${UNSET:-a:-b}"), Some(("UNSET", Some("a:-b"))));
        assert_eq!(reference("${UNSET:-}"), Some(("UNSET", Some(""))));
        for text in ["pre-${SET}", "${}", "${A B}", "$SET", "${SET"] {
            assert_eq!(reference(text), None, "{text}");
        }
    }

    #[test]
    fn older_sizes_are_read() {
        assert_eq!(mebibytes("2G"), Some(2048));
        assert_eq!(mebibytes("512m"), Some(512));
        assert_eq!(mebibytes("1.5GiB"), Some(1536));
        assert_eq!(mebibytes("1500K"), Some(2));
        for wrong in ["", "G", "2", "-1G", "nanG", "2X", "1e300T"] {
            assert_eq!(mebibytes(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn only_leading_canary_comments_go() {
        assert_eq!(without_canary("# a Canary 1\n<!-- canary 2 -->\r\n\n \nDo it.\n"), "Do it.\n");
        assert_eq!(without_canary("\nDo it.\n# canary\n"), "\nDo it.\n# canary\n");
        assert_eq!(without_canary("# Title\nThe canary sings.\n"), "# Title\nThe canary sings.\n");
        assert_eq!(without_canary("# canary"), "");
    }

    #[test]
    fn the_last_stage_decides_the_user() {
        assert_eq!(dockerfile_user("FROM a\nUSER build\nFROM b\nRUN x\nuser app\n"), Some("app"));
        assert_eq!(dockerfile_user("FROM a\nUSER build\nFROM b\n"), None);
    }
}
