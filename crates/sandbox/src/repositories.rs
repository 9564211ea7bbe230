//! Git repositories in an image: what their history tells an agent.

use fs_err as fs;
use serde::{Deserialize, Serialize};
use wire::{End, ExecRequest};

use crate::{
    engine::Engine, error::EngineError, image::Image, labels::Labels, sandbox::Sandbox, start::StartSpec,
};

/// Finds every repository, bare ones too, and prints its commits, its unreachable objects, and where it is. Objects
/// are counted, not references: what no branch leads to can be read all the same.
const SCRIPT: &str = r#"
find / -xdev \( -path /proc -o -path /sys -o -path /.overhang \) -prune -o -type d -name objects -print 2>/dev/null |
while IFS= read -r objects; do
    dir=${objects%/objects}
    [ -f "$dir/HEAD" ] && [ -d "$dir/refs" ] || continue
    if ! command -v git >/dev/null; then echo "? ? $dir"; continue; fi
    commits=$(git --git-dir="$dir" cat-file --batch-all-objects --batch-check='%(objecttype)' 2>/dev/null | grep -c '^commit$')
    lost=$(git --git-dir="$dir" fsck --unreachable --no-reflogs --no-progress 2>/dev/null | grep -c '^unreachable')
    echo "$commits $lost $dir"
done
"#;

/// A git repository in an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Repository {
    /// Its directory, that of `HEAD`.
    pub path: String,
    /// Commits among its objects; `None` when the image has no git to read it with.
    pub commits: Option<u64>,
    /// Objects that no reference leads to.
    pub unreachable: Option<u64>,
}

impl Repository {
    /// What it tells that a task without a history must not tell; `None` when it is one commit and nothing else.
    pub fn tells(&self) -> Option<String> {
        let Self { path, commits, unreachable } = self;
        match (commits, unreachable) {
            (Some(0 | 1), Some(0)) => None,
            (Some(commits), Some(lost)) => {
                Some(format!("the repository {path} has {commits} commits and {lost} unreachable objects"))
            }
            _ => Some(format!("the repository {path} cannot be read: the image has no git")),
        }
    }
}

/// The git repositories in an image. Looked for once for each image of an engine.
///
/// # Errors
/// If no container can be started from it.
pub async fn repositories(engine: &dyn Engine, image: &Image) -> Result<Vec<Repository>, EngineError> {
    let folder = engine.data().repositories();
    let file = folder.join(image.id.trim_start_matches("sha256:"));
    if let Some(known) = fs::read(&file).ok().and_then(|text| serde_json::from_slice(&text).ok()) {
        return Ok(known);
    }
    let sandbox = engine.start(spec(image)).await?;
    let listed = list(sandbox.as_ref()).await;
    sandbox.remove().await?;
    let found = listed?;
    fs::create_dir_all(&folder)?;
    let mut part = tempfile::NamedTempFile::new_in(&folder)?;
    serde_json::to_writer(&mut part, &found).map_err(std::io::Error::other)?;
    part.persist(&file).map_err(|error| error.error)?;
    Ok(found)
}

async fn list(sandbox: &dyn Sandbox) -> Result<Vec<Repository>, EngineError> {
    let lost =
        |reason: String| EngineError::Lost { what: "a container that looks for repositories".into(), reason };
    let mut request = ExecRequest::new(["sh", "-c", SCRIPT]);
    request.env.push((b"PATH".to_vec(), b"/usr/local/bin:/usr/bin:/bin".to_vec()));
    let outcome = sandbox.guest().exec(request).await.map_err(|error| lost(error.to_string()))?;
    match outcome.end {
        End::Exited(0) => {
            Ok(String::from_utf8_lossy(&outcome.stdout.kept()).lines().filter_map(parse).collect())
        }
        // An image without a shell or without `find` gives agents no repository to read.
        End::Exited(127) | End::NotStarted { .. } => Ok(Vec::new()),
        end => Err(lost(end.to_string())),
    }
}

fn parse(line: &str) -> Option<Repository> {
    let mut words = line.splitn(3, ' ');
    let (commits, unreachable) = (words.next()?.parse().ok(), words.next()?.parse().ok());
    Some(Repository { path: words.next()?.to_owned(), commits, unreachable })
}

fn spec(image: &Image) -> StartSpec {
    let labels = Labels { run: "images".into(), trial: "repositories".into() };
    StartSpec::new(&image.id, "repositories", labels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_commit_and_nothing_lost_tells_nothing() {
        assert_eq!(parse("1 0 /app/my repo/.git").unwrap().tells(), None);
        assert_eq!(parse("0 0 /app/.git").unwrap().tells(), None);
        assert!(parse("2 0 /app/.git").unwrap().tells().unwrap().contains("2 commits"));
        assert!(parse("1 3 /app/.git").unwrap().tells().unwrap().contains("3 unreachable"));
        assert!(parse("? ? /app/.git").unwrap().tells().unwrap().contains("no git"));
    }
}
