//! A container that runs one command to its end, without a guest: what packs are built and checked in.

use std::{collections::HashMap, path::PathBuf, time::Duration};

use crate::{labels::Labels, start::Network};

/// A command and the container it runs in.
#[derive(Clone, Debug)]
pub struct Job<'a> {
    /// Name of an image that can be started from.
    pub image: &'a str,
    /// Part of the container's name, for people.
    pub name: String,
    /// What it is for.
    pub labels: Labels,
    /// Program and arguments, in place of the image's own.
    pub command: Vec<String>,
    /// Environment, over that of the image.
    pub env: HashMap<String, String>,
    /// Working directory, absolute.
    pub workdir: String,
    /// User and group id, as `1:1`.
    pub user: String,
    /// Files and directories of this machine that it reads.
    pub reads: Vec<LocalFile>,
    /// An empty directory of this machine that it fills; what is in it afterwards belongs to `user`.
    pub fills: Option<LocalFile>,
    /// What it can reach.
    pub network: Network,
    /// How long it may take.
    pub limit: Duration,
}

/// A file or directory of this machine, and where a container finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalFile {
    /// On this machine; absolute, without links, and there.
    pub path: PathBuf,
    /// In the container, absolute.
    pub at: String,
}

/// How a job ended.
#[derive(Clone, Debug)]
pub struct Ended {
    /// Exit code; `None` when the time was up.
    pub code: Option<i64>,
    /// Standard output and error as they came, the end of it.
    pub output: String,
}
