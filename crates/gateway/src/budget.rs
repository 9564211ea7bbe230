//! The one rule of the budget: reserve, then settle.
//!
//! With B the budget, *used* the settled units and *held* the outstanding reservations, a call is likely to cost its
//! estimated input, and at the most what a provider could charge for it: both with the output it is let have. A call
//! whose likely cost with the smallest useful output is above `B - used` is too late: exhausted. While others are under
//! way it needs room for the most it can cost, and for an answer as long as the session's longest so far, since an
//! answer cut short is paid for and of little use; else it waits. Alone it needs room for what it is likely to cost.
//! Either way the most it can cost is held until real usage settles it.
//!
//! So `used + held` is above B only while one call is alone, and what is charged passes B by no more than what that one
//! call cost above its likely cost.

use dialect::neutral::Usage;

use crate::meter::BoundMeter;

/// A budget, and what is taken of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pool {
    pub(crate) budget: f64,
    pub(crate) used: f64,
    pub(crate) held: f64,
    /// Reservations outstanding.
    open: u32,
}

/// What a pool says to a call.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Room {
    /// Not even the minimum is left.
    Exhausted,
    /// There may be room once other calls are settled.
    Wait,
    /// So many tokens of output fit, and so many units are held.
    Fits { output: u64, held: f64 },
}

/// What a call needs, in tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Need {
    /// The likely input; its output is 0.
    pub(crate) likely: Usage,
    /// The most input that it can take.
    pub(crate) most: u64,
    /// The smallest useful output.
    pub(crate) smallest: u64,
    /// What an answer may well take: waited for while others hold it.
    pub(crate) usual: u64,
    /// The longest output asked for.
    pub(crate) wanted: u64,
}

impl Pool {
    pub(crate) fn new(budget: f64, used: f64) -> Self {
        Self { budget, used, held: 0.0, open: 0 }
    }

    /// Applies the rule.
    pub(crate) fn room(&self, need: &Need, meter: &BoundMeter) -> Room {
        let wanted = need.wanted.max(1);
        let smallest = need.smallest.clamp(1, wanted);
        let likely = |output| charge(&need.likely, output, meter);
        let most = |output| most(need, output, meter);
        if self.used + likely(smallest) > self.budget {
            return Room::Exhausted;
        }
        let free = self.budget - self.used - self.held;
        let output = if self.open == 0 {
            largest(smallest, wanted, |output| likely(output) <= free)
        } else if most(smallest) > free {
            return Room::Wait;
        } else {
            largest(smallest, wanted, |output| most(output) <= free)
        };
        if self.open > 0 && output < need.usual.min(wanted) {
            return Room::Wait;
        }
        Room::Fits { output, held: most(output) }
    }

    pub(crate) fn hold(&mut self, held: f64) {
        self.held = (self.held + held).min(f64::MAX);
        self.open += 1;
    }

    pub(crate) fn settle(&mut self, held: f64, charged: f64) {
        self.open = self.open.saturating_sub(1);
        // With nothing outstanding nothing is held, whatever the rounding says.
        self.held = if self.open == 0 { 0.0 } else { (self.held - held).max(0.0) };
        self.used = (self.used + charged).min(f64::MAX);
    }
}

/// What a call costs with this input. Output may turn out to be reasoning: the dearer of the two counts.
pub(crate) fn charge(input: &Usage, output: u64, meter: &BoundMeter) -> f64 {
    let plain = meter.charge(&Usage { output, ..*input });
    let reasoning = meter.charge(&Usage { reasoning: output, ..*input });
    plain.max(reasoning)
}

/// The most that a call can cost: all of its input may be of the dearest kind.
fn most(need: &Need, output: u64, meter: &BoundMeter) -> f64 {
    let tokens = need.most.max(need.likely.input());
    let kinds = [
        Usage { input_uncached: tokens, ..Usage::default() },
        Usage { cache_read: tokens, ..Usage::default() },
        Usage { cache_write: tokens, ..Usage::default() },
    ];
    kinds.iter().map(|input| charge(input, output, meter)).fold(charge(&need.likely, output, meter), f64::max)
}

/// The largest number from `low` to `high` that fits, where `low` does and what fits has no gaps.
fn largest(low: u64, high: u64, fits: impl Fn(u64) -> bool) -> u64 {
    if fits(high) {
        return high;
    }
    let (mut low, mut high) = (low, high);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if fits(middle) {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
}

/// What settled calls teach about the likely input of the next one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Estimator {
    /// Real input over estimated input.
    scale: f64,
    /// Share of the input read from the cache.
    cache_read: f64,
    /// Share of the input written to the cache.
    cache_write: f64,
    /// Whether a call has been settled.
    taught: bool,
}

/// New text is taken to be no cheaper than estimated, whatever was learnt of other text, and this many times as dear at
/// the most: an estimated token is four bytes, and a byte is no more than one.
const DENSEST: f64 = 4.0;
/// What follows on a part that was counted is taken to be half as dear again: an error in it would pass the budget.
const MARGIN: f64 = 1.5;

impl Estimator {
    pub(crate) fn new() -> Self {
        Self { scale: 1.0, cache_read: 0.0, cache_write: 0.0, taught: false }
    }

    /// One for a conversation that begins: what is known of tokens holds, and nothing is in a cache yet.
    pub(crate) fn begin(&self) -> Self {
        Self { cache_read: 0.0, cache_write: 0.0, ..*self }
    }

