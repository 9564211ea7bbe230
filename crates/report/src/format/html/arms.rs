//! Arms in numbers: scores, what they used, outcomes, helpers and losses.

use std::collections::BTreeSet;

use analysis::{Analysis, ArmSummary};
use maud::{Markup, html};

use vocabulary::FlagName;

use super::{cell, table};
use crate::{number, wording};

pub(super) fn tables(analysis: &Analysis) -> Markup {
    let rows = |row: fn(&ArmSummary) -> Vec<String>| -> Vec<Vec<Markup>> {
        let arms = analysis.arms.iter();
        arms.map(|arm| {
            let name = wording::named(&arm.model, arm.simulated, &arm.arm, analysis);
            std::iter::once(name).chain(row(arm)).map(cell).collect()
        })
        .collect()
    };
    let scores = ["arm", "score, %", "95 %", "trials", "missing", "tokens/trial", "USD"];
    let used = ["arm", "n eff", "cached, %", "calls", "USD/solve", "unspent at stop", "time/trial"];
    let outcomes = ["arm", "outcomes", "not ended"];
    let helpers = [
        "arm",
        "models asked for",
        "models that answered",
        "lost in translation",
        "helper calls",
        "calls with estimated usage",
        "its own count over the meter's",
    ];
    html! {
        (table("Score per arm", &scores, 1, &rows(score)))
        details { summary { "What arms used" } (table("What arms used", &used, 1, &rows(usage))) }
        details { summary { "Outcomes by code" } (table("Number of trials by outcome code", &outcomes, 2, &rows(outcome))) }
        details { summary { "Helpers and losses" } (table("Helper calls and losses of translation", &helpers, 4, &rows(helper))) }
    }
}

fn rounded(value: Option<f64>) -> String {
    value.map_or_else(number::missing, |value| number::count(value.round().max(0.0) as u64))
}

fn score(arm: &ArmSummary) -> Vec<String> {
    vec![
        number::percent(arm.score),
        number::interval(arm.score_lower.zip(arm.score_upper), number::percent),
        format!("{}/{}", arm.ended, arm.planned),
        arm.missing.to_string(),
        rounded(arm.tokens_mean),
        number::usd(arm.usd),
    ]
}

fn usage(arm: &ArmSummary) -> Vec<String> {
    let input = arm.usage.input_uncached + arm.usage.cache_read + arm.usage.cache_write;
    vec![
        arm.effective_n.map_or_else(number::missing, |n| format!("{n:.1}")),
        number::percent((input > 0).then(|| arm.usage.cache_read as f64 / input as f64)),
        number::count(arm.calls),
        number::usd(arm.usd_per_solve),
        rounded(arm.unspent_at_stop_mean),
        number::seconds(arm.agent_seconds_mean),
    ]
}

fn outcome(arm: &ArmSummary) -> Vec<String> {
    let codes: Vec<String> = arm.outcomes.iter().map(|(code, trials)| format!("{code} {trials}")).collect();
    let ended = if codes.is_empty() { number::missing() } else { codes.join(" · ") };
    vec![ended, (arm.planned - arm.ended).to_string()]
}

fn helper(arm: &ArmSummary) -> Vec<String> {
    let list = |names: &BTreeSet<String>| {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        if names.is_empty() { number::missing() } else { names.join(", ") }
    };
    let loss = arm.flags.iter().find(|flag| flag.name == FlagName::Loss);
    vec![
        list(&arm.models_asked),
        list(&arm.models_served),
        loss.map_or_else(|| "nothing".to_owned(), |flag| flag.reason.clone()),
        number::count(arm.helper_calls),
        number::count(arm.estimated_calls),
        wording::own_count(arm).unwrap_or_else(number::missing),
    ]
}
