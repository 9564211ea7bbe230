//! Published numbers beside measured ones: first what the protocols differ in, then the numbers.

use std::fmt::Write;

use analysis::{HeldClaim, MeasuredClaim, ProtocolLine};
use vocabulary::{Claim, FoundByOthers};

use crate::number;

/// Columns of a row, so that it stands on a terminal of 80.
const WIDEST: usize = 76;

/// Every claim, for a terminal.
pub fn claims(held: &[HeldClaim]) -> String {
    held.iter().map(claim).collect::<Vec<_>>().join("\n")
}

fn claim(held: &HeldClaim) -> String {
    let HeldClaim { claim, measured, protocol, verdict, why } = held;
    let mut out = format!("{}: {} on {}\n", verdict.as_str(), claim.model, claim.benchmark);
    let _ = writeln!(out, "  {}", why.join("; "));
    let second = if measured.is_some() { "measured" } else { "" };
    let _ = writeln!(out, "\n  {}", format!("{:<20} {:<26} {second}", "", "claimed").trim_end());
    for line in protocol {
        let _ = writeln!(out, "  {}", row(line, measured.is_some()));
    }
    let _ = writeln!(
        out,
        "\n  claimed   {} by {}{}{}\n            {}",
        claim.value.map_or_else(|| "a number not told here".to_owned(), percent),
        claim.by,
        in_brackets(claim.date.as_deref()),
        if claim.second_hand { ", second-hand" } else { "" },
        claim.source
    );
    if let Some(measured) = measured {
        out.push_str(&numbers(measured, claim));
    }
    for FoundByOthers { value, by, source, date, otherwise } in &claim.found {
        let _ = writeln!(
            out,
            "  found     {} by {by}{}, {} points{}\n            {source}",
            percent(*value),
            in_brackets(date.as_deref()),
            number::points(claim.value.map(|claimed| value - claimed)),
            otherwise.as_ref().map(|what| format!("; otherwise: {what}")).unwrap_or_default()
        );
    }
    for note in &claim.notes {
        let _ = writeln!(out, "  note      {note}");
    }
    out
}

fn numbers(measured: &MeasuredClaim, claim: &Claim) -> String {
    let ends = measured.lower.zip(measured.upper);
    let simulated = if measured.simulated { ", simulated" } else { "" };
    let mut out = format!(
        "  measured  {} % {} by {} in {}{simulated}; mean of families {} %\n",
        number::percent(measured.micro),
        number::interval(ends, number::percent),
        measured.model,
        measured.arm,
        number::percent(measured.macro_average)
    );
    let ends = measured.difference_lower.zip(measured.difference_upper);
    let _ = writeln!(
        out,
        "  between   {} points {}, margin ±{:.1}",
        number::points(measured.difference),
        number::interval(ends, number::points),
        claim.margin * 100.0
    );
    if let Some(tasks) = measured.settled_by {
        let _ = writeln!(
            out,
            "            some {} independent tasks would settle it, were the difference what it seems",
            number::count(tasks)
        );
    }
    out
}

fn row(line: &ProtocolLine, is_measured: bool) -> String {
    let claimed = line.claimed.as_deref().unwrap_or("not stated");
    let measured = line.measured.as_deref().unwrap_or("–");
    let mark = if line.same == Some(false) { "  differs" } else { "" };
    let measured = if is_measured { measured } else { "" };
    let row = format!("{:<20} {claimed:<26} {measured}{mark}", line.what).trim_end().to_owned();
    if row.chars().count() <= WIDEST && claimed.chars().count() <= 26 {
        return row;
    }
    // What does not fit its column stands below it.
    let second = if is_measured { format!("\n{:>22} {measured}{mark}", "measured:") } else { String::new() };
    format!("{:<20} {claimed}{second}", line.what)
}

fn percent(share: f64) -> String {
    format!("{} %", number::percent(Some(share)))
}

fn in_brackets(date: Option<&str>) -> String {
    date.map(|date| format!(" ({date})")).unwrap_or_default()
}
