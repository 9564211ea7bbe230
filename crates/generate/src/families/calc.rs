//! A sheet of exact integer formulas in no order, to be worked out for hidden inputs.
//!
//! After RandomCalculation: the work is long, each step of it is easy, and one step done otherwise shows in the end,
//! since every line leads to the result. Difficulty counts the operations: 20 for each level.

use std::fmt::Write;

use num_bigint::BigInt;
use num_integer::Integer;
use num_traits::Zero;

use crate::{
    draw::Draw,
    problem::{Problem, Solution, Start, example, filled},
};

const OPERATIONS_PER_LEVEL: u32 = 20;
const INPUTS: [&str; 3] = ["a", "b", "c"];
/// Hidden inputs, and lines in each.
const CASES: usize = 6;
const LINES: usize = 5;
/// Longest number that a line may give, in bits.
const LONGEST: u64 = 4000;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rounding {
    Down,
    Up,
    TowardsZero,
}

/// How operations are carried out.
#[derive(Clone, Copy)]
struct Rules {
    rounding: Rounding,
    /// Cut to 64 bits with sign, as no sheet asks for.
    wraps: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Operator {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

enum Expression {
    Number(BigInt),
    /// An input, or behind them a line of the sheet.
    Value(usize),
    Operation(Operator, Box<Self>, Box<Self>),
}

/// A drawn expression with the most bits its value can have.
struct Sized {
    expression: Expression,
    bits: u64,
}

struct Sheet {
    names: Vec<String>,
    lines: Vec<Expression>,
}

pub(crate) fn problem(difficulty: u32, draw: &mut Draw) -> Problem {
    let operations = difficulty * OPERATIONS_PER_LEVEL;
    let sheet = Sheet::draw(operations, draw);
    let rounding = draw.one(&[Rounding::Down, Rounding::Up, Rounding::TowardsZero]);
    let other = draw.one(&match rounding {
        Rounding::Down => [Rounding::TowardsZero, Rounding::Up],
        Rounding::Up => [Rounding::TowardsZero, Rounding::Down],
        Rounding::TowardsZero => [Rounding::Down, Rounding::Up],
    });
    let inputs: Vec<_> = (0..CASES).map(|_| input(draw)).collect();
    let solved = |rules: Rules| Solution {
        program: program(rules),
        outputs: inputs.iter().map(|input| sheet.output(input, rules)).collect(),
    };
    let right = Rules { rounding, wraps: false };
    let shown = "12 -7 3\n-100000000000000000000000000001 5 -9\n";
    Problem {
        description: format!("Work out a sheet of {operations} exact integer operations for given inputs."),
        instruction: filled(
            include_str!("../../templates/calc/instruction.md"),
            &[("rounding", rounding.said())],
        ),
        languages: &["any"],
        expert_minutes: 10 + 3 * difficulty,
        quantity: operations,
        program: "sheet",
        start: Start::InPlace,
        workspace: vec![
            ("SHEET", sheet.text(draw)),
            ("EXAMPLE", example(shown, &sheet.output(shown, right))),
        ],
        solution: solved(right),
        wrong: vec![
            ("rounds-otherwise", solved(Rules { rounding: other, ..right })),
            ("sixty-four-bits", solved(Rules { wraps: true, ..right })),
        ],
        inputs,
        given: None,
    }
}

/// Lines of three numbers of up to 30 digits.
fn input(draw: &mut Draw) -> String {
    let mut text = String::new();
    for _ in 0..LINES {
        let numbers = INPUTS.map(|_| {
            let digits = 1 + draw.below(30);
            format!("{}{}", if draw.percent(40) { "-" } else { "" }, draw.digits(digits))
        });
        let _ = writeln!(text, "{}", numbers.join(" "));
    }
    text
}

fn program(rules: Rules) -> String {
    let divided = match rules.rounding {
        Rounding::Down => "x // y",
        Rounding::Up => "-(-x // y)",
        Rounding::TowardsZero => "abs(x) // abs(y) * (1 if (x < 0) == (y < 0) else -1)",
    };
    let kept = if rules.wraps { "(x + 2**63) % 2**64 - 2**63" } else { "x" };
    filled(include_str!("../../templates/calc/sheet.py"), &[("divided", divided), ("kept", kept)])
}

impl Rounding {
    fn said(self) -> &'static str {
        match self {
            Self::Down => "rounded down, to the next integer that is not greater",
            Self::Up => "rounded up, to the next integer that is not less",
            Self::TowardsZero => "rounded towards zero",
        }
    }
}

impl Rules {
    fn apply(self, operator: Operator, x: &BigInt, y: &BigInt) -> BigInt {
        self.kept(match operator {
            Operator::Add => x + y,
            Operator::Subtract => x - y,
            Operator::Multiply => x * y,
            Operator::Divide => self.divided(x, y),
            Operator::Remainder => x - self.kept(self.kept(self.divided(x, y)) * y),
        })
    }

    fn divided(self, x: &BigInt, y: &BigInt) -> BigInt {
        if y.is_zero() {
            return BigInt::zero();
        }
        match self.rounding {
            Rounding::Down => x.div_floor(y),
            Rounding::Up => -((-x).div_floor(y)),
            Rounding::TowardsZero => x / y,
        }
    }

