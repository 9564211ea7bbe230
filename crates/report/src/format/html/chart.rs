//! Score and gap by budget, and cost against score. Places are percent of a chart's width and height, so that it fits
//! any screen while its text keeps its size.

use analysis::{Analysis, ArmSummary, Curves, Estimate};
use maud::{Markup, html};

use super::{cell, table};
use crate::{number, wording};

/// How many colours and shapes tell arms apart; more arms begin again.
const KINDS: usize = 6;

pub(super) fn by_budget(analysis: &Analysis) -> Markup {
    let Some(curves) = &analysis.curves else { return html! {} };
    html! {
        section aria-labelledby="budget" {
            h2 id="budget" { "By budget" }
            p.quiet { (wording::curve_kind(curves.kind)) }
            div.charts {
                @for model in models(analysis) { (scores(curves, model)) (gaps(curves, model)) }
            }
            (numbers(curves))
        }
    }
}

fn models(analysis: &Analysis) -> Vec<&str> {
    let mut models: Vec<&str> = analysis.arms.iter().map(|arm| arm.model.as_str()).collect();
    models.dedup();
    models
}

/// One line of a chart.
struct Line<'a> {
    name: &'a str,
    kind: usize,
    points: &'a [Estimate],
}

fn scores(curves: &Curves, model: &str) -> Markup {
    let lines: Vec<Line<'_>> = curves
        .scores
        .iter()
        .filter(|curve| curve.model == model)
        .enumerate()
        .map(|(kind, curve)| Line { name: &curve.arm, kind, points: &curve.points })
        .collect();
    let simulated = curves.scores.iter().any(|curve| curve.model == model && curve.simulated);
    lined(
        &format!("Score by budget, {}", wording::model(model, simulated)),
        &curves.budgets,
        &lines,
        (0.0, 1.0),
    )
}

fn gaps(curves: &Curves, model: &str) -> Markup {
    let lines: Vec<Line<'_>> = curves
        .gaps
        .iter()
        .filter(|curve| curve.model == model)
        .map(|curve| Line {
            name: &curve.arm,
            // The same colour as in the chart of scores.
            kind: curves
                .scores
                .iter()
                .filter(|s| s.model == model)
                .position(|s| s.arm == curve.arm)
                .unwrap_or(0),
            points: &curve.points,
        })
        .collect();
    if lines.is_empty() {
        return html! {};
    }
    let ends = lines
        .iter()
        .flat_map(|line| line.points)
        .flat_map(|point| [Some(point.estimate), point.lower, point.upper].into_iter().flatten());
    let reach = ends.fold(0.1, |reach: f64, end| reach.max(end.abs()));
    let reach = (reach * 5.0).ceil() / 5.0;
    let simulated = curves.gaps.iter().any(|curve| curve.model == model && curve.simulated);
    lined(
        &format!("Gap by budget, {}", wording::model(model, simulated)),
        &curves.budgets,
        &lines,
        (-reach, reach),
    )
}

