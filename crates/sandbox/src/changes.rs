//! What programs changed in a container, as far as it can be listed.

use std::{collections::HashSet, path::Path};

/// What differs in a container from its image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// By path.
    pub listed: Vec<Change>,
    /// Whether that is all.
    pub complete: bool,
}

/// One path that differs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// Absolute, in the container.
    pub path: String,
    /// How it differs.
    pub kind: ChangeKind,
}

/// How a path differs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChangeKind {
    /// Its content or its properties.
    Changed,
    /// The image does not have it.
    Added,
    /// Only the image has it.
    Deleted,
}

impl ChangeKind {
    /// `~` changed, `+` added, `-` deleted.
    pub fn sign(self) -> char {
        match self {
            Self::Changed => '~',
            Self::Added => '+',
            Self::Deleted => '-',
        }
    }
}

impl Changes {
    /// Leaves what programs changed: an engine calls it with the places it fills itself. A folder changes with each
    /// thing in it, so that one which is told by its content is left out.
    #[must_use]
    pub fn by_programs(mut self, places: &[&str]) -> Self {
        let told: HashSet<String> = self
            .listed
            .iter()
            .flat_map(|change| Path::new(&change.path).ancestors().skip(1))
            .map(|folder| folder.to_string_lossy().into_owned())
            .collect();
        self.listed.retain(|change| {
            let ours = places.iter().any(|place| Path::new(&change.path).starts_with(place));
            let by_content = change.kind == ChangeKind::Changed && told.contains(&change.path);
            !ours && !by_content
        });
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_engine_put_there_and_folders_around_it_are_not_the_programs() {
        let kind = |sign: &str| match sign {
            "~" => ChangeKind::Changed,
            "+" => ChangeKind::Added,
            _ => ChangeKind::Deleted,
        };
        let changes = |lines: &str| Changes {
            listed: lines
                .split(' ')
                .map(|line| Change { path: line[1..].into(), kind: kind(&line[..1]) })
                .collect(),
            complete: true,
        };
        let all =
            "~/etc ~/etc/hosts ~/usr ~/usr/bin -/usr/bin/gcc +/opt +/opt/overhang ~/dev +/dev/shm/x ~/srv";
        assert_eq!(
            changes(all).by_programs(&["/etc/hosts", "/dev", "/opt/overhang"]),
            changes("-/usr/bin/gcc +/opt ~/srv")
        );
    }
}
