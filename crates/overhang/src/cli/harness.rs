//! `overhang harness …`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::try_task::OneTrialArgs;
use crate::exit::Exit;

#[derive(Debug, Subcommand)]
pub(crate) enum HarnessCommand {
    /// Make the folder of a new harness, to be filled in.
    #[command(
        after_help = "Examples:\n  overhang harness new pi --npm @earendil-works/pi-coding-agent@0.87.1\n  overhang harness new mini-swe-agent --pypi mini-swe-agent==2.4.6\n\nWhat says FILL IN is yours; build, check and try refuse the harness until none is left."
    )]
    New(HarnessNewArgs),
    /// Build packs: pinned, hashed, mounted read-only into trials.
    Build {
        /// Harnesses; all of them when none is named.
        names: Vec<String>,
    },
    /// List harnesses: version, dialects, pack, and when this machine last checked it.
    List {
        /// As one JSON object, for programs.
        #[arg(long)]
        json: bool,
    },
    /// Check that a harness does what its harness.toml declares: real containers, no key, no internet.
    #[command(
        after_help = format!("Ten or eleven small trials are run against a provider that follows a script. Each check is pass, FAIL or n/a with its reason; a failure names the line of harness.toml to mend. {}\n\nExamples:\n  overhang harness check claude-code\n  overhang harness check --all --json > checks.json", Exit::meanings(&[(Exit::Done, "none fails"), (Exit::Failed, "one fails")]))
    )]
    Check(HarnessCheckArgs),
    /// Open a shell in a container as a trial's: the pack mounted, the files written, the gateway up.
    #[command(
        after_help = "The shell is the task's user's, with the harness's environment; `bash ~/.overhang-start` starts the harness as a trial would. Without a terminal, commands are read from standard input. The container goes when the shell ends.\n\nExamples:\n  overhang harness shell codex\n  overhang harness shell opencode --task fix/last-lines --user nobody\n  echo 'bash ~/.overhang-start' | overhang harness shell pi --task fix/last-lines\n\nExit code: the shell's."
    )]
    Shell(HarnessShellArgs),
}

#[derive(Args, Debug)]
pub(crate) struct HarnessShellArgs {
    /// The harness.
    pub(crate) name: String,
    /// The task, as FAMILY/NAME or its directory; without it, an empty one in the plain base image.
    #[arg(long, value_name = "TASK")]
    pub(crate) task: Option<String>,
    /// The user, as the container has it; without it the task's.
    #[arg(long, value_name = "USER")]
    pub(crate) user: Option<String>,
    #[command(flatten)]
    pub(crate) trial: OneTrialArgs,
}

#[derive(Args, Debug)]
pub(crate) struct HarnessNewArgs {
    /// The harness, and its folder below harnesses/.
    pub(crate) name: String,
    #[command(flatten)]
    pub(crate) from: Installed,
}

/// Where it is installed from.
#[derive(Args, Debug)]
#[group(required = true, multiple = false)]
pub(crate) struct Installed {
    /// It is an npm package: the pack gets it and a Node of its own.
    #[arg(long, value_name = "PACKAGE@VERSION", value_parser = npm)]
    pub(crate) npm: Option<Package>,
    /// It is a PyPI package: the pack gets it and a Python of its own.
    #[arg(long, value_name = "PACKAGE==VERSION", value_parser = pypi)]
    pub(crate) pypi: Option<Package>,
    /// It is a program to be downloaded, checked by its hash.
    #[arg(long)]
    pub(crate) binary: bool,
}

/// A package and its exact version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Package {
    pub(crate) name: String,
    pub(crate) version: String,
}

#[derive(Args, Debug)]
pub(crate) struct HarnessCheckArgs {
    /// Play the odd answers of this folder, each against its plain form, instead of the usual checks.
    #[arg(long, value_name = "DIR")]
    pub(crate) corpus: Option<PathBuf>,
    /// Harnesses.
    #[arg(required_unless_present = "all")]
    pub(crate) names: Vec<String>,
    /// Every harness of the project.
    #[arg(long, conflicts_with = "names")]
    pub(crate) all: bool,
    /// As one JSON object, for programs.
    #[arg(long)]
    pub(crate) json: bool,
    /// Leave the trials' runs under runs/, one directory each, for `overhang show`.
    #[arg(long)]
    pub(crate) keep: bool,
}

fn npm(text: &str) -> Result<Package, String> {
    package(text, text.rsplit_once('@'), "PACKAGE@VERSION, as @openai/codex@0.169.0")
}

fn pypi(text: &str) -> Result<Package, String> {
    package(text, text.split_once("=="), "PACKAGE==VERSION, as mini-swe-agent==2.4.6")
}

/// Both parts go into files as they are: nothing in them may need quoting.
fn package(text: &str, parts: Option<(&str, &str)>, form: &str) -> Result<Package, String> {
    let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"@/._+-".contains(&b));
    parts
        .filter(|(name, version)| {
            !name.is_empty()
                && plain(name)
                && plain(version)
                && version.starts_with(|c: char| c.is_ascii_digit())
        })
        .map(|(name, version)| Package { name: name.to_owned(), version: version.to_owned() })
        .ok_or_else(|| format!("`{text}` is no package with its exact version: write {form}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_has_an_exact_version() {
        let package = |name: &str, version: &str| Ok(Package { name: name.into(), version: version.into() });
        assert_eq!(npm("@openai/codex@0.169.0"), package("@openai/codex", "0.169.0"));
        assert_eq!(pypi("aider-chat==0.86.2"), package("aider-chat", "0.86.2"));
        for wrong in ["codex", "@openai/codex", "@0.1", "codex@latest", "codex@^1", "a\"b@1"] {
            assert!(npm(wrong).is_err(), "{wrong}");
        }
        assert!(pypi("aider-chat>=0.86").is_err());
    }
}
