//! Estimators and tests for the elicitation gap: slices in, numbers out.
//!
//! Must never do I/O, read a clock, or use randomness without a seed. What is undefined is `None` or a
//! variant of its own, never NaN. The same tasks in another order give the same numbers.
//!
//! Differences are always *other arm minus baseline arm*. Start with [`TaskTrials`] (planned attempts, some
//! of them missing), take [`TaskPair`]s from it under a [`MissingRule`], and their [`differences`]; every
//! estimator works on those, each with its formula in its documentation.
//!
//! ```
//! use stats::{Level, MissingRule, TaskTrials, differences, micro_gap, sign_flip_tasks};
//!
//! let scores = |passed: [u8; 3]| passed.iter().map(|p| Some(f64::from(*p))).collect();
//! let task = |baseline, other| TaskTrials { baseline: scores(baseline), other: scores(other) };
//! let tasks = [task([0, 0, 1], [1, 1, 1]), task([0, 0, 0], [0, 1, 0]), task([1, 1, 1], [1, 1, 1])];
//! let pairs: Vec<_> = tasks.iter().filter_map(|task| task.pair(MissingRule::IntentionToTreat)).collect();
//!
//! let gap = micro_gap(&differences(&pairs), Level::P95).expect("there are tasks");
//! assert!((gap.estimate - 1.0 / 3.0).abs() < 1e-12);
//! assert!(gap.interval().is_some_and(|interval| interval.contains(0.0)));
//! assert_eq!(sign_flip_tasks(&pairs, 0).p_two_sided, 0.5);
//! ```

mod agreement;
mod attempts;
mod bootstrap;
mod budget;
mod cost;
mod count;
mod design;
mod distributions;
mod drift;
mod effect;
mod elo;
mod equivalence;
mod exact;
mod factorial;
mod family;
mod fixed_task;
mod fresh;
mod gap;
mod incidence;
mod inference;
mod interval;
mod matrix;
mod mcnemar;
mod missing;
mod moments;
mod multiplicity;
mod power;
mod prevalence;
mod proportion;
mod random;
mod ranking;
mod rasch;
mod rate;
mod responses;
mod score;
mod sign_flip;
mod special_casing;
mod two_parameter;
mod weighting;

pub use agreement::{Kappa, cohen_kappa};
pub use attempts::{PassGap, pass_at_k, pass_gap, pass_hat_k, selector_efficiency};
pub use bootstrap::{Bca, ExactBootstrap, Replicates, exact_bootstrap, jackknife, seeded_bootstrap};
pub use budget::{BudgetGrid, GridError, gap_curve, is_rising, mean_curve};
pub use cost::{Trade, break_even, cost_per_solve, net_benefit};
pub use count::{Count, CountError, Proportion};
pub use design::Design;
pub use distributions::{normal_cdf, normal_quantile, t_quantile, t_two_sided, t_upper};
pub use drift::{Evidence, Night, change_point, drift, drift_after, nights_to_tell};
pub use effect::Effect;
pub use elo::{ELO_PER_LOGIT, ELO_REFERENCE, EloGap, EloRating, elo_gap, elo_odds, elo_ratings, elo_success};
pub use equivalence::{Equivalence, equivalence};
pub use exact::{binomial_greater, fisher_greater};
pub use factorial::{Contrast, FourArms, factorial_effect};
pub use family::{
    Clustered, clustered_gap, family_means, intraclass_correlation, macro_gap, macro_gap_fixed_families,
};
pub use fixed_task::{FixedTaskGap, fixed_task_gap, stratified_exact};
pub use fresh::{FreshDrop, ReferencedTask, fresh_drop, welch_gap};
pub use gap::{Gap, Spread, Student, degenerate_bound, micro_gap};
pub use incidence::{EndedTrial, IncidencePoint, TrialEnd, cumulative_incidence, incidence_at};
pub use inference::{Equivalent, Inference, WeightedArm};
pub use interval::{Interval, Level, LevelError};
pub use matrix::Matrix;
pub use mcnemar::{
    Discordance, McNemar, OddsRatio, bonett_price, conditional_odds_ratio, mcnemar, mcnemar_power,
};
pub use missing::{
    MissingGate, MissingLines, MissingRule, TaskTrials, is_fragile, missing_discordance, missing_lines,
    missing_rate,
};
pub use multiplicity::{benjamini_hochberg, benjamini_yekutieli, holm};
pub use power::{
    VarianceParts, design_effect, families_needed, holm_planning_level, minimum_detectable, noncentral_power,
    noncentrality, tasks_needed,
};
pub use prevalence::{CorrectedPrevalence, Labelled, Prevalence, corrected_prevalence, rogan_gladen};
pub use proportion::{clopper_pearson, wilson, zero_of_n_upper};
pub use random::SplitMix64;
pub use ranking::{
    RankSet, kendall_tau_b, open_closed_differences, open_closed_effect, pooled_differences, pooled_effect,
    rank_sets,
};
pub use rasch::{FitCheck, FitError, ItemDifficulty, Misfit, RaschFit, check_fit, fit_rasch};
pub use rate::{Rate, arm_rate};
pub use responses::{Cell, Responses, ResponsesError};
pub use score::{Ratio, Score, Steps, TaskPair, differences};
pub use sign_flip::{
    FlipMethod, SignFlip, sign_flip_exact, sign_flip_families, sign_flip_sampled, sign_flip_tasks,
    sign_flip_values, sign_flip_weighted_tasks,
};
pub use special_casing::{SpecialCasing, special_casing};
pub use two_parameter::{TwoParameterFit, TwoParameterItem, fit_two_parameter, is_model_dependent};
pub use weighting::{Weighting, WeightingLimits, rank_disagree, weighting};