    fn kept(self, x: BigInt) -> BigInt {
        if !self.wraps {
            return x;
        }
        let half = BigInt::from(1u128 << 63);
        (x + &half).mod_floor(&BigInt::from(1u128 << 64)) - half
    }
}

impl Sheet {
    /// Lines of one to four operations, each with the line before somewhere in it.
    fn draw(operations: u32, draw: &mut Draw) -> Self {
        let mut names: Vec<String> = INPUTS.map(str::to_owned).to_vec();
        let mut bits = vec![100; INPUTS.len()];
        let mut lines = Vec::new();
        let mut left = operations;
        while left > 0 {
            let count = u32::try_from(1 + draw.below(4)).unwrap_or(1).min(left);
            left -= count;
            let last = names.len() - 1;
            let mut line = Sized { expression: Expression::Value(last), bits: bits[last] };
            for _ in 0..count {
                line = grown(line, &bits, draw);
            }
            bits.push(line.bits);
            lines.push(line.expression);
            names.push(if left == 0 { "result".to_owned() } else { format!("v{}", 100 + names.len()) });
        }
        Self { names, lines }
    }

    /// Its text, in another order than it is worked out in.
    fn text(&self, draw: &mut Draw) -> String {
        let named = self.lines.iter().zip(&self.names[INPUTS.len()..]);
        let lines = named.map(|(line, name)| format!("{name} = {}\n", self.shown(line))).collect();
        format!("# overhang canary {{{{ canary }}}}\n{}", draw.shuffled::<String>(lines).concat())
    }

    fn shown(&self, expression: &Expression) -> String {
        match expression {
            Expression::Number(number) => number.to_string(),
            Expression::Value(index) => self.names[*index].clone(),
            Expression::Operation(operator, x, y) => {
                let bracketed = |side: &Expression, least: u8| {
                    let text = self.shown(side);
                    if side.binds() < least { format!("({text})") } else { text }
                };
                let binds = expression.binds();
                format!("{} {} {}", bracketed(x, binds), operator.symbol(), bracketed(y, binds + 1))
            }
        }
    }

    fn output(&self, input: &str, rules: Rules) -> String {
        let mut text = String::new();
        for line in input.lines() {
            let number = |word: &str| rules.kept(word.parse().unwrap_or_default());
            let mut values: Vec<BigInt> = line.split(' ').map(number).collect();
            for line in &self.lines {
                values.push(line.value(&values, rules));
            }
            let _ = writeln!(text, "{}", values.last().cloned().unwrap_or_default());
        }
        text
    }
}

/// An expression with one operation more, kept from growing beyond bounds.
fn grown(line: Sized, bits: &[u64], draw: &mut Draw) -> Sized {
    let operators = [
        Operator::Add,
        Operator::Subtract,
        Operator::Multiply,
        Operator::Multiply,
        Operator::Divide,
        Operator::Remainder,
    ];
    let mut operator = draw.one(&operators);
    let index = draw.below(bits.len());
    let mut other = Sized { expression: Expression::Value(index), bits: bits[index] };
    let constant = |digits: usize, draw: &mut Draw| Sized {
        expression: Expression::Number(draw.digits(digits).parse().unwrap_or_default()),
        bits: 4 * digits as u64,
    };
    if operator == Operator::Multiply && line.bits + other.bits > LONGEST {
        operator = Operator::Remainder;
    }
    match operator {
        Operator::Add | Operator::Subtract | Operator::Multiply => {
            if draw.percent(30) {
                let digits = 1 + draw.below(4);
                other = constant(digits, draw);
            }
        }
        // By something small, that something be left.
        Operator::Divide => {
            let digits = 1 + draw.below(6);
            other = constant(digits, draw);
        }
        Operator::Remainder => {
            let digits = 12 + draw.below(60);
            other = constant(digits, draw);
        }
    }
    let bits = match operator {
        Operator::Add | Operator::Subtract => line.bits.max(other.bits) + 1,
        Operator::Multiply => line.bits + other.bits,
        Operator::Divide => line.bits,
        Operator::Remainder => other.bits.min(line.bits),
    };
    let turns =
        matches!(operator, Operator::Add | Operator::Subtract | Operator::Multiply) && draw.percent(40);
    let (x, y) = if turns { (other, line) } else { (line, other) };
    Sized {
        expression: Expression::Operation(operator, Box::new(x.expression), Box::new(y.expression)),
        bits,
    }
}

impl Operator {
    fn symbol(self) -> char {
        match self {
            Self::Add => '+',
            Self::Subtract => '-',
            Self::Multiply => '*',
            Self::Divide => '/',
            Self::Remainder => '%',
        }
    }
}

impl Expression {
    fn value(&self, values: &[BigInt], rules: Rules) -> BigInt {
        match self {
            Self::Number(number) => rules.kept(number.clone()),
            Self::Value(index) => values.get(*index).cloned().unwrap_or_default(),
            Self::Operation(operator, x, y) => {
                rules.apply(*operator, &x.value(values, rules), &y.value(values, rules))
            }
        }
    }

    /// How tightly its operator binds.
    fn binds(&self) -> u8 {
        match self {
            Self::Operation(Operator::Add | Operator::Subtract, ..) => 1,
            Self::Operation(..) => 2,
            Self::Number(_) | Self::Value(_) => 3,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotient_and_remainder_are_as_the_sheet_says() {
        let of = |rounding, x: i32, y: i32| {
            let rules = Rules { rounding, wraps: false };
            let apply = |operator| i32::try_from(rules.apply(operator, &x.into(), &y.into())).unwrap();
            (apply(Operator::Divide), apply(Operator::Remainder))
        };
        assert_eq!(of(Rounding::Down, -7, 2), (-4, 1));
        assert_eq!(of(Rounding::Up, -7, 2), (-3, -1));
        assert_eq!(of(Rounding::Up, 7, 2), (4, -1));
        assert_eq!(of(Rounding::TowardsZero, -7, 2), (-3, -1));
        assert_eq!(of(Rounding::Down, 7, 0), (0, 7));
    }
}