    /// The input a call is likely to take: what the provider has counted of it, and an estimate of the rest, in tokens.
    pub(crate) fn input(&self, counted: u64, rest: u64) -> Usage {
        let margin = if counted > 0 { MARGIN } else { 1.0 };
        let tokens = counted.saturating_add((rest as f64 * self.scale.max(1.0) * margin).ceil() as u64);
        let cache_read = (tokens as f64 * self.cache_read).floor();
        let cache_write = (tokens as f64 * self.cache_write).floor();
        Usage {
            input_uncached: (tokens as f64 - cache_read - cache_write).max(0.0) as u64,
            cache_read: cache_read as u64,
            cache_write: cache_write as u64,
            output: 0,
            reasoning: 0,
        }
    }

    /// Learns from a settled call.
    pub(crate) fn learn(&mut self, estimate: u64, real: &Usage) {
        let input = real.input() as f64;
        if estimate == 0 || input == 0.0 {
            return;
        }
        let scale = (input / estimate as f64).clamp(1.0 / DENSEST, DENSEST);
        // Conversations of one session differ: half of what was known is kept.
        self.scale = if self.taught { (self.scale + scale) / 2.0 } else { scale };
        self.cache_read = real.cache_read as f64 / input;
        self.cache_write = real.cache_write as f64 / input;
        self.taught = true;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::meter::Meter;

    fn total() -> BoundMeter {
        Meter::parse("total").unwrap().bind(None).unwrap()
    }

    fn need(input: u64, smallest: u64, wanted: u64) -> Need {
        let likely = Usage { input_uncached: input, ..Usage::default() };
        Need { likely, most: input, smallest, usual: 0, wanted }
    }

    #[test]
    fn the_rule() {
        let mut pool = Pool::new(1000.0, 500.0);
        pool.hold(300.0);
        assert_eq!(pool.room(&need(485, 16, 100), &total()), Room::Exhausted);
        assert_eq!(pool.room(&need(484, 16, 100), &total()), Room::Wait);
        assert_eq!(pool.room(&need(150, 16, 100), &total()), Room::Fits { output: 50, held: 200.0 });
        assert_eq!(pool.room(&need(50, 16, 100), &total()), Room::Fits { output: 100, held: 150.0 });
    }

    #[test]
    fn while_others_hold_it_a_usual_answer_is_waited_for_and_else_cut() {
        let mut pool = Pool::new(1000.0, 500.0);
        pool.hold(300.0);
        let need = |usual| Need { usual, ..need(150, 16, 100) };
        assert_eq!(pool.room(&need(50), &total()), Room::Fits { output: 50, held: 200.0 });
        assert_eq!(pool.room(&need(51), &total()), Room::Wait);
        pool.settle(300.0, 320.0);
        assert_eq!(pool.room(&need(51), &total()), Room::Fits { output: 30, held: 180.0 });
    }

    #[test]
    fn a_wish_below_the_smallest_useful_output_is_enough() {
        let pool = Pool::new(100.0, 0.0);
        assert_eq!(pool.room(&need(95, 16, 5), &total()), Room::Fits { output: 5, held: 100.0 });
    }

    #[test]
    fn the_estimator_follows_scale_and_cache() {
        let mut estimator = Estimator::new();
        assert_eq!(estimator.input(0, 100).input(), 100);
        estimator.learn(100, &Usage { input_uncached: 20, cache_read: 180, ..Usage::default() });
        let input = estimator.input(0, 100);
        assert_eq!((input.input(), input.cache_read), (200, 180));
        estimator.learn(100, &Usage { input_uncached: 100, ..Usage::default() });
        assert_eq!(estimator.input(40, 100).input(), 40 + 225);
    }

    #[test]
    fn new_text_is_never_taken_to_be_cheaper_than_estimated() {
        let mut estimator = Estimator::new();
        (0..9).for_each(|_| estimator.learn(1_000, &Usage { input_uncached: 1, ..Usage::default() }));
        assert_eq!(estimator.input(0, 1_000).input(), 1_000);
    }

    #[test]
    fn alone_a_call_needs_room_for_the_likely_and_holds_the_most() {
        let mut pool = Pool::new(1000.0, 0.0);
        let need = Need { most: 4000, ..need(900, 16, 50) };
        assert_eq!(pool.room(&need, &total()), Room::Fits { output: 50, held: 4050.0 });
        pool.hold(4050.0);
        assert_eq!(pool.room(&Need { most: 10, ..self::need(1, 1, 1) }, &total()), Room::Wait);
    }

    proptest! {
        /// Whatever is admitted and however it settles within what it held, the budget is never passed.
        #[test]
        fn settling_within_what_is_held_never_passes_the_budget(
            calls in prop::collection::vec((0u64..5000, 1u64..5000, 0.0f64..1.0, any::<bool>()), 1..60),
        ) {
            let meter = total();
            let mut pool = Pool::new(20_000.0, 0.0);
            let mut open: Vec<(f64, f64)> = Vec::new();
            for (input, wanted, share, settle) in calls {
                if let Room::Fits { output, held } = pool.room(&need(input, 16, wanted), &meter) {
                    prop_assert!(output <= wanted && output >= wanted.min(16));
                    pool.hold(held);
                    open.push((held, held * share));
                }
                prop_assert!(pool.used + pool.held <= pool.budget + 1e-6);
                if settle && let Some((held, charged)) = open.pop() {
                    pool.settle(held, charged);
                }
            }
            for (held, charged) in open.drain(..) {
                pool.settle(held, charged);
            }
            prop_assert!(pool.used <= pool.budget + 1e-6 && pool.held.abs() < 1e-6);
        }
    }
}
