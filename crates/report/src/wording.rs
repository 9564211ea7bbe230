//! What an analysis says, in sentences: the same in every format.

use analysis::{Analysis, ArmSummary, CurveKind, Effect, Estimate, Factorial, GapSummary, Verdict};
use vocabulary::FlagName;

use crate::number;

/// An arm in words: `claude-code with its own prompt`.
pub(crate) fn arm(name: &str) -> String {
    let (once, again) = name.strip_suffix("/again").map_or((name, ""), |once| (once, ", a second time"));
    let words = match once.split_once('/') {
        Some(("bare", "generic")) => "the bare loop".to_owned(),
        Some(("bare", _)) => "the bare loop with the model's own prompt".to_owned(),
        Some(("preferred", "generic")) => "the preferred harness with the generic prompt".to_owned(),
        Some(("preferred", _)) => "the preferred harness with the model's own prompt".to_owned(),
        Some((harness, "generic")) => format!("{harness} with the generic prompt"),
        Some((harness, _)) => format!("{harness} with the model's own prompt"),
        None => once.to_owned(),
    };
    words + again
}

/// The budget of a trial: `400 000 tokens`.
pub(crate) fn budget(analysis: &Analysis) -> String {
    let amount = number::units(analysis.budget);
    match analysis.meter.as_str() {
        "total" => format!("{amount} tokens"),
        "fresh" => format!("{amount} tokens not read from a cache"),
        "price" => format!("{amount} US dollars"),
        formula => format!("{amount} units of `{formula}`"),
    }
}

/// What a harness says it used over what was metered: `1.00 of tokens, 0.98 of calls, in 12 of 12 trials`; `missing`
/// where it says nothing. The built-in loop has no count of its own.
pub(crate) fn own_count(arm: &ArmSummary) -> Option<String> {
    if arm.arm.starts_with("bare/") {
        return None;
    }
    let Some(ratio) = arm.self_report_ratio else { return Some("missing".to_owned()) };
    let share =
        |share: Option<f64>| share.map_or_else(|| "missing".to_owned(), |share| format!("{share:.2}"));
    Some(format!(
        "{} of tokens, {} of calls, in {} of {} trials",
        share(ratio.tokens),
        share(ratio.calls),
        ratio.trials,
        arm.ended
    ))
}

/// `sim (simulated)`.
pub(crate) fn model(id: &str, simulated: bool) -> String {
    if simulated { format!("{id} (simulated)") } else { id.to_owned() }
}

/// An arm as tables name it: with its model where there are several.
pub(crate) fn named(id: &str, simulated: bool, arm: &str, analysis: &Analysis) -> String {
    let several = analysis.arms.iter().any(|other| other.model != id);
    if several { format!("{}, {arm}", model(id, simulated)) } else { arm.to_owned() }
}

/// A control in two words: what a sound run shows, or that this one does not.
pub(crate) fn control_label(control: &GapSummary) -> &'static str {
    match control.verdict {
        Verdict::ControlFails => "control fails",
        Verdict::NoDifference | Verdict::Equivalent => "no difference",
        _ => "cannot tell",
    }
}

/// The day of the ledger's last event, in UTC: `2026-11-29`; `None` before the first.
pub(crate) fn day(analysis: &Analysis) -> Option<String> {
    date(analysis.last_event_ms?)
}

/// The day of so many milliseconds since the Unix epoch, in UTC.
pub(crate) fn date(ms: u64) -> Option<String> {
    time(ms, "%Y-%m-%d")
}

/// The same with the time of day: `2026-11-29 02:17`.
pub(crate) fn minute(ms: u64) -> Option<String> {
    time(ms, "%Y-%m-%d %H:%M")
}

fn time(ms: u64, format: &str) -> Option<String> {
    let ms = i64::try_from(ms).ok()?;
    Some(jiff::Timestamp::from_millisecond(ms).ok()?.strftime(format).to_string())
}

/// What a run that is compared with others lacks, in sentences.
pub(crate) fn unfinished(run: &analysis::RunFacts) -> impl Iterator<Item = String> {
    let (ended, planned) = (run.ended, run.planned);
    let open =
        (ended < planned).then(|| format!("{ended} of {planned} trials have ended, the others are missing"));
    let cut = run
        .truncated
        .then(|| "the last line of the ledger was cut short by a crash and is left out".to_owned());
    let strange = (run.strange_scores > 0).then(|| {
        format!(
            "{} a score that is not between 0 and 1, and counts as missing",
            plural(run.strange_scores, "trial has", "trials have")
        )
    });
    let forbidden = (!run.forbidden_by.is_empty())
        .then(|| format!("nothing is stated of it, for {}: see its report", names(&run.forbidden_by, ", ")));
    let arms = run.forbidden_arms.iter().map(|one| {
        format!("nothing is stated of {} in {}, for {}", one.model, one.arm, names(&one.flags, ", "))
    });
    let controls = (!run.controls_failed.is_empty()).then(|| {
        format!("it tells the baseline of {} from itself: no gap is stated", run.controls_failed.join(", "))
    });
    let hacks = run.hacks.iter().map(|one| {
        let proved = match one.proved {
            0 => String::new(),
            proved => format!(", {proved} of them proved, which count as 0"),
        };
        let trials = plural(one.looked_at, "trial", "trials");
        format!("hacks in {} of {trials} of {} in {}{proved}", one.found, one.model, one.arm)
    });
    [open, cut, strange, forbidden, controls].into_iter().flatten().chain(arms).chain(hacks)
}

