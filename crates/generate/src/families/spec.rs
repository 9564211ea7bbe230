//! An evaluator for a notation that only its description tells: operators, how they bind, what they mean.
//!
//! Difficulty counts the levels of precedence: one more than the level.

use std::fmt::Write;

use crate::{
    draw::Draw,
    problem::{Problem, Solution, Start, example, filled},
};

const SYMBOLS: [char; 12] = ['+', '-', '*', '/', '&', '|', '^', '@', '$', ':', '~', '?'];
const BRACKETS: [[char; 2]; 3] = [['(', ')'], ['[', ']'], ['<', '>']];
const BASES: [u32; 4] = [6, 8, 10, 12];
const MODULI: [u64; 4] = [10_007, 65_537, 99_991, 1_000_003];
const DIGITS: &[u8; 12] = b"0123456789ab";

/// What an operator does with two numbers: as told, and in Python.
struct Meaning {
    said: &'static str,
    python: &'static str,
    /// Of numbers below the modulus, which comes last; not reduced yet.
    value: fn(u64, u64, u64) -> u64,
}

const MEANINGS: [Meaning; 9] = [
    Meaning { said: "x plus y", python: "x + y", value: |x, y, _| x + y },
    Meaning { said: "x minus y", python: "x - y + M", value: |x, y, m| x + m - y },
    Meaning { said: "x times y", python: "x * y", value: |x, y, _| x * y },
    Meaning { said: "the greater of x and y", python: "max(x, y)", value: |x, y, _| x.max(y) },
    Meaning { said: "the lesser of x and y", python: "min(x, y)", value: |x, y, _| x.min(y) },
    Meaning { said: "the distance between x and y", python: "abs(x - y)", value: |x, y, _| x.abs_diff(y) },
    Meaning { said: "ten times x, plus y", python: "10 * x + y", value: |x, y, _| 10 * x + y },
    Meaning { said: "half of x plus y, rounded down", python: "(x + y) // 2", value: |x, y, _| (x + y) / 2 },
    Meaning { said: "the square of x, plus y", python: "x * x + y", value: |x, y, _| x * x + y },
];

#[derive(Clone)]
struct Level {
    from_the_right: bool,
    /// Symbols, and which of [`MEANINGS`] each has.
    operators: Vec<(char, usize)>,
}

#[derive(Clone)]
struct Notation {
    /// From the loosest.
    levels: Vec<Level>,
    /// In front of a number, a bracket or itself: twice the value, plus one.
    prefix: char,
    brackets: [char; 2],
    base: u32,
    modulus: u64,
}

pub(crate) fn problem(difficulty: u32, draw: &mut Draw) -> Problem {
    let count = difficulty + 1;
    let notation = Notation::draw(count, draw);
    let mut from_the_left = notation.clone();
    from_the_left.levels.iter_mut().for_each(|level| level.from_the_right = false);
    let mut upside_down = notation.clone();
    upside_down.levels.reverse();
    let inputs: Vec<String> = (0..5).map(|_| notation.lines(12, draw)).collect();
    let solved = |notation: &Notation| Solution {
        program: notation.program(),
        outputs: inputs.iter().map(|input| notation.output(input)).collect(),
    };
    let shown = notation.lines(6, draw);
    Problem {
        description: format!("Write an evaluator for a notation with {count} levels of precedence."),
        instruction: include_str!("../../templates/spec/instruction.md").to_owned(),
        languages: &["any"],
        expert_minutes: 10 + 3 * difficulty,
        quantity: count,
        program: "evaluate",
        start: Start::InPlace,
        workspace: vec![
            ("NOTATION", notation.text()),
            ("EXAMPLE", example(&shown, &notation.output(&shown))),
        ],
        solution: solved(&notation),
        wrong: vec![
            ("all-from-the-left", solved(&from_the_left)),
            ("levels-upside-down", solved(&upside_down)),
        ],
        inputs,
        given: None,
    }
}

impl Notation {
    fn draw(count: u32, draw: &mut Draw) -> Self {
        let mut symbols = draw.shuffled(SYMBOLS.to_vec());
        let mut meanings = draw.shuffled((0..MEANINGS.len()).collect::<Vec<_>>());
        let mut levels = Vec::new();
        for level in 0..count {
            // Nine meanings are enough for the most levels, with two operators in some.
            let wanted = if level < 3 { 1 + draw.below(2) } else { 1 };
            let mut operators = Vec::new();
            for _ in 0..wanted {
                operators.extend(symbols.pop().zip(meanings.pop()));
            }
            levels.push(Level { from_the_right: draw.percent(50), operators });
        }
        let prefix = symbols.pop().unwrap_or('!');
        Self {
            levels,
            prefix,
            brackets: draw.one(&BRACKETS),
            base: draw.one(&BASES),
            modulus: draw.one(&MODULI),
        }
    }

    fn text(&self) -> String {
        let mut levels = String::new();
        for (at, level) in self.levels.iter().enumerate() {
            let from = if level.from_the_right { "right" } else { "left" };
            let _ = writeln!(levels, "  {}, taken from the {from}", at + 1);
            for (symbol, meaning) in &level.operators {
                let _ = writeln!(levels, "       x {symbol} y   {}", MEANINGS[*meaning].said);
            }
        }
        let digits = String::from_utf8_lossy(&DIGITS[..self.base as usize]).into_owned();
        filled(
            include_str!("../../templates/spec/NOTATION"),
            &[
                ("levels", &levels),
                ("last", &(self.levels.len() + 1).to_string()),
                ("prefix", &self.prefix.to_string()),
                ("open", &self.brackets[0].to_string()),
                ("close", &self.brackets[1].to_string()),
                ("base", &self.base.to_string()),
                ("digits", &digits),
                ("modulus", &self.modulus.to_string()),
            ],
        )
    }

