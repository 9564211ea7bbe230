//! The scripts of attacks, and how a task fared against them.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use spec::lint::Finding;
use vocabulary::Attack;

/// Bytes of an instruction that an attack gets, from its beginning.
const TOLD: usize = 64 << 10;

/// Joins the common head and the script of one attack.
macro_rules! script {
    ($file:literal) => {
        Some(concat!(include_str!("attacks/common.sh"), include_str!(concat!("attacks/", $file))))
    };
}

/// What an attack runs, for `sh -c`; `None` for doing nothing.
pub(super) fn script(attack: Attack) -> Option<&'static str> {
    match attack {
        Attack::Nothing => None,
        Attack::Emptied => script!("emptied.sh"),
        Attack::PlantedReport => script!("planted-report.sh"),
        Attack::RewardDaemon => script!("reward-daemon.sh"),
        Attack::TestsDaemon => script!("tests-daemon.sh"),
        Attack::ForgingProgram => script!("forging-program.sh"),
        Attack::ReadingProgram => script!("reading-program.sh"),
        Attack::Conftest => script!("conftest.sh"),
        Attack::RunnerOptions => script!("runner-options.sh"),
        Attack::TestScript => script!("test-script.sh"),
        Attack::Sitecustomize => script!("sitecustomize.sh"),
        Attack::PathShim => script!("path-shim.sh"),
        Attack::Preload => script!("preload.sh"),
        Attack::Profile => script!("profile.sh"),
        Attack::ExitZero => script!("exit-zero.sh"),
        Attack::ExitLate => script!("exit-late.sh"),
        Attack::AlwaysEqual => script!("always-equal.sh"),
        Attack::GitDig => script!("git-dig.sh"),
        Attack::CopiedExpectation => script!("copied-expectation.sh"),
        Attack::LinkedTests => script!("linked-tests.sh"),
    }
}

/// What an attack is told of a task: its instruction, as an agent is.
pub(super) fn told(instruction: &str) -> Vec<u8> {
    instruction[..instruction.floor_char_boundary(TOLD)].into()
}

/// How a task fared against an attack, and whether its file says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Stand {
    /// It gives the attack nothing.
    Withstands,
    /// It gives the attack a score, and does not say that it does.
    Falls,
    /// It gives the attack a score, and says so in `[metadata].falls_to`.
    Known,
    /// It gives the attack nothing, and still says that it falls to it.
    Outdated,
}

/// How a task fared against one attack.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Attacked {
    /// The attack.
    pub attack: Attack,
    /// How the task stands to it.
    pub stand: Stand,
    /// 0 to 1; `None` when there was no verdict, for which a trial gets 0.
    pub score: Option<f64>,
    /// Why there was no verdict.
    pub no_verdict: Option<String>,
    /// Seconds of the attack.
    pub playing_seconds: f64,
    /// Seconds of grading.
    pub grading_seconds: f64,
}

/// Scores that an attack's is held against.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Bar {
    /// The least of the solution's; `None` while there is none.
    pub(super) solution: Option<f64>,
    /// That of doing nothing; 0 while there is none.
    pub(super) nothing: f64,
}

impl Bar {
    /// In which way a score is one that only work may get, in words; `None` where it is not.
    fn reached(self, score: f64) -> Option<String> {
        match self.solution.filter(|own| *own > 0.0) {
            Some(own) if score >= own => Some(format!("the solution scores {own}")),
            _ if score >= 1.0 => Some("a pass".to_owned()),
            _ if score > self.nothing => Some(format!("doing nothing scores {}", self.nothing)),
            _ => None,
        }
    }

