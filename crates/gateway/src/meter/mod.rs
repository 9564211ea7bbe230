//! The meter: the formula that turns a call's usage into budget units.

mod formula;
mod parse;
#[cfg(test)]
mod tests;

use dialect::neutral::Usage;
use spec::model::Prices;

pub use parse::MeterError;

use formula::{Expression, Variable};

/// A parsed formula over a call's tokens (`input_uncached`, `cache_read`, `cache_write`, `output`, `reasoning`) and
/// the model's prices in US dollars per million tokens (`price_input`, `price_cache_read`, `price_cache_write`,
/// `price_output`).
#[derive(Clone, Debug, PartialEq)]
pub struct Meter {
    text: String,
    expression: Expression,
}

/// A meter with a model's prices put in.
#[derive(Clone, Debug, PartialEq)]
pub struct BoundMeter {
    expression: Expression,
    prices: [f64; 4],
}

/// A meter needs what the model's profile does not say, or cannot use what it says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BindError {
    /// The model has no prices.
    #[error("the meter `{0}` needs prices, and the model's profile has none: add [prices] to it")]
    NoPrices(String),
    /// The formula divides by a price that is 0.
    #[error("the meter `{0}` divides by 0 with this model's prices")]
    DividesByZero(String),
}

impl Meter {
    /// Reads a preset (`total`, `fresh`, `price`) or a formula.
    ///
    /// # Errors
    /// When the text is no formula; the error names the column.
    pub fn parse(text: &str) -> Result<Self, MeterError> {
        let formula = match text.trim() {
            "total" => "input_uncached + cache_read + cache_write + output + reasoning",
            "fresh" => "input_uncached + cache_write + output + reasoning",
            "price" => {
                "(input_uncached * price_input + cache_read * price_cache_read + cache_write * price_cache_write \
                 + (output + reasoning) * price_output) / 1000000"
            }
            _ => text,
        };
        Ok(Self { text: text.trim().to_owned(), expression: parse::parse(formula)? })
    }

    /// Whether it needs the model's prices.
    pub fn needs_prices(&self) -> bool {
        self.expression.any(&|variable| matches!(variable, Variable::Price(_)))
    }

    /// Puts a model's prices in.
    ///
    /// # Errors
    /// When prices are needed and missing, or the formula divides by one that is 0.
    pub fn bind(&self, prices: Option<&Prices>) -> Result<BoundMeter, BindError> {
        if self.needs_prices() && prices.is_none() {
            return Err(BindError::NoPrices(self.text.clone()));
        }
        let prices = prices.map_or([0.0; 4], |prices| {
            let cache_read = prices.cache_read.unwrap_or(prices.input);
            let cache_write = prices.cache_write.unwrap_or(prices.input);
            [prices.input, cache_read, cache_write, prices.output]
        });
        let bound = BoundMeter { expression: self.expression.clone(), prices };
        if bound.expression.divides_by_zero(&bound.prices) {
            return Err(BindError::DividesByZero(self.text.clone()));
        }
        Ok(bound)
    }
}

impl std::fmt::Display for Meter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

impl BoundMeter {
    /// The most US dollars that one unit can cost at `prices`: what a budget bounds. `None` where it bounds nothing,
    /// because some kind of token costs money and no units, or the formula is not a weighted sum.
    pub fn usd_per_unit(&self, prices: &Prices) -> Option<f64> {
        const TOKENS: u64 = 1_000_000;
        let kinds = [
            (Usage { input_uncached: TOKENS, ..Usage::default() }, prices.input),
            (Usage { cache_read: TOKENS, ..Usage::default() }, prices.cache_read.unwrap_or(prices.input)),
            (Usage { cache_write: TOKENS, ..Usage::default() }, prices.cache_write.unwrap_or(prices.input)),
            (Usage { output: TOKENS, ..Usage::default() }, prices.output),
            (Usage { reasoning: TOKENS, ..Usage::default() }, prices.output),
        ];
        let all = |tokens| Usage {
            input_uncached: tokens,
            cache_read: tokens,
            cache_write: tokens,
            output: tokens,
            reasoning: tokens,
        };
        let apart: f64 = kinds.iter().map(|(usage, _)| self.charge(usage)).sum();
        let (whole, twice) = (self.charge(&all(TOKENS)), self.charge(&all(2 * TOKENS)));
        let same = |a: f64, b: f64| (a - b).abs() <= 1e-9 * b.abs();
        if !same(apart, whole) || !same(twice, 2.0 * whole) {
            return None;
        }
        kinds.iter().try_fold(0.0, |most: f64, (usage, usd)| {
            let units = self.charge(usage);
            if units > 0.0 { Some(most.max(usd / units)) } else { (*usd <= 0.0).then_some(most) }
        })
    }

    /// Budget units of `usage`: finite, never below 0.
    pub fn charge(&self, usage: &Usage) -> f64 {
        let value = self.expression.value(usage, &self.prices);
        // Overflow is as good as no budget; what is no number costs nothing.
        if value.is_nan() { 0.0 } else { value.clamp(0.0, f64::MAX) }
    }
}
