//! The small languages inside a compose file's values.

use std::path::{Component, Path, PathBuf};

use super::kinds::Spot;
use crate::{
    error::Kind,
    host::Found,
    task::{compose::FILE, env, reader::Reader},
    yaml::{Node, What},
};

/// Harbor's variable for the folder of the environment.
const CONTEXT: &str = "CONTEXT_DIR";

/// Where Harbor's other variables lead in the container. Those that name something of its host are empty here.
const PLACES: [(&str, &str); 3] = [
    ("ENV_VERIFIER_LOGS_PATH", "/logs/verifier"),
    ("ENV_AGENT_LOGS_PATH", "/logs/agent"),
    ("ENV_ARTIFACTS_PATH", "/logs/artifacts"),
];

/// Commands that only wait, as the one that Harbor gives every container.
const WAITING: [&str; 6] = ["sleep infinity", "tail -f /dev/null", "sh", "bash", "/bin/sh", "/bin/bash"];

impl Reader<'_, '_> {
    /// A path with the folder of the environment in the place of Harbor's variable for it.
    pub(super) fn in_folder(&self, path: &str, own: &Path) -> PathBuf {
        let name = format!("${{{CONTEXT}}}");
        PathBuf::from(path.replace(&name, &own.display().to_string()))
    }

    /// A path, with Harbor's variable for the folder of the environment filled in.
    pub(super) fn path(&mut self, at: &Spot, value: &Node, own: &Path) -> Option<PathBuf> {
        match value.text() {
            Some(path) => Some(self.in_folder(path, own)),
            None => {
                self.text(at, value);
                None
            }
        }
    }

    /// The program and its arguments: a list, or one text as a shell would split it. Nothing if nothing is said.
    pub(super) fn argv(&mut self, at: &Spot, value: &Node) -> Option<Vec<String>> {
        match &value.what {
            What::Null => None,
            What::Text(line) => {
                let line = self.filled(value.line, line);
                let words = words(&line);
                if words.is_none() {
                    self.wrong_compose(at, "a quote is not closed", None);
                }
                words
            }
            _ => Some(self.texts(at, value)),
        }
    }

    /// Variables of a container, and what they are. One without a value has the host's, or is not set.
    pub(super) fn environment_of(&mut self, at: &Spot, value: &Node) -> Vec<(String, String)> {
        let mut env = Vec::new();
        match &value.what {
            What::Map(pairs) => {
                for (name, value) in pairs {
                    let at = at.of(name, value);
                    let value = match &value.what {
                        What::Null => self.given(value.line, name),
                        What::Time => self.text(&at, value),
                        _ => match value.printed() {
                            Some(said) => Some(self.filled(value.line, &said)),
                            None => {
                                self.wrong_compose(
                                    &at,
                                    "it is to be a text, a number, a truth value or null",
                                    None,
                                );
                                None
                            }
                        },
                    };
                    env.extend(value.map(|value| (name.clone(), value)));
                }
            }
            What::List(_) => {
                for setting in self.texts(at, value) {
                    let pair = match setting.split_once('=') {
                        Some((name, value)) => Some((name.to_owned(), value.to_owned())),
                        None => self.given(value.line, &setting).map(|value| (setting, value)),
                    };
                    env.extend(pair);
                }
            }
            _ => self.wrong_compose(at, "it is to be a map, or a list of `NAME=VALUE`", None),
        }
        env
    }

    /// What this machine gives of a variable.
    fn given(&mut self, line: usize, name: &str) -> Option<String> {
        match self.host.find(name) {
            Found::Value(value) => Some(value),
            Found::Unset => None,
            Found::Withheld(why) => {
                let (message, help) = env::withheld(name, why);
                self.findings.whole(format!("`{FILE}:{line}`: {message}"), help);
                self.findings.of_kind(Kind::Lacking);
                None
            }
        }
    }

