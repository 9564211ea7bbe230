//! The report of a run: the answer, then tables.

use std::fmt::Write;

use analysis::{Analysis, ArmSummary, Curves, GapSummary, in_order};

use super::{Column, coloured, number as numbers, quiet, strong, table, words, wrap};
use crate::{
    answer::{self, Certainty},
    finding::finding,
    flags, hacks, number, registration, reliability,
    wording::{self, parts},
};

/// The whole report, no wider than `width` columns.
pub(super) fn text(analysis: &Analysis, width: u16) -> String {
    let mut out = String::new();
    heading(analysis, &mut out, width);
    let _ = writeln!(out, "{}\n", coloured(&arms(analysis, width)));
    let mut told: Vec<String> = analysis.gaps.iter().map(|gap| wording::sentence(analysis, gap)).collect();
    told.extend(analysis.controls.iter().map(wording::control));
    told.iter().for_each(|sentence| out.push_str(&wrap(&format!("{sentence}."), "  ", width)));
    let registered = registration::told(analysis);
    if !registered.is_empty() {
        section(&mut out, registration::TITLE);
        registered.iter().for_each(|sentence| out.push_str(&wrap(sentence, "  ", width)));
    }
    section(&mut out, "Outcomes");
    outcomes(analysis, &mut out, width);
    let hacks = hacks::told(analysis);
    if !hacks.is_empty() {
        section(&mut out, hacks::TITLE);
        hacks.iter().for_each(|sentence| out.push_str(&wrap(sentence, "  ", width)));
    }
    if !analysis.factorials.is_empty() {
        section(&mut out, "Harness and prompt, in percentage points");
        let _ = writeln!(out, "{}", factorials(analysis, width));
        for found in &analysis.factorials {
            out.push_str(&wrap(&format!("{}.", wording::factorial(found)), "  ", width));
        }
    }
    if let Some(curves) = &analysis.curves {
        section(&mut out, "Score % by budget");
        for model in analysis.models() {
            let found = finding(analysis, curves, model).title;
            let several = analysis.models().nth(1).is_some();
            let told = if several { format!("{model}: {found}") } else { found };
            out.push_str(&wrap(&format!("{told}."), "  ", width));
        }
        let _ = writeln!(out, "{}", curve(analysis, curves, width));
        out.push_str(&wrap(wording::curve_kind(curves.kind), "", width));
    }
    if analysis.attempts > 1 {
        section(&mut out, "Several attempts");
        attempts(analysis, &mut out, width);
    }
    all_flags(analysis, &mut out, width);
    provenance(analysis, &mut out, width);
    out
}

fn heading(analysis: &Analysis, out: &mut String, width: u16) {
    let standing = wording::standing(analysis).join(", ");
    let standing = if standing.is_empty() { standing } else { format!(" · {standing}") };
    let day = wording::day(analysis).map_or_else(String::new, |day| format!(" · {day}"));
    let models: Vec<&str> = analysis.models().collect();
    let line = format!(
        "{}{day} · {} · {} a trial · {} of {} planned trials ended · {} in {} · {} each{standing}",
        analysis.sweep,
        models.join(", "),
        wording::budget(analysis),
        analysis.ended,
        analysis.planned,
        wording::tasks(analysis),
        wording::plural(analysis.families, "family", "families"),
        wording::plural(analysis.attempts as usize, "attempt", "attempts"),
    );
    out.push_str(&quiet(wrap(&line, "", width).trim_end()));
    let _ = writeln!(out, "\n\n{}", strong(wrap(&answer::headline(analysis), "", width).trim_end()));
    if let Some(line) = answer::settle(analysis) {
        out.push_str(&wrap(&line, "", width));
    }
    out.push('\n');
}

fn section(out: &mut String, title: &str) {
    let _ = writeln!(out, "\n{}", strong(title));
}

/// A row per arm: the baseline first, then each gap as it is sorted, then controls.
fn arms(analysis: &Analysis, width: u16) -> String {
    let columns = [
        words("arm", 0),
        words("verdict", 0),
        numbers("gap", 0),
        numbers(wording::level(analysis), 1),
        numbers("score %", 2),
        numbers("tokens", 3),
        numbers("p adj.", 5),
        numbers("missing", 4),
        numbers("time", 7),
        numbers("$/trial", 6),
        numbers("+/=/−", 8),
    ];
    let mut rows = Vec::new();
    for model in analysis.models() {
        let of_model = |name: &str| analysis.arms.iter().find(|arm| arm.model == model && arm.arm == name);
        if let Some(arm) = of_model(&analysis.baseline) {
            rows.push(row(analysis, arm, None));
        }
        for gap in answer::sorted(&analysis.gaps).into_iter().chain(&analysis.controls) {
            if let Some(arm) = of_model(&gap.arm).filter(|_| gap.model == model) {
                rows.push(row(analysis, arm, Some(gap)));
            }
        }
    }
    table(&columns, rows, width)
}

