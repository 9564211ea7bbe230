//! The report of a run.

use std::fmt::Write;

use analysis::{Analysis, GapSummary, in_order};

use super::{cells, code, header, text};
use crate::{
    answer, flags, hacks, number, registration,
    wording::{self, parts},
};

/// Most flags listed: the others are in every other format.
const FLAGS: usize = 30;

/// The whole report. A comment may have 65 536 characters: this stays below it for up to a hundred arms.
pub(super) fn whole(analysis: &Analysis) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "## overhang: {}\n", text(&analysis.sweep));
    let _ = writeln!(out, "**{}**\n", text(&answer::headline(analysis)));
    if let Some(line) = answer::settle(analysis) {
        let _ = writeln!(out, "{}\n", text(&line));
    }
    if let Some(stamp) = wording::stamp(analysis) {
        let _ = writeln!(out, "> {}\n", text(&stamp));
    }
    for gap in &analysis.gaps {
        let _ = writeln!(out, "- {}", text(&wording::sentence(analysis, gap)));
    }
    for control in &analysis.controls {
        let _ = writeln!(out, "- {}", text(&wording::control(control)));
    }
    for found in &analysis.factorials {
        let _ = writeln!(out, "- {}", text(&wording::factorial(found)));
    }
    for sentence in registration::told(analysis) {
        let _ = writeln!(out, "- {}", text(&sentence));
    }
    for sentence in hacks::told(analysis) {
        let _ = writeln!(out, "- {}", text(&sentence));
    }
    let _ = writeln!(
        out,
        "\n{}{} of {} planned trials ended · {} · {} in {} · {} each",
        wording::standing(analysis).iter().map(|word| format!("{word} · ")).collect::<String>(),
        analysis.ended,
        analysis.planned,
        text(&wording::budget(analysis)),
        wording::plural(analysis.tasks, "task", "tasks"),
        wording::plural(analysis.families, "family", "families"),
        wording::plural(analysis.attempts as usize, "attempt", "attempts"),
    );
    gaps(analysis, &mut out);
    arms(analysis, &mut out);
    factorials(analysis, &mut out);
    curves(analysis, &mut out);
    flags(analysis, &mut out);
    let _ = writeln!(
        out,
        "\n<sub>program {} · plan {} · ledger {}, {} events</sub>",
        text(&in_order(&analysis.programs)),
        code(&analysis.plan_digest),
        code(&analysis.ledger_head),
        analysis.ledger_events
    );
    out
}

fn gaps(analysis: &Analysis, out: &mut String) {
    if analysis.gaps.is_empty() {
        return;
    }
    header(
        out,
        &[
            "model",
            "arm",
            "gap, pp",
            &wording::level(analysis),
            "p adjusted",
            "detectable, pp",
            "tasks",
            "better/same/worse",
        ],
        2,
    );
    let mut row = |gap: &GapSummary| {
        let estimate = answer::shown(analysis, gap);
        cells(
            out,
            &[
                wording::model(&gap.model, gap.simulated),
                gap.arm.clone(),
                number::points(estimate.map(|estimate| estimate.estimate)),
                estimate.map_or_else(number::missing, |estimate| wording::points_interval(&estimate)),
                number::p(estimate.and(gap.p_adjusted)),
                number::percent(estimate.and_then(|estimate| estimate.smallest_detectable)),
                gap.tasks.to_string(),
                estimate
                    .map_or_else(number::missing, |_| format!("{}/{}/{}", gap.better, gap.same, gap.worse)),
            ],
        );
    };
    analysis.gaps.iter().for_each(&mut row);
    analysis.controls.iter().for_each(&mut row);
}

fn arms(analysis: &Analysis, out: &mut String) {
    header(out, &["model", "arm", "score, %", "95 %", "missing", "tokens/trial", "USD", "outcomes"], 2);
    for arm in &analysis.arms {
        let codes: Vec<String> = arm.outcomes.iter().map(|(code, count)| format!("{code} {count}")).collect();
        cells(
            out,
            &[
                wording::model(&arm.model, arm.simulated),
                arm.arm.clone(),
                number::percent(arm.score),
                number::interval(arm.score_lower.zip(arm.score_upper), number::percent),
                format!("{}/{}", arm.missing, arm.planned),
                arm.tokens_mean.map_or_else(number::missing, |mean| number::count(mean.round() as u64)),
                number::usd(arm.usd),
                if codes.is_empty() { number::missing() } else { codes.join(" · ") },
            ],
        );
    }
}

fn factorials(analysis: &Analysis, out: &mut String) {
    if analysis.factorials.is_empty() {
        return;
    }
    header(out, &["model", "harness", "part", "gap, pp", "interval", "p adjusted", "tasks"], 3);
    for found in &analysis.factorials {
        for (part, effect) in parts(found) {
            cells(
                out,
                &[
                    wording::model(&found.model, found.simulated),
                    found.harness.clone(),
                    part.to_owned(),
                    number::points(Some(effect.estimate.estimate)),
                    wording::points_interval(&effect.estimate),
                    number::p(effect.p_adjusted),
                    found.tasks.to_string(),
                ],
            );
        }
    }
}

fn curves(analysis: &Analysis, out: &mut String) {
    let Some(curves) = &analysis.curves else { return };
    let budgets: Vec<String> = curves.budgets.iter().map(|budget| number::units(*budget)).collect();
    let _ = writeln!(out, "\n<details><summary>Score by budget, %</summary>");
    let mut columns = vec!["model", "arm"];
    columns.extend(budgets.iter().map(String::as_str));
    header(out, &columns, 2);
    for curve in &curves.scores {
        let mut row = vec![wording::model(&curve.model, curve.simulated), curve.arm.clone()];
        let has_score = answer::has_score(analysis, curve);
        row.extend(curve.points.iter().map(|point| number::percent(has_score.then_some(point.estimate))));
        cells(out, &row);
    }
    let _ = writeln!(out, "\n{}\n</details>", wording::curve_kind(curves.kind));
}

fn flags(analysis: &Analysis, out: &mut String) {
    let groups = flags::groups(analysis);
    let count: usize = groups.iter().map(|group| group.flags.len()).sum();
    if count == 0 {
        return;
    }
    let _ = writeln!(out, "\n<details><summary>Flags: {count}</summary>");
    let mut room = FLAGS;
    for group in &groups {
        let _ = writeln!(out, "\n{}\n", group.title);
        for flag in group.flags.iter().take(room) {
            let _ = writeln!(out, "- {} {}", code(flag.name.as_str()), text(&flag.sentence()));
        }
        room = room.saturating_sub(group.flags.len());
    }
    if count > FLAGS {
        let _ = writeln!(out, "- and {} more", count - FLAGS);
    }
    let _ = writeln!(out, "</details>");
}
