//! A service of a task beside the container that agents work in.

use std::{collections::BTreeMap, path::PathBuf};

use serde::{Deserialize, Serialize};
use vocabulary::{HealthCheck, ImageSource, Limits};

/// A container of its own in the task's network, the same in every arm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Service {
    /// What the compose file calls it.
    pub name: String,
    /// What it calls itself.
    pub hostname: String,
    /// What the task's other containers call it, its name among them.
    pub names: Vec<String>,
    /// Its image.
    pub image: ImageSource,
    /// In the place of the image's entrypoint, and then of its command too.
    pub entrypoint: Option<Vec<String>>,
    /// In the place of the image's command.
    pub command: Option<Vec<String>>,
    /// Environment, over that of the image.
    pub env: BTreeMap<String, String>,
    /// Working directory; `None` is the image's.
    pub workdir: Option<String>,
    /// Its user; `None` is the image's.
    pub user: Option<String>,
    /// When it counts as healthy.
    pub health: Health,
    /// What has to be reached before it starts.
    pub needs: Vec<Need>,
    /// Whether another container waits until it has ended well.
    pub ends: bool,
    /// Whether another container waits until it is healthy.
    pub asked: bool,
    /// Whether it says that it listens where names are asked for: the container's own DNS would stand in its way.
    pub tells_names: bool,
    /// When it is started again.
    pub restart: Restart,
    /// CPUs; `None` is as many as the task's.
    pub cpus: Option<f64>,
    /// Memory in MiB; `None` is as much as the task's.
    pub memory_mb: Option<u64>,
    /// Files and folders of the task, and where the container has a copy of them.
    pub files: Vec<(PathBuf, String)>,
}

impl Service {
    /// What it may use of memory, in MiB, where the task may use so much.
    pub fn memory_mb(&self, limits: &Limits) -> u64 {
        self.memory_mb.unwrap_or(limits.memory_mb)
    }

    /// What it may use of CPUs, where the task may use so many.
    pub fn cpus(&self, limits: &Limits) -> f64 {
        self.cpus.unwrap_or(limits.cpus)
    }
}

/// When a container counts as healthy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// As its image says, if it does.
    OfImage,
    /// It is never asked.
    Unasked,
    /// When this succeeds.
    Check(HealthCheck),
}

impl Health {
    /// What is asked. `of_image`: what the image says.
    pub fn check<'c>(&'c self, of_image: Option<&'c HealthCheck>) -> Option<&'c HealthCheck> {
        match self {
            Self::OfImage => of_image,
            Self::Unasked => None,
            Self::Check(check) => Some(check),
        }
    }
}

/// What a service waits for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Need {
    /// Another service.
    pub service: String,
    /// What that is to reach.
    pub until: Until,
}

/// What a service is to reach before another starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Until {
    /// It was started.
    Started,
    /// It is healthy.
    Healthy,
    /// It has ended without a failure.
    Completed,
}

/// When a service whose program ended is started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Restart {
    /// Never.
    No,
    /// If it failed.
    OnFailure,
    /// Whatever it ended with.
    Always,
}
