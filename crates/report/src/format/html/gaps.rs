//! Gaps in numbers: what decides each, what else there is, what it costs, and what it is made of.

use analysis::{Analysis, Estimate, GapSummary};
use maud::{Markup, html};

use super::{cell, table};
use crate::{
    answer, hacks, number,
    wording::{self, parts},
};

fn points(estimate: Option<Estimate>) -> Markup {
    cell(number::points(estimate.map(|estimate| estimate.estimate)))
}

fn interval(estimate: Option<Estimate>) -> Markup {
    cell(estimate.map_or_else(number::missing, |estimate| wording::points_interval(&estimate)))
}

pub(super) fn tables(analysis: &Analysis) -> Markup {
    let all: Vec<&GapSummary> = analysis.gaps.iter().chain(&analysis.controls).collect();
    if all.is_empty() {
        return html! {};
    }
    let name = |gap: &GapSummary| cell(wording::named(&gap.model, gap.simulated, &gap.arm, analysis));
    let decides = |gap: &&GapSummary| {
        let headline = answer::shown(analysis, gap);
        vec![
            name(gap),
            points(headline),
            interval(headline),
            cell(number::p(headline.and(gap.p_adjusted))),
            cell(number::percent(headline.and_then(|estimate| estimate.smallest_detectable))),
            cell(gap.tasks.to_string()),
            cell(
                headline
                    .map_or_else(number::missing, |_| format!("{}/{}/{}", gap.better, gap.same, gap.worse)),
            ),
        ]
    };
    let beside = |gap: &&GapSummary| {
        let bound = |value: fn(&analysis::Missing) -> f64| number::points(gap.missing.as_ref().map(value));
        if answer::shown(analysis, gap).is_none() {
            return std::iter::once(name(gap)).chain((1..7).map(|_| cell(number::missing()))).collect();
        }
        vec![
            name(gap),
            points(gap.appendix.families_alike),
            interval(gap.appendix.families_alike),
            cell(gap.appendix.sign_flip.map_or_else(number::missing, |test| number::p(Some(test.p)))),
            cell(gap.appendix.sign_flip.map_or_else(number::missing, |test| number::p(Some(test.smallest)))),
            cell(number::points(gap.missing.and_then(|missing| missing.available_case))),
            cell(format!("[{}, {}]", bound(|m| m.manski_lower), bound(|m| m.manski_upper))),
        ]
    };
    let level = wording::level(analysis);
    let header = ["arm", "gap, pp", &level, "p adjusted", "detectable", "tasks", "better/same/worse"];
    let other = ["arm", "families alike", "95 %", "sign flip p", "smallest p", "without missing", "bounds"];
    html! {
        (table("Gaps in percentage points", &header, 1, &all.iter().map(decides).collect::<Vec<_>>()))
        details {
            summary { "Gaps by other rules, which decide nothing" }
            (table("Gaps by other rules, in percentage points", &other, 1, &all.iter().map(beside).collect::<Vec<_>>()))
        }
    }
}

/// Hacks by arm, and what they do to each gap.
pub(super) fn hacks(analysis: &Analysis) -> Markup {
    let told = hacks::told(analysis);
    if told.is_empty() {
        return html! {};
    }
    html! {
        section aria-labelledby="hacks" {
            h2 id="hacks" { (hacks::TITLE) }
            @for sentence in &told { p { (sentence) } }
        }
    }
}

/// What an arm costs against what it solves, where prices are known.
pub(super) fn costs(analysis: &Analysis) -> Markup {
    let priced = || analysis.gaps.iter().filter_map(|gap| Some((gap, gap.cost?)));
    if priced().next().is_none() {
        return html! {};
    }
    let rows: Vec<Vec<Markup>> = priced()
        .map(|(gap, trade)| {
            let worth = match trade.break_even {
                Some(worth) if worth > 0.0 => {
                    format!("where a solved task is worth {}", number::usd(Some(worth)))
                }
                Some(_) => "always: it solves more and costs no more".to_owned(),
                None => "never: it does not solve more".to_owned(),
            };
            vec![
                cell(wording::named(&gap.model, gap.simulated, &gap.arm, analysis)),
                cell(number::signed_usd(trade.usd)),
                cell(worth),
            ]
        })
        .collect();
    html! {
        section aria-labelledby="cost" {
            h2 id="cost" { "What it costs" }
            (table("Cost of an arm against the baseline", &["arm", "more a trial", "it pays"], 1, &rows))
        }
    }
}

pub(super) fn factorials(analysis: &Analysis) -> Markup {
    if analysis.factorials.is_empty() {
        return html! {};
    }
    let mut rows = Vec::new();
    for found in &analysis.factorials {
        for (part, effect) in parts(found) {
            rows.push(vec![
                cell(wording::named(&found.model, found.simulated, &found.harness, analysis)),
                cell(part),
                points(Some(effect.estimate)),
                interval(Some(effect.estimate)),
                cell(number::p(effect.p_adjusted)),
                cell(number::percent(effect.estimate.smallest_detectable)),
                cell(found.tasks.to_string()),
            ]);
        }
    }
    let header = ["harness", "part", "gap, pp", "interval", "p adjusted", "detectable", "tasks"];
    html! {
        section aria-labelledby="factorial" {
            h2 id="factorial" { "Harness and prompt" }
            @for found in &analysis.factorials { p { (wording::factorial(found)) "." } }
            details {
                summary { "The parts in numbers" }
                (table("The gap split into harness and prompt, in percentage points", &header, 2, &rows))
                p.quiet { "The whole gap is the harness's part and the prompt's, exactly. The interaction is how much more the prompt adds under the harness than under the bare loop." }
            }
        }
    }
}
