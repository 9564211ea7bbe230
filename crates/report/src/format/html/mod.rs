//! The report as one page that needs nothing else: no script, no request, no font.
//!
//! What stands in it comes from models and containers and is hostile: everything goes through maud, which escapes it;
//! nothing from outside may become a name, an attribute's name, a style or a link.

mod arms;
mod attempts;
mod budget;
mod conversation;
mod gaps;
mod history;
mod matrix;
mod pair;
mod room;
mod rows;

use analysis::{Analysis, in_order};
use ledger::RunDir;
use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::Writer;
use crate::{answer, flags, number, registration, wording};

pub(super) const WRITER: Writer = Writer {
    name: "html",
    about: "One page that needs nothing else: charts, and every trial beside its pair",
    report: |analysis, run, _| Ok(html(analysis, run)),
    difference: None,
    comparison: None,
    history: Some(|found, _| Ok(history::page(found))),
};

const STYLE: &str = include_str!("style.css");

/// The whole page. `run` is the directory of the run: conversations, verifier's outputs and workspaces of as many pairs
/// as fit a page.
fn html(analysis: &Analysis, run: &RunDir) -> String {
    let main = html! {
        (rows::section(analysis))
        (budget::section(analysis))
        (gaps::hacks(analysis))
        (gaps::costs(analysis))
        (gaps::factorials(analysis))
        (matrix::section(analysis))
        (flags(analysis))
        (numbers(analysis))
        (provenance(analysis))
        (pair::sections(analysis, run))
    };
    page(&analysis.sweep, &heading(analysis), &main)
}

/// A page that fetches nothing and runs nothing, whatever gets past the escaping.
fn page(name: &str, header: &Markup, main: &Markup) -> String {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:";
                title { "overhang: " (name) }
                link rel="icon" href="data:,";
                style { (PreEscaped(STYLE)) }
            }
            body {
                header { (header) }
                main { (main) }
            }
        }
    };
    page.into_string()
}

fn heading(analysis: &Analysis) -> Markup {
    let models: Vec<&str> = analysis.models().collect();
    html! {
        p.masthead {
            strong { (analysis.sweep) }
            @if let Some(day) = wording::day(analysis) { " · " (day) }
            " · " (models.join(", "))
            " · " (wording::budget(analysis)) " a trial"
            " · overhang " (in_order(&analysis.programs))
            @for word in wording::standing(analysis) { " " span.stamp { (word) } }
        }
        h1 { (answer::headline(analysis)) }
        @if let Some(line) = answer::settle(analysis) { p.settle { (with_code(&line)) } }
        @if let Some(stamp) = wording::stamp(analysis) { p.quiet { (stamp) } }
    }
}

/// A sentence of ours, what stands between backticks set as code.
pub(super) fn with_code(sentence: &str) -> Markup {
    html! {
        @for (place, part) in sentence.split('`').enumerate() {
            @if place % 2 == 1 { code { (part) } } @else { (part) }
        }
    }
}

/// Everything behind the answer, folded.
fn numbers(analysis: &Analysis) -> Markup {
    html! {
        section aria-labelledby="numbers" {
            h2 id="numbers" { "The numbers" }
            p.facts {
                (analysis.ended) " of " (analysis.planned) " planned trials ended · "
                (wording::tasks(analysis)) " in "
                (wording::plural(analysis.families, "family", "families")) " · "
                (wording::plural(analysis.attempts as usize, "attempt", "attempts")) " each"
                @if analysis.lost.tries > 0 {
                    " · " (wording::plural(analysis.lost.tries as usize, "try", "tries"))
                    " led to no outcome and cost " (number::count(analysis.lost.tokens)) " tokens, charged to no trial"
                }
            }
            @for gap in &analysis.gaps { p { (wording::sentence(analysis, gap)) "." } }
            @for control in &analysis.controls { p { (wording::control(control)) "." } }
            @let registered = registration::told(analysis);
            @if !registered.is_empty() {
                h3 { (registration::TITLE) }
                ul { @for sentence in &registered { li { (sentence) } } }
            }
            (gaps::tables(analysis))
            (arms::tables(analysis))
            (attempts::tables(analysis))
        }
    }
}

fn flags(analysis: &Analysis) -> Markup {
    let groups = flags::groups(analysis);
    html! {
        section aria-labelledby="flags" {
            h2 id="flags" { "Flags" }
            @if groups.is_empty() { p { "None was raised." } }
            @for group in &groups {
                h3 { (group.title) }
                ul.flags { @for flag in &group.flags {
                    li { (flag.sentence()) " " code.quiet { (flag.name) } }
                } }
            }
        }
    }
}

fn provenance(analysis: &Analysis) -> Markup {
    html! {
        section aria-labelledby="provenance" {
            h2 id="provenance" { "Where the numbers come from" }
            dl.digests {
                dt { "run" } dd { code { (analysis.run) } }
                dt { "program" } dd { (in_order(&analysis.programs)) }
                dt { "plan, SHA-256" } dd { code { (analysis.plan_digest) } }
                dt { "ledger's last link" } dd { code { (analysis.ledger_head) } ", " (analysis.ledger_events) " events" }
            }
            p {
                "All trials were planned and hashed before the first one. To verify: "
                code { "overhang report RUN --format json" }
                " checks each link of the ledger's chain and the plan against its digest, refuses what was edited, and \
                 computes every number here again; "
                code { "plan_digest" } " and " code { "ledger_head" }
                " must be those above. Without this program, " code { "python3 verify.py RUN" }
                " checks plan and chain and prints both: " code { "docs/verify.py" }
                " in the program's repository, which needs nothing but Python."
            }
        }
    }
}

/// A table that scrolls by itself where the page is narrow.
fn table(name: &str, header: &[&str], left: usize, rows: &[Vec<Markup>]) -> Markup {
    html! {
        div.scroll role="region" aria-label=(name) tabindex="0" {
            table {
                caption.hidden { (name) }
                thead { tr { @for (place, name) in header.iter().enumerate() {
                    th scope="col" class=[(place < left).then_some("left")] { (name) }
                } } }
                tbody { @for row in rows { tr {
                    @for (place, cell) in row.iter().enumerate() {
                        @if place == 0 { th.left scope="row" { (cell) } }
                        @else { td class=[(place < left).then_some("left")] { (cell) } }
                    }
                } } }
            }
        }
    }
}

/// A text as a cell.
fn cell(text: impl AsRef<str>) -> Markup {
    html! { (text.as_ref()) }
}