/// The level of the gaps' intervals: `95 %`, `97.5 %`.
pub(crate) fn level(analysis: &Analysis) -> String {
    let gaps = analysis.gaps.iter().chain(&analysis.controls);
    percent_level(gaps.filter_map(|gap| gap.estimate).map(|estimate| estimate.level).next().unwrap_or(0.95))
}

/// A level in words: `99.4 %`.
pub(crate) fn percent_level(level: f64) -> String {
    let digits = format!("{:.2}", level * 100.0);
    format!("{} %", digits.trim_end_matches('0').trim_end_matches('.'))
}

/// What the intervals of gaps are.
pub(crate) fn interval_level(analysis: &Analysis) -> String {
    match analysis.gaps.first().map_or(0, |gap| gap.at_once) {
        0 | 1 => level(analysis),
        several => format!("{}, which is 95 % for all {several} gaps at once", level(analysis)),
    }
}

/// How many tasks a run has: `40 tasks, 4 of them void`.
pub(crate) fn tasks(analysis: &Analysis) -> String {
    let tasks = plural(analysis.tasks, "task", "tasks");
    let void = analysis.void_tasks;
    if void > 0 { format!("{tasks} ({void} of them void)") } else { tasks }
}

/// `1 task`, `2 tasks`.
pub(crate) fn plural(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}

/// The 95 % interval of an estimate in percentage points: `[4.0, 20.0]`.
pub(crate) fn points_interval(estimate: &Estimate) -> String {
    number::interval(estimate.lower.zip(estimate.upper), number::points)
}

/// The one sentence a gap allows, and what was planted where a simulated model answered.
pub(crate) fn sentence(analysis: &Analysis, gap: &GapSummary) -> String {
    let planted = planted(gap).map_or_else(String::new, |planted| format!("; {planted}"));
    format!("{}{planted}", said(analysis, gap))
}

/// `planted +30.0 pp`, where a simulated model answered.
pub(crate) fn planted(gap: &GapSummary) -> Option<String> {
    gap.planted.map(|planted| format!("planted {} pp", number::points(Some(planted))))
}

fn said(analysis: &Analysis, gap: &GapSummary) -> String {
    let (one, other) = (arm(&gap.arm), arm(&gap.baseline));
    let replayed = if analysis.replayed.is_some() { " (replayed)" } else { "" };
    let model = model(&gap.model, gap.simulated) + replayed;
    let who = format!("{model}: {one} against {other}");
    let place = format!(
        "On {} in {} at {}",
        plural(gap.tasks, "task", "tasks"),
        plural(gap.families, "family", "families"),
        budget(analysis)
    );
    let headline = gap.estimate;
    let ends = headline.map_or_else(number::missing, |estimate| points_interval(&estimate));
    let detectable = headline.and_then(|estimate| estimate.smallest_detectable);
    let sees = detectable.map_or_else(String::new, |smallest| {
        if smallest < 1.0 {
            format!("; this run can see {} pp and more", number::percent(Some(smallest)))
        } else {
            "; this run can see no difference, however large".to_owned()
        }
    });
    match &gap.verdict {
        Verdict::Incomplete => format!("{who}: no statement before all planned trials have ended"),
        Verdict::TooManyMissing => format!(
            "{who}: no statement, {} and could decide: {} pp if they failed, {ends} with every score they could have had",
            are_missing(gap),
            number::points(headline.map(|estimate| estimate.estimate))
        ),
        Verdict::Forbidden => format!("{who}: no statement, for {}", names(&gap.forbidden_by, ", ")),
        Verdict::ControlFails => {
            format!("{who}: no statement, this run tells the baseline from itself")
        }
        Verdict::NoTask => format!("{who}: no task to compare"),
        Verdict::OneUnit => format!("{who}: cannot tell, one task is not enough to judge by"),
        Verdict::Equivalent => {
            let margin = number::percent(gap.equivalence.map(|test| test.margin));
            let tested = gap.equivalence.map_or_else(number::missing, |test| {
                let ends = number::interval(Some((test.lower, test.upper)), number::points);
                format!("{} interval {ends}", percent_level(test.level))
            });
            format!("{place}, {model} in {one} and in {other} is equivalent within {margin} pp, {tested}")
        }
        Verdict::NoDifference if gap.tasks > 1 && gap.same == gap.tasks => format!(
            "{who}: cannot tell; both scored the same on all {} in {}, too few to rule out a difference {ends}",
            plural(gap.tasks, "task", "tasks"),
            plural(gap.families, "family", "families")
        ),
        Verdict::NoDifference => {
            format!("{place}, no detectable difference for {model} between {one} and {other} {ends}{sees}")
        }
        Verdict::Difference => {
            let estimate = headline.map_or(0.0, |estimate| estimate.estimate);
            format!(
                "{place}, {model} in {one} solves {} pp {} than in {other} {ends}{sees}",
                number::percent(Some(estimate.abs())),
                if estimate > 0.0 { "more" } else { "less" },
            )
        }
    }
}

