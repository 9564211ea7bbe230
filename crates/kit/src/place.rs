//! Which line of a `harness.toml` is to be mended.

use std::path::Path;

use spec::{FileError, Harness};

use crate::report::Finding;

/// The finding at a key of the harness's file; at its nearest parent when there is no such key.
pub(crate) fn finding(file: &Path, key: &[String], message: &str, help: &str) -> Finding {
    let path: Vec<&str> = key.iter().map(String::as_str).collect();
    let error = FileError::at_key(file, &path, message, help.to_owned());
    let problem = error.problems.first();
    let line = problem.and_then(|problem| error.position(problem)).map(|(line, _)| line);
    let key = problem.map(|problem| problem.key.clone()).unwrap_or_default();
    Finding { file: file.to_owned(), key, line, help: help.to_owned(), error: Some(error) }
}

/// The key of the first template that uses a variable; `run` when none does.
pub(crate) fn of_variable(harness: &Harness, folder: &Path, variable: &str) -> Vec<String> {
    let run = &harness.run;
    let uses = |template: &str| uses(template, variable);
    let key = |parts: &[&str]| parts.iter().map(|part| (*part).to_owned()).collect();
    if let Some((name, _)) = run.env.iter().find(|(_, template)| uses(template)) {
        return key(&["run", "env", name]);
    }
    let in_file = |file: &str| fs_err::read_to_string(folder.join(file)).is_ok_and(|text| uses(&text));
    if let Some((target, _)) = run.files.iter().find(|(_, file)| in_file(file)) {
        return key(&["run", "files", target]);
    }
    let lists = [
        ("command", &run.command),
        ("prompt_arguments", &run.prompt_arguments),
        ("last_arguments", &run.last_arguments),
    ];
    for (name, list) in lists {
        if let Some(index) = list.iter().position(|template| uses(template)) {
            return key(&["run", name, &index.to_string()]);
        }
    }
    if run.stdin.as_deref().is_some_and(uses) { key(&["run", "stdin"]) } else { key(&["run"]) }
}

/// Whether a template names a variable: as a word, within `{{ … }}` or `{% … %}`.
fn uses(template: &str, variable: &str) -> bool {
    let word = |c: char| !(c.is_alphanumeric() || c == '_');
    let inside = |(open, close): (&str, &str)| {
        template.split(open).skip(1).any(|part| {
            part.split(close).next().is_some_and(|inner| inner.split(word).any(|one| one == variable))
        })
    };
    [("{{", "}}"), ("{%", "%}")].into_iter().any(inside)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_a_whole_word_within_a_template() {
        assert!(uses("{{ gateway }}/v1", "gateway"));
        assert!(uses("{% if prompt %}x{% endif %}", "prompt"));
        assert!(!uses("{{ prompt_file }}", "prompt"));
        assert!(!uses("gateway", "gateway"));
    }
}
