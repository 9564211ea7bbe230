//! The report of a run.

use std::fmt::Write;

use analysis::{Analysis, ArmSummary, Curves, in_order};
use comfy_table::Table;

use super::table;
use crate::{
    number,
    wording::{self, parts},
};

/// The whole report, as plain text no wider than `width` columns.
pub(super) fn text(analysis: &Analysis, width: u16) -> String {
    let mut out = String::new();
    heading(analysis, &mut out);
    let standing = wording::standing(analysis).join(", ");
    let standing = if standing.is_empty() { standing } else { format!(" ({standing})") };
    section(&mut out, &format!("Score per arm{standing}"));
    let _ = writeln!(out, "{}", arms(analysis, width));
    outcomes(analysis, &mut out);
    if !analysis.gaps.is_empty() {
        section(&mut out, &format!("Gap against {}{standing}, in percentage points", analysis.baseline));
        let _ = writeln!(out, "{}", gaps(analysis, width));
        for gap in &analysis.gaps {
            let _ = writeln!(out, "{}", wording::sentence(analysis, gap));
        }
    }
    for control in &analysis.controls {
        let _ = writeln!(out, "{}", wording::control(control));
    }
    if !analysis.factorials.is_empty() {
        section(&mut out, &format!("Harness and prompt{standing}, in percentage points"));
        let _ = writeln!(out, "{}", factorials(analysis, width));
        for found in &analysis.factorials {
            let _ = writeln!(out, "{}", wording::factorial(found));
        }
    }
    if let Some(curves) = &analysis.curves {
        section(&mut out, &format!("Score % by budget{standing}"));
        let _ = writeln!(out, "{}\n{}", curve(curves, width), wording::curve_kind(curves.kind));
    }
    all_flags(analysis, &mut out);
    let _ = writeln!(out, "\nprogram {}", in_order(&analysis.programs));
    let _ = writeln!(
        out,
        "plan {}  ledger {} ({} events)",
        short(&analysis.plan_digest),
        short(&analysis.ledger_head),
        analysis.ledger_events
    );
    out
}

fn heading(analysis: &Analysis, out: &mut String) {
    let _ = writeln!(
        out,
        "{}: {} of {} planned trials ended · {} tasks in {} families · {} attempts · budget {} by the meter `{}`",
        analysis.sweep,
        analysis.ended,
        analysis.planned,
        analysis.tasks,
        analysis.families,
        analysis.attempts,
        number::units(analysis.budget),
        analysis.meter
    );
    if analysis.lost.tries > 0 {
        let _ = writeln!(
            out,
            "{} tries led to no outcome and cost {} tokens, charged to no trial",
            analysis.lost.tries,
            number::count(analysis.lost.tokens)
        );
    }
}

fn section(out: &mut String, title: &str) {
    let _ = writeln!(out, "\n{title}");
}

fn arms(analysis: &Analysis, width: u16) -> Table {
    let header = [
        "model",
        "arm",
        "trials",
        "missing",
        "score %",
        "95 %",
        "n eff",
        "tokens",
        "cached %",
        "calls",
        "helper",
        "time/trial",
    ];
    let mut table = table(&header, 2, width);
    for arm in &analysis.arms {
        table.add_row(arm_row(arm));
    }
    table
}

fn arm_row(arm: &ArmSummary) -> Vec<String> {
    let input = arm.usage.input_uncached + arm.usage.cache_read + arm.usage.cache_write;
    vec![
        arm.model.clone(),
        arm.arm.clone(),
        format!("{}/{}", arm.ended, arm.planned),
        arm.missing.to_string(),
        number::percent(arm.score),
        number::interval(arm.score_lower.zip(arm.score_upper), number::percent),
        arm.effective_n.map_or_else(number::missing, |n| format!("{n:.1}")),
        number::count(arm.tokens),
        number::percent((input > 0).then(|| arm.usage.cache_read as f64 / input as f64)),
        number::count(arm.calls),
        number::count(arm.helper_calls),
        number::seconds(arm.agent_seconds_mean),
    ]
}

fn outcomes(analysis: &Analysis, out: &mut String) {
    for arm in &analysis.arms {
        let codes: Vec<String> =
            arm.outcomes.iter().map(|(code, trials)| format!("{code} {trials}")).collect();
        let ended = if codes.is_empty() { "nothing ended yet".to_owned() } else { codes.join(" · ") };
        let own = wording::own_count(arm)
            .map_or_else(String::new, |own| format!("; its own count over the meter's: {own}"));
        let _ = writeln!(out, "{} {}: {ended} of {}{own}", arm.model, arm.arm, arm.planned);
    }
}

fn gaps(analysis: &Analysis, width: u16) -> Table {
    let header = [
        "model",
        "arm",
        "tasks",
        "micro",
        "95 %",
        "p",
        "p Holm",
        "macro",
        "95 %",
        "detectable",
        "better/same/worse",
    ];
    let mut table = table(&header, 2, width);
    for gap in &analysis.gaps {
        let ends = |estimate: Option<analysis::Estimate>| {
            number::interval(estimate.and_then(|e| e.lower.zip(e.upper)), number::points)
        };
        table.add_row(vec![
            gap.model.clone(),
            gap.arm.clone(),
            gap.tasks.to_string(),
            number::points(gap.micro.map(|e| e.estimate)),
            ends(gap.micro),
            number::p(gap.p),
            number::p(gap.p_holm),
            number::points(gap.r#macro.map(|e| e.estimate)),
            ends(gap.r#macro),
            number::percent(gap.headline().0.and_then(|e| e.smallest_detectable)),
            format!("{}/{}/{}", gap.better, gap.same, gap.worse),
        ]);
    }
    table
}

fn factorials(analysis: &Analysis, width: u16) -> Table {
    let header = ["model", "harness", "tasks", "part", "gap", "95 %", "p", "p Holm", "detectable"];
    let mut table = table(&header, 2, width);
    for found in &analysis.factorials {
        for (part, effect) in parts(found) {
            table.add_row(vec![
                found.model.clone(),
                found.harness.clone(),
                found.tasks.to_string(),
                part.to_owned(),
                number::points(Some(effect.estimate.estimate)),
                wording::points_interval(&effect.estimate),
                number::p(Some(effect.p)),
                number::p(Some(effect.p_holm)),
                number::percent(effect.estimate.smallest_detectable),
            ]);
        }
    }
    table
}

fn curve(curves: &Curves, width: u16) -> Table {
    let budgets: Vec<String> = curves.budgets.iter().map(|budget| number::units(*budget)).collect();
    let mut header = vec!["model", "arm"];
    header.extend(budgets.iter().map(String::as_str));
    let mut table = table(&header, 2, width);
    for curve in &curves.scores {
        let mut row = vec![curve.model.clone(), curve.arm.clone()];
        row.extend(curve.points.iter().map(|point| number::percent(Some(point.estimate))));
        table.add_row(row);
    }
    table
}

fn all_flags(analysis: &Analysis, out: &mut String) {
    let flags = wording::flags(analysis);
    if flags.is_empty() {
        return;
    }
    section(out, "Flags");
    for (place, flag) in flags {
        let place = if place.is_empty() { place } else { format!("{place}: ") };
        let _ = writeln!(out, "{}  {place}{}", flag.name, flag.reason);
    }
}

fn short(digest: &str) -> &str {
    digest.get(..16).unwrap_or(digest)
}
