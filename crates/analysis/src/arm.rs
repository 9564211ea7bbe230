//! One model in one arm.

use std::collections::{BTreeMap, BTreeSet};

use ledger::{
    Outcome, Plan,
    event::{CallKind, TrialEnd},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use vocabulary::{Arm, Flag, FlagName, Usage};

use crate::{Call, HackRate, Row, Scores, Thresholds, estimate::by_family, rows::is_priced};

/// What one model did in one arm.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ArmSummary {
    /// Model id.
    pub model: String,
    /// `harness/prompt`.
    pub arm: String,
    /// Whether the model is simulated.
    pub simulated: bool,
    /// Planned trials: the denominator.
    pub planned: usize,
    /// Trials with a terminal event.
    pub ended: usize,
    /// Trials lost to infrastructure for good, or not run; those of void tasks apart.
    pub missing: usize,
    /// Trials of tasks that were found invalid, and count in no arm.
    #[serde(default)]
    pub void: usize,
    /// Number of trials by outcome code.
    pub outcomes: BTreeMap<String, usize>,
    /// Mean score over all planned trials, missing ones as 0; `None` where none has a score.
    pub score: Option<f64>,
    /// Lower end of Wilson's 95 % interval on the effective n, with t on the degrees of freedom of the families.
    pub score_lower: Option<f64>,
    /// Upper end.
    pub score_upper: Option<f64>,
    /// The number of independent trials that would be as informative.
    pub effective_n: Option<f64>,
    /// Tokens by kind, over ended trials.
    pub usage: Usage,
    /// All tokens, over ended trials.
    pub tokens: u64,
    /// Budget units charged, over ended trials.
    pub charged: f64,
    /// US dollars over ended trials; `None` where no call has a price.
    pub usd: Option<f64>,
    /// Mean tokens of an ended trial.
    pub tokens_mean: Option<f64>,
    /// Mean budget units charged to an ended trial.
    pub charged_mean: Option<f64>,
    /// US dollars over everything, for each trial solved; `None` where nothing was solved or no price is known.
    pub usd_per_solve: Option<f64>,
    /// Model calls that used tokens, over ended trials.
    pub calls: u64,
    /// Calls that asked for another model than the one under test.
    pub helper_calls: u64,
    /// What the harness says it used, over what was metered; `None` where no trial has such a report.
    pub self_report_ratio: Option<SelfReportRatio>,
    /// Calls by kind (`main`, `sub-agent`, `compaction`, `title`, `side`), over all trials; kinds that did not occur
    /// are left out.
    pub calls_by_kind: BTreeMap<String, KindShare>,
    /// Calls whose usage is our estimate.
    pub estimated_calls: u64,
    /// Models asked for.
    pub models_asked: BTreeSet<String>,
    /// Models the provider says answered.
    pub models_served: BTreeSet<String>,
    /// Mean seconds of the agent's part, over ended trials.
    pub agent_seconds_mean: Option<f64>,
    /// Trials that ended with the budget spent.
    pub exhausted: usize,
    /// Their mean unspent budget, in the meter's units.
    pub unspent_at_stop_mean: Option<f64>,
    /// Trials that are hacks.
    #[serde(default)]
    pub hacks: HackRate,
    /// What it must be read with.
    pub flags: Vec<Flag>,
}

impl ArmSummary {
    /// The same where no score is to be stated.
    pub(crate) fn without_score(&mut self) {
        (self.score, self.score_lower, self.score_upper, self.effective_n) = (None, None, None, None);
        self.usd_per_solve = None;
    }
}

/// What a harness says it used, over what was metered in the same trials.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct SelfReportRatio {
    /// Ended trials with a report of their own.
    pub trials: usize,
    /// Of model calls; `None` where it does not tell them, or none was metered.
    pub calls: Option<f64>,
    /// Of tokens, input and output together; `None` where none was metered.
    pub tokens: Option<f64>,
}

/// What calls of one kind took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct KindShare {
    /// Calls that used tokens.
    pub calls: u64,
    /// Their tokens.
    pub tokens: u64,
    /// Their share of the arm's calls, 0 to 1.
    pub calls_share: f64,
    /// Their share of the arm's tokens, 0 to 1; `None` when the arm used none.
    pub tokens_share: Option<f64>,
}

pub(crate) fn of<'a>(rows: &'a [Row], model: &'a str, arm: &'a Arm) -> impl Iterator<Item = &'a Row> {
    rows.iter().filter(move |row| row.planned.model == model && row.planned.arm == *arm)
}

