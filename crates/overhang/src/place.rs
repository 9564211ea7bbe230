//! Where trials outside any sweep lie: under runs/ to stay, or in a directory that is gone afterwards.

use std::path::{Path, PathBuf};

use spec::Project;

use crate::failure::Failure;

pub(crate) enum Place {
    /// Under runs/, to stay.
    Kept(PathBuf),
    /// Gone with this value.
    Temporary(tempfile::TempDir),
}

impl Place {
    /// `name` begins the directory's name.
    pub(crate) fn new(project: &Project, name: &str, keep: bool) -> Result<Self, Failure> {
        if keep {
            let now = jiff::Zoned::now().strftime("%Y%m%d-%H%M%S");
            return Ok(Self::Kept(project.root.join("runs").join(format!("{name}-{now}"))));
        }
        let folder = tempfile::Builder::new().prefix(&format!("overhang-{name}-")).tempdir();
        folder.map(Self::Temporary).map_err(Failure::other)
    }

    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(folder) => folder.path(),
        }
    }

    /// The directory, if it stays.
    pub(crate) fn kept(&self) -> Option<&Path> {
        match self {
            Self::Kept(path) => Some(path),
            Self::Temporary(_) => None,
        }
    }

    /// What is to be said of it beside its path.
    pub(crate) fn fate(&self) -> &'static str {
        match self {
            Self::Kept(_) => "",
            Self::Temporary(_) => ", which is removed at the end (--keep leaves it)",
        }
    }
}
