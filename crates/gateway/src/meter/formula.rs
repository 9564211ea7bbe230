//! A formula as a tree, and its value.

use dialect::neutral::Usage;

/// What a name in a formula stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Variable {
    /// A count of tokens: index into [`TOKENS`].
    Tokens(usize),
    /// A price: index into [`PRICES`].
    Price(usize),
}

/// Names of token counts.
pub(super) const TOKENS: [&str; 5] = ["input_uncached", "cache_read", "cache_write", "output", "reasoning"];
/// Names of prices.
pub(super) const PRICES: [&str; 4] = ["price_input", "price_cache_read", "price_cache_write", "price_output"];

/// A formula.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Expression {
    Number(f64),
    Variable(Variable),
    Negative(Box<Expression>),
    Binary(Operator, Box<Expression>, Box<Expression>),
}

/// What joins two parts of a formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
}

impl Expression {
    /// The value for a call's tokens under a model's prices.
    pub(super) fn value(&self, usage: &Usage, prices: &[f64; 4]) -> f64 {
        match self {
            Self::Number(number) => *number,
            Self::Variable(Variable::Tokens(index)) => {
                let tokens = [
                    usage.input_uncached,
                    usage.cache_read,
                    usage.cache_write,
                    usage.output,
                    usage.reasoning,
                ];
                tokens[*index] as f64
            }
            Self::Variable(Variable::Price(index)) => prices[*index],
            Self::Negative(part) => -part.value(usage, prices),
            Self::Binary(operator, left, right) => {
                let (left, right) = (left.value(usage, prices), right.value(usage, prices));
                match operator {
                    Operator::Add => left + right,
                    Operator::Subtract => left - right,
                    Operator::Multiply => left * right,
                    Operator::Divide => left / right,
                }
            }
        }
    }

    /// Whether any variable in it satisfies `test`.
    pub(super) fn any(&self, test: &dyn Fn(Variable) -> bool) -> bool {
        match self {
            Self::Number(_) => false,
            Self::Variable(variable) => test(*variable),
            Self::Negative(part) => part.any(test),
            Self::Binary(_, left, right) => left.any(test) || right.any(test),
        }
    }

    /// Whether it divides by 0 under these prices. Divisors hold no token counts: parsing sees to that.
    pub(super) fn divides_by_zero(&self, prices: &[f64; 4]) -> bool {
        match self {
            Self::Number(_) | Self::Variable(_) => false,
            Self::Negative(part) => part.divides_by_zero(prices),
            Self::Binary(operator, left, right) => {
                let zero = *operator == Operator::Divide && right.value(&Usage::default(), prices) == 0.0;
                zero || left.divides_by_zero(prices) || right.divides_by_zero(prices)
            }
        }
    }
}
