//! A card for people: as Markdown and as a page.

use std::fmt::Write;

use evidence::{Card, card::Told};
use serde_json::Value;
use vocabulary::text::harmless;

use crate::{format::markdown::text, number};

/// A heading with its table: rows of a label and what is said.
type Part = (&'static str, Vec<(String, String)>);

fn parts(card: &Card) -> Vec<Part> {
    let run = &card.run;
    let mut parts = vec![(
        "Run",
        vec![
            row("sweep", &run.sweep),
            row("run", &run.id),
            row("trials", format!("{} of {} planned have ended", run.ended, run.planned)),
            row("began", run.began.as_deref().unwrap_or("–")),
            row("last event", run.ended_at.as_deref().unwrap_or("–")),
            row("plan", &run.plan_digest),
            row("ledger's head", &run.ledger_head),
            row("root", &run.root),
            row("registered", told(&card.registration, |one| one.commitment.clone())),
            row("card made by", card.made_by.to_string()),
        ],
    )];
    let models = card.models.iter().map(|model| {
        let simulated = if model.simulated { "simulated; " } else { "" };
        let served =
            if model.served.is_empty() { "names not told".to_owned() } else { model.served.join(", ") };
        let weights = told(&model.weights, |weights| format!("weights {weights}"));
        row(&model.id, format!("{simulated}{weights}; answered as {served}"))
    });
    parts.push(("Models", models.collect()));
    let arms = card.arms.iter().map(|arm| {
        let pack = told(&arm.pack, Clone::clone);
        let outcomes: Vec<String> =
            arm.outcomes.iter().map(|(code, trials)| format!("{trials} {code}")).collect();
        let label = format!("{}, {}", arm.model, arm.arm);
        row(&label, format!("{}; {}; {pack}", arm.division.as_str(), outcomes.join(", ")))
    });
    parts.push(("Arms", arms.collect()));
    parts.push(("Results", results(card)));
    let families: Vec<String> =
        card.tasks.families.iter().map(|(name, tasks)| format!("{tasks} {name}")).collect();
    parts.push((
        "Tasks",
        vec![
            row("number", card.tasks.tasks.to_string()),
            row("families", families.join(", ")),
            row("digest", &card.tasks.digest),
        ],
    ));
    parts.push((
        "Stated by the author",
        vec![
            row("licence", told(&card.stated.licence, Clone::clone)),
            row("contacts", told(&card.stated.contacts, |all| all.join(", "))),
            row(
                "work on prompts",
                told(&card.stated.tuning, |all| {
                    all.iter().map(|(model, said)| format!("{model}: {said}")).collect::<Vec<_>>().join("; ")
                }),
            ),
        ],
    ));
    parts
}

/// The score of each arm and each gap, as the card's results have them; no number of a gap of which nothing is stated.
fn results(card: &Card) -> Vec<(String, String)> {
    let entries = |name: &str| card.results[name].as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().map_or_else(number::missing, str::to_owned);
    let share = |value: &Value| value.as_str().and_then(|text| text.parse().ok());
    let ends = |lower: &Value, upper: &Value| share(lower).zip(share(upper));
    let mut rows: Vec<(String, String)> = entries("arms")
        .iter()
        .map(|arm| {
            let interval = number::interval(ends(&arm["score_lower"], &arm["score_upper"]), number::percent);
            let score = number::percent(share(&arm["score"]));
            let label = format!("{}, {}", text(&arm["model"]), text(&arm["arm"]));
            row(&label, format!("score {score} %, 95 % {interval}, of {} planned trials", arm["planned"]))
        })
        .collect();
    rows.extend(entries("gaps").iter().map(|gap| {
        let label = format!("{}, {} over {}", text(&gap["model"]), text(&gap["arm"]), text(&gap["baseline"]));
        let (estimate, kind) = (&gap["estimate"], text(&gap["verdict"]["kind"]));
        let verdict = kind.replace('_', " ");
        if !["equivalent", "no_difference", "difference"].contains(&kind.as_str()) {
            return row(&label, format!("{verdict}: nothing is stated"));
        }
        let interval = number::interval(ends(&estimate["lower"], &estimate["upper"]), number::points);
        let level = number::percent(share(&estimate["level"]));
        row(
            &label,
            format!(
                "{verdict}: {} points, {level} % {interval}",
                number::points(share(&estimate["estimate"]))
            ),
        )
    }));
    rows
}

fn lists(card: &Card) -> [(&'static str, &[String]); 3] {
    [
        ("What differs from the baseline", &card.arm_differences),
        ("Flags", &card.flags),
        ("What the numbers do not show", &card.limitations),
    ]
}

fn row(label: &str, said: impl Into<String>) -> (String, String) {
    (label.to_owned(), said.into())
}

fn told<T>(value: &Told<T>, known: impl FnOnce(&T) -> String) -> String {
    match value {
        Told::Known(value) => known(value),
        Told::Missing(reason) => format!("– ({})", reason.missing),
    }
}

/// The card as Markdown, headings of the second level.
pub fn card_markdown(card: &Card) -> String {
    let mut out = format!("# Card of {}\n", text(&card.run.sweep));
    for (heading, rows) in parts(card) {
        let _ = write!(out, "\n## {heading}\n\n| | |\n|---|---|\n");
        for (label, said) in rows {
            let _ = writeln!(out, "| {} | {} |", text(&label), text(&said));
        }
    }
    for (heading, items) in lists(card) {
        if !items.is_empty() {
            let _ = write!(out, "\n## {heading}\n\n");
            for item in items {
                let _ = writeln!(out, "- {}", text(item));
            }
        }
    }
    harmless(&out).into_owned()
}

/// The card as a page that needs nothing beside it.
pub fn card_html(card: &Card) -> String {
    let page = maud::html! {
        (maud::DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { "Card of " (card.run.sweep) }
                style { (maud::PreEscaped(STYLE)) }
            }
            body {
                h1 { "Card of " (card.run.sweep) }
                @for (heading, rows) in parts(card) {
                    h2 { (heading) }
                    table {
                        @for (label, said) in rows { tr { th scope="row" { (label) } td { (said) } } }
                    }
                }
                @for (heading, items) in lists(card) {
                    @if !items.is_empty() {
                        h2 { (heading) }
                        ul { @for item in items { li { (item) } } }
                    }
                }
            }
        }
    }
    .into_string();
    harmless(&page).into_owned()
}

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem;\
color:#1b1b1b;background:#fff}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;\
padding:.25rem .75rem .25rem 0;border-bottom:1px solid #ddd;overflow-wrap:anywhere}th{font-weight:500;white-space:nowrap}\
@media(prefers-color-scheme:dark){body{color:#e6e6e6;background:#161616}th,td{border-color:#444}}";
