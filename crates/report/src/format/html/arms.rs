//! Arms: scores, outcomes, helpers and losses.

use std::collections::BTreeSet;

use analysis::{Analysis, ArmSummary};
use maud::{Markup, html};

use vocabulary::FlagName;

use super::{cell, table};
use crate::{number, wording};

pub(super) fn section(analysis: &Analysis) -> Markup {
    let rows: Vec<Vec<Markup>> = analysis.arms.iter().map(row).collect();
    let header = [
        "model",
        "arm",
        "score, %",
        "",
        "95 %",
        "trials",
        "missing",
        "n eff",
        "tokens/trial",
        "cached, %",
        "calls",
        "USD",
        "USD/solve",
        "unspent at stop",
        "time/trial",
    ];
    html! {
        section aria-labelledby="arms" {
            h2 id="arms" { "Score per arm" }
            (table("Score per arm", &header, 2, &rows))
        }
    }
}

fn row(arm: &ArmSummary) -> Vec<Markup> {
    let input = arm.usage.input_uncached + arm.usage.cache_read + arm.usage.cache_write;
    let rounded = |value: Option<f64>| {
        value.map_or_else(number::missing, |value| number::count(value.round().max(0.0) as u64))
    };
    vec![
        cell(wording::model(&arm.model, arm.simulated)),
        cell(&arm.arm),
        cell(number::percent(arm.score)),
        bar(arm),
        cell(number::interval(arm.score_lower.zip(arm.score_upper), number::percent)),
        cell(format!("{}/{}", arm.ended, arm.planned)),
        cell(arm.missing.to_string()),
        cell(arm.effective_n.map_or_else(number::missing, |n| format!("{n:.1}"))),
        cell(rounded(arm.tokens_mean)),
        cell(number::percent((input > 0).then(|| arm.usage.cache_read as f64 / input as f64))),
        cell(number::count(arm.calls)),
        cell(number::usd(arm.usd)),
        cell(number::usd(arm.usd_per_solve)),
        cell(rounded(arm.unspent_at_stop_mean)),
        cell(number::seconds(arm.agent_seconds_mean)),
    ]
}

/// The score and its interval, drawn.
fn bar(arm: &ArmSummary) -> Markup {
    let Some(score) = arm.score else { return html! {} };
    let percent = |share: f64| format!("{:.2}%", 100.0 * share.clamp(0.0, 1.0));
    let name = format!("{} {} scores {} %", arm.model, arm.arm, number::percent(Some(score)));
    html! {
        svg.bar role="img" aria-label=(name) width="120" height="14" {
            title { (name) }
            rect.track width="100%" height="8" y="3" rx="2" {}
            rect.fill width=(percent(score)) height="8" y="3" rx="2" {}
            @if let Some((lower, upper)) = arm.score_lower.zip(arm.score_upper) {
                line.interval x1=(percent(lower)) x2=(percent(upper)) y1="7" y2="7" {}
            }
        }
    }
}

pub(super) fn outcomes(analysis: &Analysis) -> Markup {
    let codes: BTreeSet<&str> =
        analysis.arms.iter().flat_map(|arm| arm.outcomes.keys().map(String::as_str)).collect();
    let mut header = vec!["model", "arm"];
    header.extend(&codes);
    header.push("not ended");
    let rows: Vec<Vec<Markup>> = analysis
        .arms
        .iter()
        .map(|arm| {
            let mut row = vec![cell(wording::model(&arm.model, arm.simulated)), cell(&arm.arm)];
            row.extend(
                codes.iter().map(|code| cell(arm.outcomes.get(*code).copied().unwrap_or(0).to_string())),
            );
            row.push(cell((arm.planned - arm.ended).to_string()));
            row
        })
        .collect();
    html! {
        section aria-labelledby="outcomes" {
            h2 id="outcomes" { "Outcomes by code" }
            (table("Number of trials by outcome code", &header, 2, &rows))
        }
    }
}

pub(super) fn helpers(analysis: &Analysis) -> Markup {
    let list = |names: &BTreeSet<String>| {
        if names.is_empty() {
            number::missing()
        } else {
            names.iter().cloned().collect::<Vec<_>>().join(", ")
        }
    };
    let rows: Vec<Vec<Markup>> = analysis
        .arms
        .iter()
        .map(|arm| {
            let loss = arm.flags.iter().find(|flag| flag.name == FlagName::Loss);
            vec![
                cell(wording::model(&arm.model, arm.simulated)),
                cell(&arm.arm),
                cell(list(&arm.models_asked)),
                cell(list(&arm.models_served)),
                cell(loss.map_or_else(|| "nothing".to_owned(), |flag| flag.reason.clone())),
                cell(number::count(arm.helper_calls)),
                cell(number::count(arm.estimated_calls)),
                cell(wording::own_count(arm).unwrap_or_else(number::missing)),
            ]
        })
        .collect();
    let header = [
        "model",
        "arm",
        "models asked for",
        "models that answered",
        "lost in translation",
        "helper calls",
        "calls with estimated usage",
        "its own count over the meter's",
    ];
    html! {
        section aria-labelledby="helpers" {
            h2 id="helpers" { "Helpers and losses" }
            (table("Helper calls and losses of translation", &header, 5, &rows))
        }
    }
}