pub(crate) fn summarize(
    plan: &Plan,
    rows: &[Row],
    scores: &Scores<'_>,
    model: &str,
    arm: &Arm,
    thresholds: &Thresholds,
) -> ArmSummary {
    let mine: Vec<&Row> = of(rows, model, arm).collect();
    let ends: Vec<_> = mine.iter().filter_map(|row| row.end.as_ref()).collect();
    let mut outcomes = BTreeMap::new();
    let mut usage = Usage::default();
    for end in &ends {
        *outcomes.entry(end.outcome.code().to_owned()).or_insert(0) += 1;
        usage += end.spent.usage;
    }
    let calls = || mine.iter().flat_map(|row| &row.calls);
    let exhausted: Vec<f64> =
        ends.iter().filter(|end| end.outcome == Outcome::Budget).map(|end| end.unspent).collect();
    let counted = scores.of(model, arm);
    let means = counted
        .iter()
        .filter_map(|(task, scores)| Some((*task, mean(scores.iter().map(|score| score.unwrap_or(0.0)))?)));
    let trials: usize = counted.values().map(Vec::len).sum();
    let families = by_family(plan, means);
    let missing = counted.values().flatten().filter(|score| score.is_none()).count();
    // An arm without any score has no rate: what is missing is not 0.
    let rate = if missing == trials { None } else { stats::arm_rate(&families, trials, thresholds.level) };
    ArmSummary {
        model: model.to_owned(),
        arm: arm.to_string(),
        simulated: plan.simulated.iter().any(|id| id == model),
        planned: mine.len(),
        ended: ends.len(),
        missing,
        void: mine.len() - trials,
        score: rate.map(|rate| rate.estimate),
        score_lower: rate.map(|rate| rate.interval.lower),
        score_upper: rate.map(|rate| rate.interval.upper),
        effective_n: rate.map(|rate| rate.effective_n),
        usage,
        tokens: usage.total(),
        charged: ends.iter().map(|end| end.spent.charged).sum(),
        usd: mine.iter().any(|row| is_priced(row)).then(|| ends.iter().map(|end| end.spent.usd).sum()),
        tokens_mean: mean(ends.iter().map(|end| end.spent.usage.total() as f64)),
        charged_mean: mean(ends.iter().map(|end| end.spent.charged)),
        usd_per_solve: per_solve(&mine),
        calls: ends.iter().map(|end| u64::from(end.spent.calls)).sum(),
        helper_calls: calls().filter(|call| call.other_model).count() as u64,
        self_report_ratio: self_report_ratio(&ends),
        calls_by_kind: by_kind(calls()),
        estimated_calls: calls().filter(|call| call.estimated).count() as u64,
        models_asked: calls().map(|call| call.model_asked.to_string()).collect(),
        models_served: calls().filter_map(|call| Some(call.model_served.as_deref()?.to_owned())).collect(),
        agent_seconds_mean: mean(ends.iter().map(|end| end.agent_seconds)),
        exhausted: exhausted.len(),
        unspent_at_stop_mean: mean(exhausted.iter().copied()),
        hacks: HackRate::of(&mine, thresholds.level),
        flags: flags(plan, &mine, thresholds),
        outcomes,
    }
}

fn by_kind<'a>(calls: impl Iterator<Item = &'a Call> + Clone) -> BTreeMap<String, KindShare> {
    let used = calls.filter_map(|call| Some((call.kind, call.usage?.total())));
    let (all_calls, all_tokens) =
        used.clone().fold((0u64, 0u64), |(n, sum), (_, tokens)| (n + 1, sum + tokens));
    let share = |kind: CallKind| {
        let mine = used.clone().filter(|(other, _)| *other == kind);
        let (calls, tokens) = mine.fold((0u64, 0u64), |(n, sum), (_, tokens)| (n + 1, sum + tokens));
        let calls_share = calls as f64 / all_calls.max(1) as f64;
        let tokens_share = (all_tokens > 0).then(|| tokens as f64 / all_tokens as f64);
        (kind.as_str().to_owned(), KindShare { calls, tokens, calls_share, tokens_share })
    };
    CallKind::ALL.into_iter().map(share).filter(|(_, share)| share.calls > 0).collect()
}