    /// A value with its variables filled in, as compose does: one that is not set is empty.
    pub(super) fn filled(&mut self, line: usize, value: &str) -> String {
        let mut out = String::new();
        let mut rest = value;
        while let Some((before, after)) = rest.split_once('$') {
            out.push_str(before);
            let next = after.chars().next();
            rest = match next {
                Some('$') => {
                    out.push('$');
                    &after[1..]
                }
                Some('{') => {
                    let Some((reference, next)) = braced(&after[1..]) else {
                        let spot = Spot { key: format!("${after}"), line };
                        self.wrong_compose(
                            &spot,
                            "nothing closes the brace",
                            "a `$` of its own is `$$`".to_owned(),
                        );
                        return String::new();
                    };
                    out.push_str(&self.referred(line, reference));
                    next
                }
                Some(one) if one.is_ascii_alphabetic() || one == '_' => {
                    let end = after.find(|one: char| !one.is_ascii_alphanumeric() && one != '_');
                    let (name, next) = after.split_at(end.unwrap_or(after.len()));
                    out.push_str(&self.referred(line, name));
                    next
                }
                // Before anything else it stands for itself.
                _ => {
                    out.push('$');
                    after
                }
            };
        }
        out + rest
    }

    /// What a reference stands for: a name, or a name and a default for one that is not set (`-`), or empty (`:-`).
    fn referred(&mut self, line: usize, reference: &str) -> String {
        let end = reference.find(|one: char| !one.is_ascii_alphanumeric() && one != '_');
        let (name, after) = reference.split_at(end.unwrap_or(reference.len()));
        let is_name = name.starts_with(|one: char| one.is_ascii_alphabetic() || one == '_');
        let default = after.strip_prefix(":-").or_else(|| after.strip_prefix('-'));
        if !is_name || reference.contains('$') || default.is_none() && !after.is_empty() {
            let spot = Spot { key: format!("${{{reference}}}"), line };
            let what = "of a variable, its name and a plain default are read, as `${NAME:-value}`";
            self.no_compose(&spot, what);
            return String::new();
        }
        let place = PLACES.iter().find(|(known, _)| *known == name).map(|(_, place)| (*place).to_owned());
        let given = place.or_else(|| match self.host.find(name) {
            // With a default nobody has to give it.
            Found::Withheld(_) if default.is_some() => None,
            _ => self.given(line, name),
        });
        let given = given.filter(|given| !(given.is_empty() && after.starts_with(':')));
        given.unwrap_or_else(|| default.unwrap_or_default().to_owned())
    }
}

/// What stands before the brace that closes one, and what behind; `None` if nothing closes it.
fn braced(text: &str) -> Option<(&str, &str)> {
    let mut depth = 1;
    for (at, one) in text.char_indices() {
        match one {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return Some((&text[..at], &text[at + 1..]));
        }
    }
    None
}

/// Whether a command does nothing but wait.
pub(super) fn only_waits(command: &Node) -> bool {
    let words = command.all_printed();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let said = match &*words {
        ["sh" | "bash" | "/bin/sh" | "/bin/bash", "-c", script] => script.trim().to_owned(),
        words => words.join(" "),
    };
    WAITING.contains(&said.as_str())
}

/// A path from a folder on, without `.` and `..`.
pub(super) fn plain(from: &Path, path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in from.join(path).components() {
        match part {
            Component::ParentDir => drop(out.pop()),
            Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}

/// The words of a line, as a shell splits it that expands nothing; nothing if a quote is left open.
fn words(line: &str) -> Option<Vec<String>> {
    let mut words = Vec::new();
    let mut word = None::<String>;
    let mut quote = None;
    let mut rest = line.chars();
    while let Some(one) = rest.next() {
        match (quote, one) {
            (None, '\'' | '"') => {
                quote = Some(one);
                word.get_or_insert_default();
            }
            (Some(open), one) if open == one => quote = None,
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(rest.next()),
            (None, one) if one.is_whitespace() => words.extend(word.take()),
            (_, one) => word.get_or_insert_default().push(one),
        }
    }
    words.extend(word);
    quote.is_none().then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_split_as_a_shell_would() {
        assert_eq!(words("a 'b c' \"d \\\" e\"\\ f  '' g").unwrap(), ["a", "b c", "d \" e f", "", "g"]);
        assert_eq!(words("  ").unwrap(), [""; 0]);
        assert_eq!(words("a 'b"), None);
    }
}
