//! What a check of tasks shows people.

use runner::proof::{Checked, Stand};

use super::table;

/// A table of the tasks, what each must be mended for, and what each says it falls to.
pub(super) fn shown(checked: &[Checked]) -> String {
    let mut heads = vec!["task", "solution", "nothing", "wrong", "grading", "findings"];
    let is_attacked = checked.iter().any(|one| !one.attacks.is_empty());
    if is_attacked {
        heads.insert(4, "attacks");
    }
    let mut rows = vec![heads.into_iter().map(str::to_owned).collect::<Vec<_>>()];
    rows.extend(checked.iter().map(|one| row(one, is_attacked)));
    let mut text = table(&rows);
    for one in checked.iter().filter(|one| !one.findings.is_empty() || !one.falls_to.is_empty()) {
        text.push_str(&format!("\n{}\n", one.task));
        for finding in &one.findings {
            text.push_str(&format!("  {}: {}\n", finding.rule, indented(&finding.message)));
        }
        text.push_str(&marks(one));
    }
    let good = checked.iter().filter(|one| one.findings.is_empty()).count();
    text.push_str(&format!("\n{good} of {} tasks prove themselves\n", checked.len()));
    text
}

/// What a task says it falls to, a line each.
pub(super) fn marks(one: &Checked) -> String {
    one.falls_to
        .iter()
        .map(|(attack, why)| format!("  known to fall to {attack}: {}\n", indented(why)))
        .collect()
}

fn indented(message: &str) -> String {
    message.replace('\n', "\n    ")
}

fn row(one: &Checked, is_attacked: bool) -> Vec<String> {
    let scores = |start: &str| {
        let lines = one.plays.iter().filter(|line| line.play.starts_with(start));
        let scores: Vec<String> =
            lines.map(|line| line.score.map_or_else(|| "–".to_owned(), |score| score.to_string())).collect();
        if scores.is_empty() { "–".to_owned() } else { scores.join(" ") }
    };
    let longest = one.plays.iter().map(|line| line.grading_seconds).fold(0.0, f64::max);
    let mut row = vec![one.task.clone(), scores("solution"), scores("nothing"), scores("wrong")];
    if is_attacked {
        row.push(withstood(one));
    }
    row.push(if one.plays.is_empty() { "–".to_owned() } else { format!("{longest:.1} s") });
    row.push(if one.findings.is_empty() { "none".to_owned() } else { one.findings.len().to_string() });
    row
}

/// How many attacks got nothing, of how many.
fn withstood(one: &Checked) -> String {
    let gets_nothing = |stand| matches!(stand, Stand::Withstands | Stand::Outdated);
    let withstood = one.attacks.iter().filter(|attacked| gets_nothing(attacked.stand)).count();
    match one.attacks.len() {
        0 => "–".to_owned(),
        all => format!("withstands {withstood} of {all}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use runner::proof::{Attacked, Line};
    use spec::lint::Finding;
    use vocabulary::Attack;

    use super::*;

    fn line(play: &str, score: f64) -> Line {
        Line { play: play.to_owned(), score: Some(score), playing_seconds: 0.5, grading_seconds: 2.04 }
    }

    fn attacked(attack: Attack, stand: Stand, score: Option<f64>) -> Attacked {
        let no_verdict = score.is_none().then(|| "VERIFIER_CRASH: no reward".to_owned());
        Attacked { attack, stand, score, no_verdict, playing_seconds: 0.5, grading_seconds: 2.0 }
    }

    fn checked(task: &str) -> Checked {
        let plays = vec![line("solution", 1.0), line("nothing", 0.0), line("wrong/a", 0.0)];
        let (digest, findings) = (String::new(), Vec::new());
        let (falls_to, attacks) = (BTreeMap::new(), Vec::new());
        Checked { task: task.to_owned(), digest, findings, plays, falls_to, attacks }
    }

    #[test]
    fn a_check_with_attacks_shows_what_fell_and_what_is_known_to() {
        let sound = Checked {
            attacks: vec![
                attacked(Attack::ExitZero, Stand::Withstands, Some(0.0)),
                attacked(Attack::GitDig, Stand::Withstands, None),
            ],
            ..checked("fix/sound")
        };
        let weak = Checked {
            findings: vec![Finding::new("attack", "exit-zero scores 1; the solution scores 1.")],
            falls_to: BTreeMap::from([(Attack::GitDig, "The history is the task.".to_owned())]),
            attacks: vec![
                attacked(Attack::ExitZero, Stand::Falls, Some(1.0)),
                attacked(Attack::GitDig, Stand::Known, Some(1.0)),
            ],
            ..checked("git/weak")
        };
        insta::assert_snapshot!(shown(&[sound, weak]));
    }

    #[test]
    fn a_check_without_attacks_has_no_column_for_them() {
        let marked = Checked {
            falls_to: BTreeMap::from([(Attack::GitDig, "The history is the task.".to_owned())]),
            ..checked("git/marked")
        };
        insta::assert_snapshot!(shown(&[checked("fix/sound"), marked]));
    }
}
