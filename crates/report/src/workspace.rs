//! Two collected workspaces, compared.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::Read,
};

use similar::TextDiff;

/// Most bytes of one file that are read for a comparison.
const FILE_LIMIT: u64 = 1 << 20;

/// Most lines shown of one file's difference.
const LINES: usize = 200;

/// One path that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The path in the workspace; bytes that are no UTF-8 are replaced.
    pub path: String,
    /// A unified diff, or what can be said of a file that is no text.
    pub diff: String,
}

/// Why an archive cannot be compared.
#[derive(Debug, thiserror::Error)]
#[error("the collected workspace cannot be read: {0}")]
pub struct WorkspaceError(#[from] std::io::Error);

/// What differs between two collected workspaces (tar archives), by path.
///
/// # Errors
/// When an archive cannot be read.
pub fn changes(left: &[u8], right: &[u8], names: (&str, &str)) -> Result<Vec<Change>, WorkspaceError> {
    let (left, right) = (files(left)?, files(right)?);
    let paths: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
    Ok(paths
        .into_iter()
        .filter(|path| left.get(*path) != right.get(*path))
        .map(|path| Change { path: path.clone(), diff: difference(left.get(path), right.get(path), names) })
        .collect())
}

fn files(archive: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, WorkspaceError> {
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(archive).entries()? {
        let entry = entry?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let kind = entry.header().entry_type();
        let mut content = Vec::new();
        if kind.is_file() {
            entry.take(FILE_LIMIT).read_to_end(&mut content)?;
        } else if kind.is_dir() {
            continue;
        } else if let Some(target) = entry.link_name_bytes() {
            content = [b"-> ", target.as_ref()].concat();
        }
        files.insert(path, content);
    }
    Ok(files)
}

fn difference(left: Option<&Vec<u8>>, right: Option<&Vec<u8>>, names: (&str, &str)) -> String {
    let text = |side: Option<&Vec<u8>>| String::from_utf8(side.cloned().unwrap_or_default()).ok();
    match (text(left), text(right)) {
        (Some(left), Some(right)) => {
            let diff = TextDiff::from_lines(&left, &right);
            let shown = diff.unified_diff().header(names.0, names.1).to_string();
            let mut lines: Vec<&str> = shown.lines().take(LINES + 1).collect();
            if lines.len() > LINES {
                lines[LINES] = "… cut here";
            }
            lines.join("\n") + "\n"
        }
        _ => {
            let size = |side: Option<&Vec<u8>>| {
                side.map_or_else(|| "absent".to_owned(), |side| format!("{} bytes", side.len()))
            };
            format!("not text: {} in {}, {} in {}\n", size(left), names.0, size(right), names.1)
        }
    }
}