/// `3 trials are missing`.
fn are_missing(gap: &GapSummary) -> String {
    let trials = gap.missing.map_or(0, |missing| missing.trials);
    format!("{} {} missing", plural(trials, "trial", "trials"), if trials == 1 { "is" } else { "are" })
}

/// What a control says: whether the run tells the baseline from itself.
pub(crate) fn control(control: &GapSummary) -> String {
    let who =
        format!("{}: {} run a second time", model(&control.model, control.simulated), arm(&control.baseline));
    let found = control.estimate.map_or_else(String::new, |estimate| {
        format!(
            ", {} pp {}, p {}",
            number::points(Some(estimate.estimate)),
            points_interval(&estimate),
            number::p(control.p_adjusted)
        )
    });
    match control.verdict {
        Verdict::ControlFails => {
            format!("{who}: the run tells it from itself{found}; no gap of this model is stated")
        }
        Verdict::Incomplete => format!("{who}: not all planned trials have ended"),
        Verdict::Forbidden => format!("{who}: no statement, for {}", names(&control.forbidden_by, ", ")),
        Verdict::TooManyMissing => format!("{who}: {} and could decide{found}", are_missing(control)),
        Verdict::NoTask | Verdict::OneUnit => format!("{who}: too few tasks to tell"),
        _ if control.same == control.tasks => format!("{who}: the same score on every task, as it should be"),
        _ => format!("{who}: no difference from itself is found, as it should be{found}"),
    }
}

/// What a factorial says when it may say something, else why not.
pub(crate) fn factorial(found: &Factorial) -> String {
    let who = format!("{}, {}", model(&found.model, found.simulated), found.harness);
    if found.withheld {
        return format!("{who}: the gap is not split, since nothing is stated of it");
    }
    let part = |effect: &analysis::Effect| {
        format!("{} {}", number::points(Some(effect.estimate.estimate)), points_interval(&effect.estimate))
    };
    let total = number::points(Some(found.total.estimate.estimate));
    if !found.total_shows {
        return format!("{who}: the whole gap of {total} pp does not show, so neither do its parts");
    }
    format!(
        "{who}: of {total} pp, the harness adds {}, the prompt {}; their interaction is {}",
        part(&found.harness_effect),
        part(&found.prompt_effect),
        part(&found.interaction)
    )
}

/// The parts of a factorial with their names, the whole first; none where nothing is stated of them.
pub(crate) fn parts(found: &Factorial) -> Vec<(&'static str, &Effect)> {
    if found.withheld {
        return Vec::new();
    }
    vec![
        ("whole gap", &found.total),
        ("harness", &found.harness_effect),
        ("prompt", &found.prompt_effect),
        ("interaction", &found.interaction),
    ]
}

/// What a point of a curve is.
pub(crate) fn curve_kind(kind: CurveKind) -> &'static str {
    match kind {
        CurveKind::Snapshots => {
            "What would have been graded if trials had been stopped there: workspaces captured on the way, graded \
             apart. An agent that was told of its budget paces itself by the whole of it."
        }
        CurveKind::HandedIn => {
            "Share of planned trials that had solved their task and handed it in by themselves, having spent at most \
             so much. Work that was right but not handed in yet is not known, and counts as not solved."
        }
    }
}

/// The stamp of a report in which no provider answered: a simulated model did, or a record.
pub(crate) fn stamp(analysis: &Analysis) -> Option<String> {
    let simulated = (!analysis.simulated.is_empty()).then(|| {
        format!("Simulated: {}. No statement about any real model or harness.", analysis.simulated.join(", "))
    });
    let replayed = analysis
        .replayed
        .as_ref()
        .map(|run| format!("Replayed: model calls were answered from the record of run {run}."));
    let stamps: Vec<String> = simulated.into_iter().chain(replayed).collect();
    (!stamps.is_empty()).then(|| stamps.join(" "))
}

/// What the numbers of a report are: `simulated`, `replayed`, `exploratory`, `with deviations`.
pub(crate) fn standing(analysis: &Analysis) -> Vec<&'static str> {
    [
        (!analysis.simulated.is_empty(), "simulated"),
        (analysis.replayed.is_some(), "replayed"),
        (analysis.is_exploratory(), "exploratory"),
        (!analysis.deviations.is_empty(), "with deviations"),
    ]
    .into_iter()
    .filter_map(|(is, word)| is.then_some(word))
    .collect()
}

/// Names of flags, with this between them.
pub(crate) fn names(flags: &[FlagName], between: &str) -> String {
    flags.iter().map(|flag| flag.as_str()).collect::<Vec<_>>().join(between)
}