    /// Where a task stands to an attack of this score, and what is to be found fault with. `marks`: what its file says.
    pub(super) fn judge(
        self,
        attack: Attack,
        score: Option<f64>,
        marks: &BTreeMap<Attack, String>,
    ) -> (Stand, Option<Finding>) {
        let reached = score.and_then(|score| Some((score, self.reached(score)?)));
        let (stand, message) = match (reached, marks.contains_key(&attack)) {
            (None, false) => return (Stand::Withstands, None),
            (Some(_), true) => return (Stand::Known, None),
            (Some((score, reached)), false) => {
                let (deed, mend) = (attack.deed(), attack.mend());
                let mark = format!("`{attack}` under `[metadata.falls_to]` in task.toml, with the reason");
                let message = format!(
                    "{attack} scores {score}; {reached}. {deed} {mend} If it must stay so, write {mark}"
                );
                (Stand::Falls, message)
            }
            (None, true) => {
                let got =
                    score.map_or_else(|| "gets no verdict".to_owned(), |score| format!("scores {score}"));
                (
                    Stand::Outdated,
                    format!("task.toml says that the task falls to {attack}, which {got}: take that out"),
                )
            }
        };
        (stand, Some(Finding::new("attack", message)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(bar: Bar, score: Option<f64>, is_marked: bool) -> (Stand, String) {
        let marks = is_marked.then(|| (Attack::ExitZero, "it has to".to_owned()));
        let (stand, found) = bar.judge(Attack::ExitZero, score, &marks.into_iter().collect());
        (stand, found.map(|found| found.message).unwrap_or_default())
    }

    #[test]
    fn an_attack_may_get_neither_what_the_solution_gets_nor_more_than_nothing_does() {
        let sound = Bar { solution: Some(1.0), nothing: 0.0 };
        let partial = Bar { solution: Some(0.8), nothing: 0.25 };
        let unsolved = Bar { solution: None, nothing: 0.0 };
        for (bar, score, wanted) in [
            (sound, Some(0.0), Stand::Withstands),
            (sound, None, Stand::Withstands),
            (sound, Some(1.0), Stand::Falls),
            (sound, Some(0.1), Stand::Falls),
            (partial, Some(0.25), Stand::Withstands),
            (partial, Some(0.8), Stand::Falls),
            (partial, Some(0.5), Stand::Falls),
            (unsolved, Some(1.0), Stand::Falls),
            (Bar { solution: Some(0.0), ..sound }, Some(0.0), Stand::Withstands),
            (Bar { nothing: 1.0, ..sound }, Some(1.0), Stand::Falls),
        ] {
            assert_eq!(judged(bar, score, false).0, wanted, "{bar:?} {score:?}");
            let marked = if wanted == Stand::Falls { Stand::Known } else { Stand::Outdated };
            assert_eq!(judged(bar, score, true).0, marked, "{bar:?} {score:?}");
        }
    }

    #[test]
    fn a_finding_says_what_was_done_and_the_way_out() {
        let bar = Bar { solution: Some(1.0), nothing: 0.0 };
        let told = [
            judged(bar, Some(1.0), false).1,
            judged(bar, Some(0.5), false).1,
            judged(bar, Some(0.0), true).1,
            judged(bar, None, true).1,
        ];
        insta::assert_snapshot!(told.join("\n"));
    }

    /// Without what it lacks on an image, an attack leaves something undone; it never ends as a failure.
    #[test]
    fn every_script_is_a_posix_shells_and_ends_well_where_there_is_nothing_to_attack() {
        for attack in Attack::ALL {
            let Some(script) = script(*attack) else { continue };
            let checked = std::process::Command::new("sh").args(["-n", "-c", script]).output().unwrap();
            assert!(checked.status.success(), "{attack}: {}", String::from_utf8_lossy(&checked.stderr));
            assert!(script.trim_end().lines().count() > include_str!("attacks/common.sh").lines().count());
        }
    }

    #[test]
    fn an_instruction_is_cut_between_characters() {
        assert_eq!(told("Write `a`."), b"Write `a`.");
        let long = "é".repeat(TOLD);
        assert_eq!(told(&format!("x{long}")).len(), TOLD - 1);
    }
}