    fn program(&self) -> String {
        let mut levels = String::new();
        for level in &self.levels {
            let operator = |(symbol, meaning): &(char, usize)| {
                format!("'{symbol}': lambda x, y: {}", MEANINGS[*meaning].python)
            };
            let operators: Vec<String> = level.operators.iter().map(operator).collect();
            let right = if level.from_the_right { "True" } else { "False" };
            let _ = writeln!(levels, "    ({right}, {{{}}}),", operators.join(", "));
        }
        filled(
            include_str!("../../templates/spec/evaluate.py"),
            &[
                ("levels", &levels),
                ("prefix", &self.prefix.to_string()),
                ("open", &self.brackets[0].to_string()),
                ("close", &self.brackets[1].to_string()),
                ("base", &self.base.to_string()),
                ("digits", &String::from_utf8_lossy(&DIGITS[..self.base as usize])),
                ("modulus", &self.modulus.to_string()),
            ],
        )
    }

    /// Lines of the notation, one in six with a symbol missing or twice.
    fn lines(&self, count: usize, draw: &mut Draw) -> String {
        let mut text = String::new();
        for _ in 0..count {
            let mut line = self.expression(3, draw);
            if draw.percent(16) {
                let at = draw.below(line.len());
                let one = line.remove(at);
                if draw.percent(50) {
                    line.insert_str(at, &format!("{one}{one}"));
                }
            }
            text.push_str(line.trim());
            text.push('\n');
        }
        text
    }

    fn expression(&self, depth: u32, draw: &mut Draw) -> String {
        let mut text = self.operand(depth, draw);
        for _ in 0..1 + draw.below(self.levels.len() + 1) {
            let (symbol, _) = {
                let level = &self.levels[draw.below(self.levels.len())];
                draw.one(&level.operators)
            };
            let blank = if draw.percent(70) { " " } else { "" };
            text = format!("{text}{blank}{symbol}{blank}{}", self.operand(depth, draw));
        }
        text
    }

    fn operand(&self, depth: u32, draw: &mut Draw) -> String {
        let [open, close] = self.brackets;
        match draw.below(10) {
            0 | 1 if depth > 0 => format!("{open}{}{close}", self.expression(depth - 1, draw)),
            2 => format!("{}{}", self.prefix, self.operand(depth, draw)),
            _ => {
                let count = 1 + draw.below(4);
                let digit = |_| char::from(DIGITS[draw.below(self.base as usize)]);
                (0..count).map(digit).collect()
            }
        }
    }

    fn output(&self, input: &str) -> String {
        let answer = |line: &str| {
            let symbols: Vec<char> = line.chars().collect();
            let mut reader = Reader { notation: self, symbols: &symbols };
            let value = reader.level(0);
            reader.skip();
            value.filter(|_| reader.symbols.is_empty())
        };
        let line =
            |line: &str| answer(line).map_or_else(|| "error\n".to_owned(), |value| format!("{value}\n"));
        input.lines().map(line).collect()
    }
}

/// What is left of a line. Each reading gives a value, or none where the line is not of the notation.
struct Reader<'r> {
    notation: &'r Notation,
    symbols: &'r [char],
}

impl Reader<'_> {
    fn skip(&mut self) {
        while let [' ', rest @ ..] = self.symbols {
            self.symbols = rest;
        }
    }

    fn next(&mut self) -> Option<char> {
        self.skip();
        self.symbols.first().copied()
    }

    fn take(&mut self) {
        self.symbols = self.symbols.get(1..).unwrap_or_default();
    }

    fn level(&mut self, at: usize) -> Option<u64> {
        let Some(level) = self.notation.levels.get(at) else { return self.operand() };
        let operator = |symbol: Option<char>| {
            level.operators.iter().find(|(known, _)| Some(*known) == symbol).map(|(_, meaning)| *meaning)
        };
        let mut value = self.level(at + 1)?;
        while let Some(meaning) = operator(self.next()) {
            self.take();
            let other = self.level(if level.from_the_right { at } else { at + 1 })?;
            value = self.applied(meaning, value, other);
        }
        Some(value)
    }

    fn applied(&self, meaning: usize, x: u64, y: u64) -> u64 {
        let modulus = self.notation.modulus;
        (MEANINGS[meaning].value)(x, y, modulus) % modulus
    }

    fn operand(&mut self) -> Option<u64> {
        let [open, close] = self.notation.brackets;
        let symbol = self.next()?;
        if symbol == self.notation.prefix {
            self.take();
            return self.operand().map(|value| (2 * value + 1) % self.notation.modulus);
        }
        if symbol == open {
            self.take();
            let value = self.level(0)?;
            let closed = self.next() == Some(close);
            self.take();
            return closed.then_some(value);
        }
        let mut value = u64::from(symbol.to_digit(self.notation.base)?);
        self.take();
        while let Some(digit) = self.symbols.first().and_then(|symbol| symbol.to_digit(self.notation.base)) {
            value = (value * u64::from(self.notation.base) + u64::from(digit)) % self.notation.modulus;
            self.take();
        }
        Some(value)
    }
}
