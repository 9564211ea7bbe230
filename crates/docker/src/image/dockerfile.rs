//! What a Dockerfile builds upon.

use std::collections::HashMap;

/// The images named in `FROM` and `COPY --from`, in order, without stages of the same file and `scratch`. What
/// cannot be resolved without building (an argument without a default) is left out.
pub(super) fn bases(dockerfile: &str) -> Vec<String> {
    let mut arguments = HashMap::new();
    let mut stages: Vec<String> = Vec::new();
    let mut found: Vec<String> = Vec::new();
    for line in logical_lines(dockerfile) {
        let mut words = line.split_whitespace();
        let instruction = words.next().unwrap_or_default().to_ascii_uppercase();
        let image = match instruction.as_str() {
            "ARG" if stages.is_empty() => {
                for word in words {
                    if let Some((name, value)) = word.split_once('=') {
                        arguments.insert(name.to_owned(), value.trim_matches(['"', '\'']).to_owned());
                    }
                }
                continue;
            }
            "FROM" => {
                let rest: Vec<&str> = words.skip_while(|word| word.starts_with("--")).collect();
                let image = rest.first().map(|image| resolve(image, &arguments)).unwrap_or_default();
                let fresh = !stages.contains(&image.to_lowercase());
                stages.push(rest.get(2).map_or_else(|| stages.len().to_string(), |name| name.to_lowercase()));
                if fresh { image } else { continue }
            }
            "COPY" => match words.find_map(|word| word.strip_prefix("--from=")) {
                Some(source)
                    if !stages.contains(&source.to_lowercase()) && source.parse::<u32>().is_err() =>
                {
                    source.to_owned()
                }
                _ => continue,
            },
            _ => continue,
        };
        if !image.is_empty() && image != "scratch" && !image.contains('$') && !found.contains(&image) {
            found.push(image);
        }
    }
    found
}

/// Lines without comments, with what a backslash continues put together.
fn logical_lines(text: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut open = String::new();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with('#')) {
        match line.strip_suffix('\\') {
            Some(start) => {
                open.push_str(start);
                open.push(' ');
            }
            None => {
                open.push_str(line);
                lines.push(std::mem::take(&mut open));
            }
        }
    }
    lines.push(open);
    lines
}

/// Puts arguments in place of `$NAME`, `${NAME}` and `${NAME:-default}`.
fn resolve(text: &str, arguments: &HashMap<String, String>) -> String {
    let Some((before, after)) = text.split_once('$') else { return text.to_owned() };
    let (reference, rest) = match after.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
        Some(pair) => pair,
        None => {
            let end = after.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(after.len());
            after.split_at(end)
        }
    };
    let (name, default) = reference.split_once(":-").map_or((reference, None), |(name, d)| (name, Some(d)));
    match arguments.get(name).map(String::as_str).or(default) {
        Some(value) => format!("{before}{value}{}", resolve(rest, arguments)),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_found_and_stages_are_not() {
        let dockerfile = "# syntax=x\nARG TAG=1\nARG REPO=\"over/base\"\nFROM --platform=linux/amd64 \\\n  ${REPO}:$TAG AS Build\n\
            RUN true\nFROM build\nfrom ${OTHER:-debian:12}\nCOPY --from=Build /a /b\nCOPY --from=0 /a /b\n\
            COPY --from=tools:2 /c /d\nFROM scratch\nFROM $UNKNOWN\nFROM debian:12";
        assert_eq!(bases(dockerfile), ["over/base:1", "debian:12", "tools:2"]);
        assert_eq!(bases(""), Vec::<String>::new());
        assert_eq!(bases("FROM"), Vec::<String>::new());
    }

    proptest::proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "(?s)(FROM|ARG|COPY|[ $:={}a-z\\\\\n-]){0,40}") {
            bases(&text);
        }
    }
}
