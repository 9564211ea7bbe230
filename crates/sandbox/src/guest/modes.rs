//! The modes of what is put into a container.

use std::path::Path;

/// The modes that a directory of the host's is put with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Modes {
    /// Its own.
    Kept,
    /// Its own, and everybody may read everything, and run what its owner may. The file of this name, directly below,
    /// everybody may run.
    Readable {
        /// The file's name.
        program: &'static str,
    },
}

impl Modes {
    /// The mode of what has this path below the directory.
    pub(super) fn of(self, below: &Path, mode: u32, is_directory: bool) -> u32 {
        match self {
            Self::Kept => mode,
            Self::Readable { program } => {
                let runs = is_directory || mode & 0o100 != 0 || below == Path::new(program);
                mode | 0o444 | if runs { 0o111 } else { 0 }
            }
        }
    }
}