fn self_report_ratio(ends: &[&TrialEnd]) -> Option<SelfReportRatio> {
    let told: Vec<_> = ends.iter().filter_map(|end| Some((end.self_report?, end.spent))).collect();
    let over = |pairs: &mut dyn Iterator<Item = (u64, u64)>| {
        let (told, metered) = pairs.fold((0u64, 0u64), |all, one| (all.0 + one.0, all.1 + one.1));
        (metered > 0).then(|| told as f64 / metered as f64)
    };
    (!told.is_empty()).then(|| SelfReportRatio {
        trials: told.len(),
        calls: over(&mut told.iter().filter_map(|(told, spent)| Some((told.calls?, u64::from(spent.calls))))),
        tokens: over(&mut told.iter().map(|(told, spent)| (told.input + told.output, spent.usage.total()))),
    })
}

fn per_solve(rows: &[&Row]) -> Option<f64> {
    let ends = rows.iter().filter_map(|row| row.end.as_ref());
    let costs: Vec<f64> = ends.map(|end| end.spent.usd).collect();
    let successes: Vec<f64> = rows.iter().filter_map(|row| row.score()).collect();
    stats::cost_per_solve(&costs, &successes).filter(|_| rows.iter().any(|row| is_priced(row)))
}

/// The mean; `None` of nothing.
pub(crate) fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let (count, sum) = values.fold((0usize, 0.0), |(count, sum), value| (count + 1, sum + value));
    (count > 0).then(|| sum / count as f64)
}

fn flags(plan: &Plan, rows: &[&Row], thresholds: &Thresholds) -> Vec<Flag> {
    let budget = plan.sweep.budget.tokens;
    let mut flags = Vec::new();
    let mut count = |name: FlagName, what: &str, hit: &dyn Fn(&Row) -> bool| {
        let trials: Vec<&str> =
            rows.iter().filter(|row| hit(row)).map(|row| row.planned.id.0.as_str()).collect();
        if let Some(first) = trials.first() {
            flags.push(Flag::new(
                name,
                format!("{what} in {} of {} trials, first {first}", trials.len(), rows.len()),
            ));
        }
    };
    count(FlagName::Overshoot, "more than the budget was spent", &|row| {
        row.end.as_ref().is_some_and(|end| end.spent.charged > budget * (1.0 + thresholds.overshoot))
    });
    count(FlagName::ExternalHelper, "another model than the one under test answered", &|row| {
        row.calls.iter().any(|call| {
            call.other_model
                && call.model_served.is_some()
                && main_models(row).all(|main| Some(main) != call.model_served.as_deref())
        })
    });
    count(FlagName::ModelDrift, "the provider's model string changed", &|row| {
        main_models(row).collect::<BTreeSet<_>>().len() > 1
    });
    let usage = format!("the usage of a call was not told, or cannot be true{}", doubts(rows));
    count(FlagName::EstimatedUsage, &usage, &|row| row.calls.iter().any(|call| call.estimated));
    count(FlagName::Loss, "a translation between dialects could not carry everything", &|row| {
        row.calls.iter().any(|call| call.lossy)
    });
    count(
        FlagName::RepeatedRequest,
        "a client hung up and sent the same request again: both were charged",
        &|row| row.calls.iter().any(|call| call.repeats),
    );
    let mut raised: BTreeMap<FlagName, (usize, &str)> = BTreeMap::new();
    for row in rows {
        let recorded = row.flags.iter().map(|flag| flag.name);
        // The plan's threshold alone decides: older gateways had one of their own.
        let names: BTreeSet<FlagName> = recorded.filter(|name| *name != FlagName::Overshoot).collect();
        for name in names {
            let entry = raised.entry(name).or_insert((0, row.planned.id.0.as_str()));
            entry.0 += 1;
        }
    }
    for (name, (trials, first)) in raised {
        flags.push(Flag::new(name, format!("in {trials} of {} trials, first {first}", rows.len())));
    }
    flags.sort();
    flags
}

fn main_models(row: &Row) -> impl Iterator<Item = &str> {
    row.calls.iter().filter(|call| !call.other_model).filter_map(|call| call.model_served.as_deref())
}

/// Why usage was estimated, each reason with how many calls have it, in words.
fn doubts(rows: &[&Row]) -> String {
    let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
    for doubt in rows.iter().flat_map(|row| &row.calls).filter_map(|call| call.doubt.as_deref()) {
        *reasons.entry(doubt).or_default() += 1;
    }
    let told: Vec<String> = reasons.iter().map(|(why, calls)| format!("{why}: {calls} calls")).collect();
    if told.is_empty() { String::new() } else { format!(" ({})", told.join("; ")) }
}