/// Lines over the budgets, with the interval of each point.
fn lined(name: &str, budgets: &[f64], lines: &[Line<'_>], (least, most): (f64, f64)) -> Markup {
    let x = |place: usize| 4.0 + 92.0 * place as f64 / (budgets.len().max(2) - 1) as f64;
    let y = |value: f64| 100.0 - 100.0 * ((value - least) / (most - least)).clamp(0.0, 1.0);
    let ticks: Vec<f64> = (0..=4).map(|tick| least + (most - least) * f64::from(tick) / 4.0).collect();
    let written = |value: f64| {
        if least < 0.0 {
            number::points(Some(value)).replace(".0", "")
        } else {
            format!("{:.0}", value * 100.0)
        }
    };
    let told: Vec<String> = lines
        .iter()
        .map(|line| {
            let points = line
                .points
                .iter()
                .zip(budgets)
                .map(|(point, budget)| format!("{} at {}", written(point.estimate), short(*budget)));
            format!("{}: {}", line.name, points.collect::<Vec<_>>().join(", "))
        })
        .collect();
    html! {
        figure.chart {
            figcaption { strong { (name) } ", " @if least < 0.0 { "pp" } @else { "%" } (legend(lines.iter().map(|line| (line.name, line.kind)))) }
            div.plot {
                svg role="img" aria-label=(name) width="100%" height="220" {
                    title { (name) }
                    desc { (told.join("; ")) }
                    @for tick in &ticks {
                        line.grid x1="0%" x2="100%" y1=(percent(y(*tick))) y2=(percent(y(*tick))) {}
                        text x="0" dx="-8" dy="4" y=(percent(y(*tick))) text-anchor="end" { (written(*tick)) }
                    }
                    @if least < 0.0 { line.zero x1="0%" x2="100%" y1=(percent(y(0.0))) y2=(percent(y(0.0))) {} }
                    @for (place, budget) in budgets.iter().enumerate() {
                        text x=(percent(x(place))) y="100%" dy="20" text-anchor="middle" { (short(*budget)) }
                    }
                    @for (place, line) in lines.iter().enumerate() {
                        // Side by side, so that intervals do not cover each other.
                        g class=(kind(line.kind)) transform=(aside(place, lines.len())) {
                            @for (place, point) in line.points.iter().enumerate() {
                                @if let Some((lower, upper)) = point.lower.zip(point.upper) {
                                    line.whisker x1=(percent(x(place))) x2=(percent(x(place))) y1=(percent(y(lower))) y2=(percent(y(upper))) {}
                                }
                                @if let Some(next) = line.points.get(place + 1) {
                                    line.trace x1=(percent(x(place))) y1=(percent(y(point.estimate))) x2=(percent(x(place + 1))) y2=(percent(y(next.estimate))) {}
                                }
                            }
                            @for (place, point) in line.points.iter().enumerate() {
                                (marker(line.kind, x(place), y(point.estimate)))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn numbers(curves: &Curves) -> Markup {
    let budgets: Vec<String> = curves.budgets.iter().map(|budget| short(*budget)).collect();
    let mut header = vec!["model", "arm"];
    header.extend(budgets.iter().map(String::as_str));
    header.push("area");
    let shares: Vec<Vec<Markup>> = curves
        .scores
        .iter()
        .map(|curve| {
            let mut row = vec![cell(wording::model(&curve.model, curve.simulated)), cell(&curve.arm)];
            row.extend(curve.points.iter().map(|point| cell(number::percent(Some(point.estimate)))));
            row.push(cell(number::percent(curve.area)));
            row
        })
        .collect();
    let differences: Vec<Vec<Markup>> = curves
        .gaps
        .iter()
        .map(|curve| {
            let mut row = vec![cell(wording::model(&curve.model, curve.simulated)), cell(&curve.arm)];
            let points = curve.points.iter().map(Some).chain([curve.area.as_ref()]);
            row.extend(points.map(|point| match point {
                None => cell(number::missing()),
                Some(point) => html! {
                    (number::points(Some(point.estimate))) br; span.quiet { (wording::points_interval(point)) }
                },
            }));
            row
        })
        .collect();
    html! {
        details {
            summary { "The numbers" }
            (table("Score by budget, in percent", &header, 2, &shares))
            @if !differences.is_empty() { (table("Gap by budget, in percentage points", &header, 2, &differences)) }
            p.quiet { "Each interval holds for its own point; a claim about several budgets at once needs more. The area is the mean over the logarithm of the budget." }
        }
    }
}

pub(super) fn cost(analysis: &Analysis) -> Markup {
    html! {
        section aria-labelledby="cost" {
            h2 id="cost" { "Cost against score" }
            div.charts { @for model in models(analysis) {
                (scatter(&analysis.arms.iter().filter(|arm| arm.model == model).collect::<Vec<_>>()))
            } }
            @for gap in &analysis.gaps { @if let Some(trade) = gap.cost {
                p {
                    (wording::model(&gap.model, gap.simulated)) ", " (gap.arm) ": a trial costs "
                    (number::usd(Some(trade.usd))) " more than in the baseline. "
                    @match trade.break_even {
                        Some(worth) if worth > 0.0 => { "It pays where a solved task is worth more than " (number::usd(Some(worth))) "." }
                        Some(_) => { "It solves more and does not cost more." }
                        None => { "It does not solve more." }
                    }
                }
            } }
        }
    }
}

/// Mean tokens of a trial against the score, with the score's interval.
fn scatter(arms: &[&ArmSummary]) -> Markup {
    let placed: Vec<(usize, &ArmSummary, f64, f64)> = arms
        .iter()
        .enumerate()
        .filter_map(|(kind, arm)| Some((kind, *arm, arm.tokens_mean?, arm.score?)))
        .collect();
    let Some((_, first, ..)) = placed.first() else {
        return html! { p { "No trial has ended yet." } };
    };
    let most = nice(placed.iter().map(|(_, _, tokens, _)| *tokens).fold(1.0, f64::max));
    let x = |tokens: f64| 100.0 * (tokens / most).clamp(0.0, 1.0);
    let y = |score: f64| 100.0 - 100.0 * score.clamp(0.0, 1.0);
    let name = format!("Cost against score, {}", wording::model(&first.model, first.simulated));
    let told: Vec<String> = placed
        .iter()
        .map(|(_, arm, tokens, score)| {
            format!(
                "{}: {} % at {} tokens",
                arm.arm,
                number::percent(Some(*score)),
                number::count(tokens.round() as u64)
            )
        })
        .collect();
    html! {
        figure.chart {
            figcaption { strong { (name) } ", % by mean tokens of a trial" (legend(placed.iter().map(|(kind, arm, ..)| (arm.arm.as_str(), *kind)))) }
            div.plot {
                svg role="img" aria-label=(name) width="100%" height="220" {
                    title { (name) }
                    desc { (told.join("; ")) }
                    @for tick in [0.0, 0.25, 0.5, 0.75, 1.0] {
                        line.grid x1="0%" x2="100%" y1=(percent(y(tick))) y2=(percent(y(tick))) {}
                        text x="0" dx="-8" dy="4" y=(percent(y(tick))) text-anchor="end" { (format!("{:.0}", tick * 100.0)) }
                        text x=(percent(100.0 * tick)) y="100%" dy="20" text-anchor="middle" { (short(most * tick)) }
                    }
                    @for (place, arm, tokens, score) in &placed {
                        g class=(kind(*place)) transform=(aside(*place, placed.len())) {
                            @if let Some((lower, upper)) = arm.score_lower.zip(arm.score_upper) {
                                line.whisker x1=(percent(x(*tokens))) x2=(percent(x(*tokens))) y1=(percent(y(lower))) y2=(percent(y(upper))) {}
                            }
                            (marker(*place, x(*tokens), y(*score)))
                        }
                    }
                }
            }
        }
    }
}

/// Names with their colour and shape.
fn legend<'a>(names: impl Iterator<Item = (&'a str, usize)>) -> Markup {
    html! {
        span.legend { @for (name, place) in names {
            span.entry {
                svg class=(kind(place)) width="14" height="14" aria-hidden="true" { (marker(place, 50.0, 50.0)) }
                (name)
            }
        } }
    }
}

/// A shape of its own for each arm, since colours alone do not tell them apart for everybody.
fn marker(place: usize, x: f64, y: f64) -> Markup {
    let shape = match place % KINDS {
        0 => "M-4.5 0a4.5 4.5 0 1 0 9 0a4.5 4.5 0 1 0-9 0z",
        1 => "M-4-4h8v8h-8z",
        2 => "M0-5.5 5.5 0 0 5.5-5.5 0z",
        3 => "M0-5 5 4h-10z",
        4 => "M0 5 5-4h-10z",
        _ => "M-1.5-5h3v3.5h3.5v3h-3.5v3.5h-3v-3.5h-3.5v-3h3.5z",
    };
    html! { svg.marker x=(percent(x)) y=(percent(y)) overflow="visible" width="1" height="1" { path d=(shape) {} } }
}

/// Moves one of several series a little, so that intervals at the same place stand side by side.
fn aside(place: usize, of: usize) -> String {
    format!("translate({})", 5.0 * (place as f64 - (of as f64 - 1.0) / 2.0))
}

fn kind(place: usize) -> String {
    format!("k{}", place % KINDS)
}

fn percent(place: f64) -> String {
    format!("{place:.2}%")
}

/// The next of 1, 2, 5 times a power of ten.
fn nice(value: f64) -> f64 {
    let power = 10f64.powf(value.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|step| step * power).find(|step| *step >= value).unwrap_or(value)
}

/// `12.5k`, `2M`.
fn short(value: f64) -> String {
    let (scaled, unit) = match value {
        value if value >= 1e6 => (value / 1e6, "M"),
        value if value >= 1e3 => (value / 1e3, "k"),
        value => (value, ""),
    };
    let digits = if scaled >= 100.0 || scaled.fract() == 0.0 {
        0
    } else if scaled >= 10.0 {
        1
    } else {
        2
    };
    format!("{scaled:.digits$}{unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn axes_are_written_short() {
        let written: Vec<String> = [0.5, 31.25, 12_500.0, 400_000.0, 2e6].map(short).into();
        assert_eq!(written, ["0.50", "31.2", "12.5k", "400k", "2M"]);
        assert_eq!([nice(1.0), nice(1.1), nice(34_000.0)], [1.0, 2.0, 50_000.0]);
    }
}
