//! Gaps: a forest plot, and the same numbers as tables.

use analysis::{Analysis, Estimate, GapSummary};
use maud::{Markup, html};

use super::{cell, table};
use crate::{
    number,
    wording::{self, parts},
};

pub(super) fn section(analysis: &Analysis) -> Markup {
    if analysis.gaps.is_empty() && analysis.controls.is_empty() {
        return html! {};
    }
    let all: Vec<&GapSummary> = analysis.gaps.iter().chain(&analysis.controls).collect();
    let axis = Axis::around(all.iter().filter_map(|gap| gap.headline().0));
    html! {
        section aria-labelledby="gaps" {
            h2 id="gaps" { "Gap against " (wording::arm(&analysis.baseline)) }
            figure.forest role="group" aria-label="Forest plot of the gaps with 95 % intervals, in percentage points" {
                @for gap in &all { (forest_row(gap, &axis)) }
                div.row.axis aria-hidden="true" {
                    span {}
                    span.ticks { @for tick in axis.ticks() {
                        span style=(format!("left:{:.2}%", axis.place(tick))) { (number::points(Some(tick)).replace(".0", "")) }
                    } }
                    span {}
                }
                figcaption {
                    "Percentage points more (right) or fewer (left) solved than " (wording::arm(&analysis.baseline))
                    ". The line is the 95 % interval; the pale band is what this run could not have told from nothing."
                }
            }
            (numbers(&all))
        }
    }
}

fn forest_row(gap: &GapSummary, axis: &Axis) -> Markup {
    let estimate = gap.headline().0;
    let said = estimate.map_or_else(number::missing, |estimate| {
        format!("{} {}", number::points(Some(estimate.estimate)), wording::points_interval(&estimate))
    });
    let name = format!(
        "{} {}: {said} percentage points",
        wording::model(&gap.model, gap.simulated),
        wording::arm(&gap.arm)
    );
    html! {
        div.row {
            span.who { (wording::model(&gap.model, gap.simulated)) ", " strong { (gap.arm) } }
            svg.strip role="img" aria-label=(name) height="26" width="100%" {
                title { (name) }
                desc { "p " (number::p(gap.p_holm)) " after Holm, " (gap.tasks) " tasks" }
                @if let Some(smallest) = estimate.and_then(|estimate| estimate.smallest_detectable) {
                    rect.band y="3" height="20" x=(axis.percent(-smallest)) width=(axis.width(2.0 * smallest)) {}
                }
                line.zero x1=(axis.percent(0.0)) x2=(axis.percent(0.0)) y1="0" y2="26" {}
                @if let Some(estimate) = estimate {
                    @if let Some((lower, upper)) = estimate.lower.zip(estimate.upper) {
                        line.interval x1=(axis.percent(lower)) x2=(axis.percent(upper)) y1="13" y2="13" {}
                        @for end in [lower, upper] {
                            line.interval x1=(axis.percent(end)) x2=(axis.percent(end)) y1="8" y2="18" {}
                        }
                    }
                    circle.point cx=(axis.percent(estimate.estimate)) cy="13" r="5" {}
                }
            }
            span.number { (said) }
        }
    }
}

fn numbers(gaps: &[&GapSummary]) -> Markup {
    let rows: Vec<Vec<Markup>> = gaps
        .iter()
        .map(|gap| {
            let interval = |estimate: Option<Estimate>| {
                estimate.map_or_else(number::missing, |estimate| wording::points_interval(&estimate))
            };
            let points =
                |estimate: Option<Estimate>| number::points(estimate.map(|estimate| estimate.estimate));
            let missing =
                |value: fn(&analysis::Missing) -> f64| number::points(gap.missing.as_ref().map(value));
            vec![
                cell(wording::model(&gap.model, gap.simulated)),
                cell(&gap.arm),
                cell(points(gap.micro)),
                cell(interval(gap.micro)),
                cell(points(gap.r#macro)),
                cell(interval(gap.r#macro)),
                cell(number::p(gap.headline().1)),
                cell(number::p(gap.p_holm)),
                cell(number::percent(gap.headline().0.and_then(|estimate| estimate.smallest_detectable))),
                cell(gap.tasks.to_string()),
                cell(format!("{}/{}/{}", gap.better, gap.same, gap.worse)),
                cell(number::points(gap.missing.and_then(|missing| missing.available_case))),
                cell(format!("[{}, {}]", missing(|m| m.manski_lower), missing(|m| m.manski_upper))),
            ]
        })
        .collect();
    let header = [
        "model",
        "arm",
        "micro",
        "95 %",
        "macro",
        "95 %",
        "p",
        "p Holm",
        "detectable",
        "tasks",
        "better/same/worse",
        "without missing",
        "bounds",
    ];
    table("Gaps in percentage points", &header, 2, &rows)
}

pub(super) fn factorials(analysis: &Analysis) -> Markup {
    if analysis.factorials.is_empty() {
        return html! {};
    }
    let mut rows = Vec::new();
    for found in &analysis.factorials {
        for (part, effect) in parts(found) {
            rows.push(vec![
                cell(wording::model(&found.model, found.simulated)),
                cell(&found.harness),
                cell(part),
                cell(number::points(Some(effect.estimate.estimate))),
                cell(wording::points_interval(&effect.estimate)),
                cell(number::p(Some(effect.p))),
                cell(number::p(Some(effect.p_holm))),
                cell(number::percent(effect.estimate.smallest_detectable)),
                cell(found.tasks.to_string()),
            ]);
        }
    }
    let header = ["model", "harness", "part", "gap", "95 %", "p", "p Holm", "detectable", "tasks"];
    html! {
        section aria-labelledby="factorial" {
            h2 id="factorial" { "Harness and prompt" }
            (table("The gap split into harness and prompt, in percentage points", &header, 3, &rows))
            p.quiet { "The whole gap is the harness's part and the prompt's, exactly. The interaction is how much more the prompt adds under the harness than under the bare loop." }
        }
    }
}

/// From differences to places on a strip.
struct Axis {
    lower: f64,
    upper: f64,
    step: f64,
}

impl Axis {
    fn around(estimates: impl Iterator<Item = Estimate>) -> Self {
        let (mut lower, mut upper) = (-0.05, 0.05);
        for estimate in estimates {
            for value in [Some(estimate.estimate), estimate.lower, estimate.upper].into_iter().flatten() {
                lower = f64::min(lower, value);
                upper = f64::max(upper, value);
            }
        }
        let step =
            [0.05, 0.1, 0.2, 0.25, 0.5].into_iter().find(|step| upper - lower <= step * 7.0).unwrap_or(0.5);
        Self { lower: (lower / step).floor() * step, upper: (upper / step).ceil() * step, step }
    }

    fn ticks(&self) -> Vec<f64> {
        let count = ((self.upper - self.lower) / self.step).round() as i32;
        (0..=count).map(|place| self.lower + f64::from(place) * self.step).collect()
    }

    /// Percent of the width, with some room at both ends.
    fn place(&self, value: f64) -> f64 {
        3.0 + 94.0 * ((value - self.lower) / (self.upper - self.lower)).clamp(0.0, 1.0)
    }

    fn percent(&self, value: f64) -> String {
        format!("{:.2}%", self.place(value))
    }

    /// Of a band around 0, cut where the strip ends.
    fn width(&self, value: f64) -> String {
        format!("{:.2}%", self.place(value / 2.0) - self.place(-value / 2.0))
    }
}
