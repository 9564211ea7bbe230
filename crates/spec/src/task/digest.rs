//! A task's digest: what a trial was about, to the byte.

use std::{io, os::unix::fs::PermissionsExt, path::Path};

use sha2::{Digest, Sha256};
use walkdir::WalkDir;

/// SHA-256, in lower-case hexadecimal, over one line per file, sorted by path:
/// path, SHA-256 of the content, size in bytes, and `x` or `-` for the owner's execute bit.
/// A symbolic link counts as its target's text, with `l` for the bit. `.git` is left out, and so is the folder of variants that cannot be solved: they are other tasks.
pub(super) fn of(dir: &Path) -> io::Result<String> {
    let mut manifest = Sha256::new();
    let entries = WalkDir::new(dir).sort_by_file_name().into_iter();
    let mut lines = Vec::new();
    let is_variants = |entry: &walkdir::DirEntry| entry.depth() == 1 && entry.file_name() == "impossible";
    for entry in entries.filter_entry(|entry| entry.file_name() != ".git" && !is_variants(entry)) {
        let entry = entry?;
        let kind = entry.file_type();
        let (content, bit) = if kind.is_symlink() {
            (fs_err::read_link(entry.path())?.into_os_string().into_encoded_bytes(), 'l')
        } else if kind.is_file() {
            let executable = entry.metadata()?.permissions().mode() & 0o100 != 0;
            (fs_err::read(entry.path())?, if executable { 'x' } else { '-' })
        } else {
            continue;
        };
        let path = entry.path().strip_prefix(dir).unwrap_or(entry.path());
        // The length in front keeps a newline in a path from passing for a second line.
        let path = path.as_os_str().as_encoded_bytes();
        let mut line = format!("{} ", path.len()).into_bytes();
        line.extend(path);
        line.extend(format!(" {} {} {bit}\n", hex(&Sha256::digest(&content)), content.len()).bytes());
        lines.push((path.to_vec(), line));
    }
    lines.sort();
    lines.iter().for_each(|(_, line)| manifest.update(line));
    Ok(hex(&manifest.finalize()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
