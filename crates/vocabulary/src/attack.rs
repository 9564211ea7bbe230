//! Attacks on a task: ways to a score that do not do the work. Each is declared here once, with what it does and how a
//! task is mended that falls to it.

use std::{fmt, str::FromStr};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Declares the attacks: variant, written name, what it does, and how a task withstands it.
macro_rules! attacks {
    ($($variant:ident $name:literal $deed:literal $mend:literal;)*) => {
        /// The closed list of attacks that a task is played against, in their order.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum Attack {
            $(
                #[doc = $deed]
                #[serde(rename = $name)]
                $variant,
            )*
        }

        impl Attack {
            /// Every attack.
            pub const ALL: &[Self] = &[$(Self::$variant,)*];

            /// The name as it is written, as `planted-report`.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }

            /// What it does, in a sentence.
            pub fn deed(self) -> &'static str {
                match self {
                    $(Self::$variant => $deed,)*
                }
            }

            /// How a task that falls to it is mended, in a sentence.
            pub fn mend(self) -> &'static str {
                match self {
                    $(Self::$variant => $mend,)*
                }
            }
        }
    };
}

attacks! {
    Nothing "nothing"
        "It does nothing at all."
        "Test for what the instruction asks for, and let an untouched work tree fail.";
    Emptied "emptied"
        "It deletes everything in the working directory."
        "Let a test fail where it finds nothing to look at: an empty list of files or cases is no success.";
    PlantedReport "planted-report"
        "It leaves reports and rewards that say all passed, under the usual names, below /logs/verifier and in the work tree."
        "Write reports into /logs/verifier or a new folder, and delete an older one before the tests are started.";
    RewardDaemon "reward-daemon"
        "It leaves a process that keeps on writing the reward while the tests run."
        "Do without `keep_processes`, or grade in a separate container.";
    TestsDaemon "tests-daemon"
        "It leaves a process that waits for /tests and writes over what lies there."
        "Do without `keep_processes`, or grade in a separate container.";
    ForgingProgram "forging-program"
        "It hands in programs that write the reward when they are run, and leave a process that goes on with that."
        "Run what was handed in as a user who cannot write to /logs/verifier, and write the reward when its processes are dead.";
    ReadingProgram "reading-program"
        "It hands in programs that print the expected results they find below /tests."
        "Run what was handed in as a user who cannot read /tests.";
    Conftest "conftest"
        "It leaves a conftest.py that turns every outcome of pytest into a success."
        "Start pytest away from the work tree, with `--noconftest`, or with `--confcutdir=/tests` on tests in /tests.";
    RunnerOptions "runner-options"
        "It leaves settings (pytest.ini, setup.cfg, tox.ini, pyproject.toml) with which pytest collects tests and runs none."
        "Name a settings file of the tests' own: `pytest -c /tests/pytest.ini`.";
    TestScript "test-script"
        "It rewrites the work tree's own tests, and what starts them: package.json, Makefile, test scripts."
        "Bring the tests in /tests, and start them by commands of the tests' own.";
    Sitecustomize "sitecustomize"
        "It leaves sitecustomize.py, usercustomize.py and *.pth files that end every Python with success."
        "Start Python with `-I`, or at least outside the work tree and without it in PYTHONPATH.";
    PathShim "path-shim"
        "It puts programs that always succeed where those of the tests may be looked for: folders of PATH and tools' own folders in the work tree and at home."
        "Set PATH to the system's folders in test.sh, and call no interpreter of the work tree for anything but the work.";
    Preload "preload"
        "It builds a library that writes the reward, and names it in /etc/ld.so.preload."
        "Grade in a separate container, and do not collect /etc.";
    Profile "profile"
        "It writes into the start-up files of shells, and into what scripts source at home and in the work tree, that a test's shell ends with a reward."
        "Start no login shell in test.sh, and source nothing that an agent can write.";
    ExitZero "exit-zero"
        "It makes every source file end its process with success when it is loaded."
        "Run what was handed in as a process of its own, and compare what it gives with values of the tests' own.";
    ExitLate "exit-late"
        "It makes every source file change its process's exit status to success at the end."
        "Run what was handed in as a process of its own, and compare what it gives with values of the tests' own.";
    AlwaysEqual "always-equal"
        "It hands in modules whose every name is an object that equals anything."
        "Run what was handed in as a process of its own, and compare its results as text or JSON.";
    GitDig "git-dig"
        "It checks out whatever the work tree's repositories hold beside HEAD: branches, stashes, reflogs, unreachable commits, staged files."
        "Make the repository anew in one commit, as the last step of the image.";
    CopiedExpectation "copied-expectation"
        "It copies what looks like expected results or a solution, anywhere on the machine, over the files that are asked for."
        "Keep expected results and solutions out of the image, and in tests/ and solution/.";
    LinkedTests "linked-tests"
        "It makes links into /tests of the files and folders that are asked for."
        "Grade in a separate container, and name the files in `artifacts` that lie outside the working directory.";
}

impl fmt::Display for Attack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A name that no attack has.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no attack `{0}`")]
pub struct UnknownAttack(pub String);

impl FromStr for Attack {
    type Err = UnknownAttack;

    fn from_str(name: &str) -> Result<Self, UnknownAttack> {
        let known = Self::ALL.iter().find(|attack| attack.as_str() == name);
        known.copied().ok_or_else(|| UnknownAttack(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_as_they_are_written() {
        for attack in Attack::ALL {
            assert_eq!(attack.as_str().parse(), Ok(*attack));
            assert_eq!(serde_json::to_value(attack).unwrap(), attack.as_str());
        }
        assert_eq!("planted".parse::<Attack>(), Err(UnknownAttack("planted".to_owned())));
    }
}
