//! Two collected workspaces, compared.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use schemars::JsonSchema;
use serde::Serialize;
use similar::TextDiff;

/// Largest file whose difference is shown line by line, in bytes: larger ones are only said to differ.
const FILE_LIMIT: usize = 1 << 20;

/// Most lines shown of one file's difference.
const LINES: usize = 200;

/// One path that differs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Change {
    /// The path in the workspace; bytes that are no UTF-8 are replaced.
    pub path: String,
    /// A unified diff, or what can be said of a file that is large or no text.
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

/// Content by path, of links their target: in place where it stands in the archive, since workspaces can be large.
fn files(archive: &[u8]) -> Result<BTreeMap<String, Cow<'_, [u8]>>, WorkspaceError> {
    let mut files = BTreeMap::new();
    for entry in tar::Archive::new(archive).entries()? {
        let entry = entry?;
        let path = String::from_utf8_lossy(&entry.path_bytes()).into_owned();
        let kind = entry.header().entry_type();
        if kind.is_dir() {
            continue;
        }
        let content = if kind.is_file() {
            let place = |offset: u64| usize::try_from(offset).map_err(std::io::Error::other);
            let start = place(entry.raw_file_position())?;
            let end = start.saturating_add(place(entry.size())?);
            Cow::Borrowed(
                archive
                    .get(start..end)
                    .ok_or(std::io::ErrorKind::UnexpectedEof)
                    .map_err(std::io::Error::from)?,
            )
        } else {
            let target = entry.link_name_bytes().unwrap_or_default();
            Cow::Owned([b"-> ", target.as_ref()].concat())
        };
        files.insert(path, content);
    }
    Ok(files)
}

fn difference(left: Option<&Cow<'_, [u8]>>, right: Option<&Cow<'_, [u8]>>, names: (&str, &str)) -> String {
    match (text(left), text(right)) {
        (Some(left), Some(right)) => {
            let diff = TextDiff::from_lines(left, right);
            let shown = diff.unified_diff().header(names.0, names.1).to_string();
            let mut lines: Vec<&str> = shown.lines().take(LINES + 1).collect();
            if lines.len() > LINES {
                lines[LINES] = "… cut here";
            }
            lines.join("\n") + "\n"
        }
        _ => {
            let size = |side: Option<&Cow<'_, [u8]>>| {
                side.map_or_else(|| "absent".to_owned(), |side| format!("{} bytes", side.len()))
            };
            format!("not shown: {} in {}, {} in {}\n", size(left), names.0, size(right), names.1)
        }
    }
}

/// A file's text, empty where there is none; `None` if it cannot be shown.
fn text<'a>(file: Option<&'a Cow<'_, [u8]>>) -> Option<&'a str> {
    let content = file.map_or(&[][..], |file| &**file);
    if content.len() > FILE_LIMIT { None } else { str::from_utf8(content).ok() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tar(content: &[u8]) -> Vec<u8> {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        let mut archive = tar::Builder::new(Vec::new());
        archive.append_data(&mut header, "file", content).unwrap();
        archive.into_inner().unwrap()
    }

    #[test]
    fn a_difference_beyond_what_is_shown_is_still_a_difference() {
        let (mut left, right) = (vec![b'a'; FILE_LIMIT + 1], vec![b'a'; FILE_LIMIT + 1]);
        left[FILE_LIMIT] = b'b';
        let found = changes(&tar(&left), &tar(&right), ("one", "two")).unwrap();
        assert_eq!(found[0].diff, "not shown: 1048577 bytes in one, 1048577 bytes in two\n");
        assert!(changes(&tar(&right), &tar(&right), ("one", "two")).unwrap().is_empty());
    }

    #[test]
    fn a_cut_archive_is_an_error() {
        let archive = tar(&[b'a'; 2000]);
        assert!(changes(&archive[..1000], &archive, ("one", "two")).is_err());
    }
}