fn row(analysis: &Analysis, arm: &ArmSummary, gap: Option<&GapSummary>) -> Vec<String> {
    let estimate = gap.and_then(|gap| answer::shown(analysis, gap));
    let verdict = match gap {
        None => "baseline",
        Some(gap) if analysis.controls.iter().any(|control| control == gap) => wording::control_label(gap),
        Some(gap) => Certainty::of(gap).label(),
    };
    let or_empty = |text: Option<String>| {
        if gap.is_some() { text.unwrap_or_else(number::missing) } else { String::new() }
    };
    vec![
        wording::named(&arm.model, arm.simulated, &arm.arm, analysis),
        verdict.to_owned(),
        or_empty(estimate.map(|estimate| number::points(Some(estimate.estimate)))),
        or_empty(estimate.map(|estimate| wording::points_interval(&estimate))),
        number::percent(arm.score),
        arm.tokens_mean.map_or_else(number::missing, number::brief),
        or_empty(estimate.and(gap).map(|gap| number::p(gap.p_adjusted))),
        format!("{}/{}", arm.missing, arm.planned),
        number::seconds(arm.agent_seconds_mean),
        number::usd(arm.usd.map(|usd| usd / arm.ended.max(1) as f64)),
        or_empty(estimate.and(gap).map(|gap| format!("{}/{}/{}", gap.better, gap.same, gap.worse))),
    ]
}

fn outcomes(analysis: &Analysis, out: &mut String, width: u16) {
    for arm in &analysis.arms {
        let codes: Vec<String> =
            arm.outcomes.iter().map(|(code, trials)| format!("{code} {trials}")).collect();
        let ended = if codes.is_empty() { "nothing ended yet".to_owned() } else { codes.join(" · ") };
        let own = wording::own_count(arm)
            .map_or_else(String::new, |own| format!("; its own count over the meter's: {own}"));
        let name = wording::named(&arm.model, arm.simulated, &arm.arm, analysis);
        out.push_str(&wrap(&format!("{name}: {ended} of {}{own}", arm.planned), "  ", width));
    }
    if analysis.lost.tries > 0 {
        let line = format!(
            "{} tries led to no outcome and cost {} tokens, charged to no trial",
            analysis.lost.tries,
            number::count(analysis.lost.tokens)
        );
        out.push_str(&wrap(&line, "  ", width));
    }
}

fn factorials(analysis: &Analysis, width: u16) -> String {
    let columns = [
        words("harness", 1),
        words("part", 0),
        numbers("gap", 0),
        numbers("interval", 0),
        numbers("p adj.", 2),
        numbers("detectable", 3),
        numbers("tasks", 4),
    ];
    let rows = analysis.factorials.iter().flat_map(|found| {
        parts(found).into_iter().map(|(part, effect)| {
            vec![
                wording::named(&found.model, found.simulated, &found.harness, analysis),
                part.to_owned(),
                number::points(Some(effect.estimate.estimate)),
                wording::points_interval(&effect.estimate),
                number::p(effect.p_adjusted),
                number::percent(effect.estimate.smallest_detectable),
                found.tasks.to_string(),
            ]
        })
    });
    table(&columns, rows.collect(), width)
}

/// Where not every budget has room, those in the middle go first.
fn curve(analysis: &Analysis, curves: &Curves, width: u16) -> String {
    let all = curves.budgets.len();
    let rank = |place: usize| u8::try_from(place.min(all - 1 - place)).unwrap_or(u8::MAX);
    let budgets = curves.budgets.iter().enumerate();
    let budgets = budgets.map(|(place, budget)| numbers(number::brief(*budget), rank(place)));
    let columns: Vec<Column> = std::iter::once(words("arm", 0)).chain(budgets).collect();
    let rows = curves.scores.iter().map(|curve| {
        let name = wording::named(&curve.model, curve.simulated, &curve.arm, analysis);
        let has_score = answer::has_score(analysis, curve);
        let points = curve.points.iter().map(|point| number::percent(has_score.then_some(point.estimate)));
        std::iter::once(name).chain(points).collect()
    });
    table(&columns, rows.collect(), width)
}

/// pass@k and pass^k at all planned attempts, and which tasks flip.
fn attempts(analysis: &Analysis, out: &mut String, width: u16) {
    let most = analysis.attempts;
    let columns = [
        words("arm", 0),
        numbers("pass@1 %", 2),
        numbers(format!("pass@{most} %"), 0),
        numbers("95 %", 1),
        numbers(format!("pass^{most} %"), 0),
        numbers("95 %", 1),
    ];
    let rows = analysis.reliability.passes.iter().filter_map(|arm| {
        let (first, last) = (arm.points.first()?, arm.points.last()?);
        Some(vec![
            wording::named(&arm.model, arm.simulated, &arm.arm, analysis),
            number::percent(Some(first.any.estimate)),
            number::percent(Some(last.any.estimate)),
            reliability::interval(&last.any),
            number::percent(Some(last.all.estimate)),
            reliability::interval(&last.all),
        ])
    });
    let rows: Vec<Vec<String>> = rows.collect();
    if !rows.is_empty() {
        let _ = writeln!(out, "{}", table(&columns, rows, width));
    }
    reliability::told(analysis).iter().for_each(|sentence| out.push_str(&wrap(sentence, "  ", width)));
}

fn all_flags(analysis: &Analysis, out: &mut String, width: u16) {
    for group in flags::groups(analysis) {
        section(out, group.title);
        for flag in &group.flags {
            out.push_str(&wrap(&format!("{}  {}", flag.name, flag.sentence()), "  ", width));
        }
    }
}

fn provenance(analysis: &Analysis, out: &mut String, width: u16) {
    let short = |digest: &str| digest.get(..16).unwrap_or(digest).to_owned();
    let line = format!(
        "program {} · plan {} · ledger {} ({} events)",
        in_order(&analysis.programs),
        short(&analysis.plan_digest),
        short(&analysis.ledger_head),
        analysis.ledger_events
    );
    let _ = writeln!(out, "\n{}", quiet(wrap(&line, "", width).trim_end()));
}
