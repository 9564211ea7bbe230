//! Edits as text, for a harness whose model has no tools: the files that the solution's script writes whole.
//!
//! Such a model can run nothing. Where the script does more than write files, the edits alone do not solve the task,
//! as they would not for a real model.

use dialect::neutral::StopReason;
use serde_json::json;

use super::{
    Brief, Turn,
    fate::fate,
    place::{self, Place, Position},
};

/// All edits in one answer, each in the form of the template, and nothing in those that follow it.
pub(super) fn turn(brief: &Brief, form: &str, limit: Option<u64>, place: &Place) -> Turn {
    let id = place::id(Position::default(), limit);
    if place.last.is_some() {
        return Turn::say(format!("Nothing is left to change ({id})."), StopReason::End);
    }
    let script = fate(brief).files().into_iter().flatten().find(|file| file.path == "solve.sh");
    let script = script.map_or("".into(), |file| String::from_utf8_lossy(&file.content));
    let mut said = format!("These are the changes ({id}).\n");
    for (path, content) in written(&script) {
        // What cannot be written is not played; `overhang harness check` tells why.
        if let Ok(edit) = spec::template::render(form, json!({ "path": path, "content": content })) {
            said += &format!("\n{edit}\n");
        }
    }
    Turn::say(said, StopReason::End)
}

/// Path and content of each file that a script writes by `cat > PATH <<'END'`, in its order.
fn written(script: &str) -> Vec<(&str, String)> {
    let mut files = Vec::new();
    let mut lines = script.lines();
    while let Some(line) = lines.next() {
        let Some((path, end)) = line.strip_prefix("cat > ").and_then(|rest| rest.split_once(" <<")) else {
            continue;
        };
        // Unquoted, the shell would change the content.
        let Some(end) = ['\'', '"'].iter().find_map(|quote| end.strip_prefix(*quote)?.strip_suffix(*quote))
        else {
            continue;
        };
        let content =
            lines.by_ref().take_while(|line| *line != end).fold(String::new(), |all, line| all + line + "\n");
        files.push((path, content));
    }
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_files_written_as_they_stand_are_edits() {
        let script = "set -e\ncat > a/b.c <<'END'\nint x;\n\nEND\ncat > unquoted <<END\n$x\nEND\n\
                      make\ncat > last <<\"E\"\none\nE\n";
        let files = [("a/b.c", "int x;\n\n".to_owned()), ("last", "one\n".to_owned())];
        assert_eq!(written(script), files);
        assert_eq!(written("cat > cut <<'END'\nno end"), [("cut", "no end\n".to_owned())]);
    }
}
