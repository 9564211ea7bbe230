//! The report as text for a terminal.

use std::fmt::Write;

use analysis::{Analysis, ArmSummary, Flag, GapSummary, Headline};
use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use crate::number;

/// The whole report, as plain text no wider than `width` columns.
pub fn terminal(analysis: &Analysis, width: u16) -> String {
    let mut out = String::new();
    heading(analysis, &mut out);
    let simulated = if analysis.simulated.is_empty() { "" } else { " (simulated)" };
    section(&mut out, &format!("Score per arm{simulated}"));
    let _ = writeln!(out, "{}", arms(analysis, width));
    outcomes(analysis, &mut out);
    if !analysis.gaps.is_empty() {
        section(&mut out, &format!("Gap against {}{simulated}, in percentage points", analysis.baseline));
        let _ = writeln!(out, "{}", gaps(analysis, width));
        for gap in &analysis.gaps {
            let _ = writeln!(out, "{}", sentence(analysis, gap));
        }
    }
    all_flags(analysis, &mut out);
    let _ = writeln!(
        out,
        "\nplan {}  ledger {} ({} events)",
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
        budget(analysis.budget),
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

fn table(header: &[&str], left: usize, width: u16) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_HORIZONTAL_ONLY);
    table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width).set_header(header.to_vec());
    for column in table.column_iter_mut().skip(left) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
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
        let _ = writeln!(out, "{} {}: {ended} of {}", arm.model, arm.arm, arm.planned);
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

/// Flags that forbid telling a gap by one number (docs/methodology.md): the sentence names them instead.
const DISPUTED: [&str; 4] =
    ["SIGN_DISAGREE", "MAGNITUDE_DISAGREE", "DOMINANT_FAMILY", "LEAVE_ONE_FAMILY_OUT_FLIP"];

/// What a gap allows to be said, and no more. A difference counts as shown when its interval leaves out 0 and its
/// exact p, adjusted for the number of gaps in the plan, is at most .05.
fn sentence(analysis: &Analysis, gap: &GapSummary) -> String {
    let stamp = if gap.simulated { " (simulated)" } else { "" };
    let who = format!("{}, {} against {}{stamp}", gap.model, gap.arm, gap.baseline);
    let has = |name: &str| gap.flags.iter().any(|flag| flag.name == name);
    if analysis.ended < analysis.planned {
        return format!("{who}: no statement before all planned trials have ended");
    }
    if has("GATE_FAIL") {
        return format!("{who}: no statement, too many trials are missing");
    }
    let Some(headline) = gap.headline().0 else { return format!("{who}: no task to compare") };
    let Some((lower, upper)) = headline.lower.zip(headline.upper) else {
        return format!("{who}: cannot tell, there is no spread to judge by");
    };
    let kind = match gap.headline {
        Headline::Macro => format!("{} families weighed alike", gap.families),
        Headline::Micro => format!("{} tasks weighed alike", gap.tasks),
    };
    if (lower <= 0.0 && upper >= 0.0) || gap.p_holm.is_none_or(|p| p > 0.05) {
        return format!(
            "{who}: no detectable difference, {kind}; this run can see {} pp and more",
            number::percent(headline.smallest_detectable)
        );
    }
    let disputed: Vec<&str> = DISPUTED.into_iter().filter(|name| has(name)).collect();
    if !disputed.is_empty() {
        return format!("{who}: a difference, but no single number for it: {}", disputed.join(", "));
    }
    format!(
        "{who}: {} pp {} solved, {kind}, 95 % interval {}",
        number::percent(Some(headline.estimate.abs())),
        if headline.estimate > 0.0 { "more" } else { "less" },
        number::interval(Some((lower, upper)), number::points)
    )
}

fn all_flags(analysis: &Analysis, out: &mut String) {
    let mut lines = Vec::new();
    let mut add = |place: &str, flags: &[Flag]| {
        for flag in flags {
            let place = if place.is_empty() { String::new() } else { format!("{place}: ") };
            lines.push(format!("{}  {place}{}", flag.name, flag.reason));
        }
    };
    add("", &analysis.flags);
    for arm in &analysis.arms {
        add(&format!("{} {}", arm.model, arm.arm), &arm.flags);
    }
    for gap in &analysis.gaps {
        add(&format!("{} {} against {}", gap.model, gap.arm, gap.baseline), &gap.flags);
    }
    if !lines.is_empty() {
        section(out, "Flags");
        for line in lines {
            let _ = writeln!(out, "{line}");
        }
    }
}

fn budget(units: f64) -> String {
    if units.fract() == 0.0 && units >= 0.0 { number::count(units as u64) } else { units.to_string() }
}

fn short(digest: &str) -> &str {
    digest.get(..16).unwrap_or(digest)
}
