//! What folders hold: a tree, read from its indentation and summed.

use std::{
    cmp::Reverse,
    collections::BTreeMap,
    fmt::{self, Write},
};

use super::{Place, Program, place};
use crate::draw::Draw;

const DEDENT: usize = 0;
const BELOW: usize = 1;
const COUNT: usize = 2;
const HIDDEN: usize = 3;
const BLOCKS: usize = 4;
const ORDER: usize = 5;
const EMPTY: usize = 6;
const DEPTH: usize = 7;

const BLOCK: u64 = 4096;
/// Folders within folders, at most.
const DEEPEST: usize = 6;

pub(super) struct Sizes;

/// A line of a listing.
pub(super) struct Entry {
    depth: usize,
    name: String,
    /// Bytes of a file; `None` for a folder.
    size: Option<u64>,
}

impl Program for Sizes {
    type Input = Vec<Entry>;
    const NAME: &'static str = "sizes";
    const LANGUAGES: &'static [&'static str] = &["python"];
    const DOES: &'static str = "tells what folders hold";
    const INSTRUCTION: &'static str = include_str!("../../../templates/fix/sizes/instruction.md");
    const README: &'static str = include_str!("../../../templates/fix/sizes/README");
    const TEXT: &'static str = include_str!("../../../templates/fix/sizes/program");
    const PLACES: [Place; 8] = [
        place("dedent", "while", "if"),
        place("below", "not name.startswith(\".\")", "True"),
        place("count", "count", "1"),
        place("hidden", "not name.startswith(\".\")", "not name.startswith(\"..\")"),
        place("blocks", "-(-inside // BLOCK)", "inside // BLOCK + 1"),
        place("order", "(-row[1], row[0])", "(-row[2], row[0])"),
        place("empty", "files", "folder[name]"),
        place("depth", "2", "3"),
    ];

    fn inputs(draw: &mut Draw) -> Vec<Vec<Entry>> {
        [0, 4, 20, 60, 150].iter().map(|count| listing(*count, draw)).collect()
    }

    fn text(listing: &Vec<Entry>) -> String {
        let line = |entry: &Entry| {
            let size = entry.size.map_or_else(String::new, |size| format!(" {size}"));
            format!("{}{}{size}\n", "  ".repeat(entry.depth), entry.name)
        };
        listing.iter().map(line).collect()
    }

    fn output(listing: &Vec<Entry>, faults: &[usize]) -> String {
        let tree = Tree { folders: folders(listing, faults), faults };
        let mut text = String::new();
        let (blocks, files) = tree.held(0);
        // Text can always be written to.
        let _ = tree.show(0, 0, &mut text);
        let _ = writeln!(text, "total {blocks} blocks, {files} files");
        text
    }
}

/// What is in a folder, by name.
#[derive(Clone, Copy)]
enum Inside {
    File(u64),
    /// Its place among the folders.
    Folder(usize),
}

type Folder<'l> = BTreeMap<&'l str, Inside>;

/// The folders of a listing, the whole of it first.
fn folders<'l>(listing: &'l [Entry], faults: &[usize]) -> Vec<Folder<'l>> {
    let mut folders = vec![Folder::new()];
    let mut open = vec![0];
    for entry in listing {
        if faults.contains(&DEDENT) {
            open.truncate((open.len() - 1).max(entry.depth + 1));
        } else {
            open.truncate(entry.depth + 1);
        }
        let inside = match entry.size {
            Some(size) => Inside::File(size),
            None => Inside::Folder(folders.len()),
        };
        if let Some(folder) = open.last().and_then(|at| folders.get_mut(*at)) {
            folder.insert(&entry.name, inside);
        }
        if let Inside::Folder(at) = inside {
            folders.push(Folder::new());
            open.push(at);
        }
    }
    folders
}

struct Tree<'l> {
    folders: Vec<Folder<'l>>,
    faults: &'l [usize],
}

impl Tree<'_> {
    fn has(&self, fault: usize) -> bool {
        self.faults.contains(&fault)
    }

    /// Blocks and files of a folder.
    fn held(&self, folder: usize) -> (u64, u64) {
        let (mut blocks, mut files) = (0, 0);
        for (name, inside) in &self.folders[folder] {
            let hidden = name.starts_with('.');
            match *inside {
                Inside::Folder(at) if !hidden || self.has(BELOW) => {
                    let (more, count) = self.held(at);
                    blocks += more;
                    files += if self.has(COUNT) { 1 } else { count };
                }
                Inside::File(size) if !hidden || self.has(HIDDEN) => {
                    blocks += if self.has(BLOCKS) { size / BLOCK + 1 } else { size.div_ceil(BLOCK) };
                    files += 1;
                }
                Inside::Folder(_) | Inside::File(_) => {}
            }
        }
        (blocks, files)
    }

    fn show(&self, folder: usize, depth: usize, text: &mut String) -> fmt::Result {
        let shown = self.folders[folder].iter().filter(|(name, _)| !name.starts_with('.'));
        let mut rows: Vec<_> = shown
            .filter_map(|(name, inside)| match *inside {
                Inside::Folder(at) => Some((*name, at, self.held(at))),
                Inside::File(_) => None,
            })
            .collect();
        rows.sort_by_key(|(name, _, (blocks, files))| {
            (Reverse(if self.has(ORDER) { *files } else { *blocks }), *name)
        });
        for (name, at, (blocks, files)) in rows {
            if files > 0 || (self.has(EMPTY) && !self.folders[at].is_empty()) {
                writeln!(text, "{}{name} {blocks} blocks, {files} files", "  ".repeat(depth))?;
                if depth < if self.has(DEPTH) { 3 } else { 2 } {
                    self.show(at, depth + 1, text)?;
                }
            }
        }
        Ok(())
    }
}

fn listing(count: usize, draw: &mut Draw) -> Vec<Entry> {
    let words = ["photos", "letters", "music", "old", "drafts", "tmp", "cache", "plans"];
    let mut deepest = 0;
    let entry = |at: usize, draw: &mut Draw| {
        let depth = if draw.percent(35) { draw.below(deepest + 1) } else { deepest };
        let dot = if draw.percent(14) { "." } else { "" };
        let name = format!("{dot}{}{at}", draw.one(&words));
        if depth < DEEPEST && draw.percent(38) {
            deepest = depth + 1;
            return Entry { depth, name: name + "/", size: None };
        }
        deepest = depth;
        let size = match draw.below(4) {
            0 => draw.between(0, 3).unsigned_abs() * BLOCK,
            _ => draw.between(1, 40_000).unsigned_abs(),
        };
        Entry { depth, name, size: Some(size) }
    };
    let mut entry = entry;
    (0..count).map(|at| entry(at, draw)).collect()
}
