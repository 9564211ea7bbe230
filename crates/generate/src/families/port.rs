//! A C program that mixes numbers, to be written again in Python, byte for byte.
//!
//! Difficulty counts the statements in its loop: 4 for each level.

use std::fmt::Write;

use crate::{
    draw::Draw,
    problem::{Problem, Solution, Start, example, filled},
};

const STATEMENTS_PER_LEVEL: u32 = 4;
const NAMES: [&str; 3] = ["a", "b", "c"];

/// What somebody may overlook of C.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Slip {
    None,
    /// Quotients and remainders as Python's, rounded down.
    RoundsDown,
    /// Conversions to signed bytes and shifts of signed numbers as if there were no sign.
    Unsigned,
}

/// A statement; the first register is the one that changes.
#[derive(Clone, Copy)]
enum Statement {
    AddProduct(usize, usize, u32),
    Mix(usize, usize, u32),
    Rotate(usize, u32),
    TakeInput(usize, u32),
    Compare(usize, usize, u32),
    Half(usize, usize),
    AddQuotient(usize, usize, u32),
    AddRemainder(usize, usize, u32),
    ShiftSigned(usize, usize, u32),
    AddSignedByte(usize, usize),
}

struct Mixer {
    start: [u32; 3],
    loop_: Vec<Statement>,
}

pub(crate) fn problem(difficulty: u32, draw: &mut Draw) -> Problem {
    let count = difficulty * STATEMENTS_PER_LEVEL;
    let mixer = Mixer::draw(count as usize, draw);
    let inputs: Vec<String> = [0, 1, 5, 40, 300].iter().map(|lines| numbers(*lines, draw)).collect();
    let solved = |slip: Slip| Solution {
        program: mixer.python(slip),
        outputs: inputs.iter().map(|input| mixer.output(input, slip)).collect(),
    };
    let shown = numbers(6, draw);
    Problem {
        description: format!("Port a C program with {count} statements of 32-bit arithmetic to Python."),
        instruction: include_str!("../../templates/port/instruction.md").to_owned(),
        languages: &["c", "python"],
        expert_minutes: 8 + 3 * difficulty,
        quantity: count,
        program: "mixer.py",
        start: Start::PythonAlone,
        workspace: vec![
            ("mixer.c", mixer.c()),
            ("EXAMPLE", example(&shown, &mixer.output(&shown, Slip::None))),
        ],
        solution: solved(Slip::None),
        wrong: vec![("rounds-down", solved(Slip::RoundsDown)), ("forgets-signs", solved(Slip::Unsigned))],
        inputs,
        given: None,
    }
}

/// Numbers of up to 32 bits, some with a sign, one a line.
fn numbers(lines: usize, draw: &mut Draw) -> String {
    let number = |draw: &mut Draw| {
        let bits = draw.below(32);
        let number = draw.between(0, 1 << bits);
        if draw.percent(30) { -number } else { number }
    };
    (0..lines).map(|_| format!("{}\n", number(draw))).collect()
}

impl Mixer {
    /// Two statements about signs, and others, in any order.
    fn draw(count: usize, draw: &mut Draw) -> Self {
        let mut kinds = vec![draw.one(&[6, 7]), draw.one(&[8, 9]), 3];
        kinds.extend((kinds.len()..count).map(|_| draw.below(10)));
        let kinds = draw.shuffled(kinds);
        let loop_ = kinds.into_iter().map(|kind| Statement::draw(kind, draw)).collect();
        Self { start: [(); 3].map(|()| draw.bits() as u32), loop_ }
    }

    fn output(&self, input: &str, slip: Slip) -> String {
        let mut registers = self.start;
        let mut text = String::new();
        for line in input.lines() {
            let x = line.parse::<i64>().unwrap_or_default() as u32;
            for statement in &self.loop_ {
                statement.step(&mut registers, x, slip);
            }
            let [a, b, c] = registers;
            let _ = writeln!(text, "{a} {} {c:08x}", b as i32);
        }
        text
    }

    fn c(&self) -> String {
        let [a, b, c] = self.start;
        let statements: String = self.loop_.iter().map(|one| format!("        {}\n", one.c())).collect();
        let start = format!("a = {a}u, b = {b}u, c = {c}u");
        filled(include_str!("../../templates/port/mixer.c"), &[("start", &start), ("loop", &statements)])
    }

    fn python(&self, slip: Slip) -> String {
        let statements: String = self.loop_.iter().map(|one| format!("    {}\n", one.python())).collect();
        let [a, b, c] = self.start;
        let start = format!("{a}, {b}, {c}");
        let quotient = if slip == Slip::RoundsDown { "x // y" } else { "abs(x) // y * (-1 if x < 0 else 1)" };
        let bits = if slip == Slip::Unsigned { "x" } else { "x - (1 << bits) if x >> (bits - 1) else x" };
        filled(
            include_str!("../../templates/port/mixer.py"),
            &[("start", &start), ("loop", &statements), ("quotient", quotient), ("signed", bits)],
        )
    }
}

impl Statement {
    fn draw(kind: usize, draw: &mut Draw) -> Self {
        let registers = draw.shuffled(vec![0, 1, 2]);
        let (r, s) = (registers[0], registers[1]);
        let (constant, shift) = (draw.bits() as u32, 1 + draw.below(30) as u32);
        let small = 3 + draw.below(9000) as u32;
        match kind {
            0 => Self::AddProduct(r, s, constant),
            1 => Self::Mix(r, s, shift),
            2 => Self::Rotate(r, shift),
            3 => Self::TakeInput(r, constant | 1),
            4 => Self::Compare(r, s, constant),
            5 => Self::Half(r, s),
            6 => Self::AddQuotient(r, s, small),
            7 => Self::AddRemainder(r, s, small),
            8 => Self::ShiftSigned(r, s, shift),
            _ => Self::AddSignedByte(r, s),
        }
    }

    fn step(self, registers: &mut [u32; 3], x: u32, slip: Slip) {
        let old = *registers;
        let change = |r: usize, value: u32| (r, value);
        let signed = |s: usize| i64::from(old[s] as i32);
        let quotient = |s: usize, k: u32| match slip {
            Slip::RoundsDown => signed(s).div_euclid(i64::from(k)),
            // Nobody who forgets the sign of a byte forgets that of a number to be divided.
            Slip::None | Slip::Unsigned => signed(s) / i64::from(k),
        };
        let (r, value) = match self {
            Self::AddProduct(r, s, k) => change(r, old[r].wrapping_add(old[s].wrapping_mul(k))),
            Self::Mix(r, s, n) => change(r, old[r] ^ (old[s] << n)),
            Self::Rotate(r, n) => change(r, old[r].rotate_left(n)),
            Self::TakeInput(r, k) => change(r, (old[r] ^ x).wrapping_mul(k)),
            Self::Compare(r, s, k) => {
                change(r, if old[r] > old[s] { old[r].wrapping_add(k) } else { old[r] ^ x })
            }
            Self::Half(r, s) => change(r, old[r].wrapping_sub(old[s] & 0xFFFF)),
            Self::AddQuotient(r, s, k) => change(r, old[r].wrapping_add(quotient(s, k) as u32)),
            Self::AddRemainder(r, s, k) => {
                let remainder = signed(s) - quotient(s, k) * i64::from(k);
                change(r, old[r].wrapping_add(remainder as u32))
            }
            Self::ShiftSigned(r, s, n) => {
                let shifted =
                    if slip == Slip::Unsigned { old[s] >> n } else { ((old[s] as i32) >> n) as u32 };
                change(r, old[r] ^ shifted)
            }
            Self::AddSignedByte(r, s) => {
                let byte = old[s] as u8;
                let byte = if slip == Slip::Unsigned { u32::from(byte) } else { byte as i8 as u32 };
                change(r, old[r].wrapping_add(byte))
            }
        };
        registers[r] = value;
    }

    fn c(self) -> String {
        let n = |r: usize| NAMES[r];
        match self {
            Self::AddProduct(r, s, k) => format!("{} += {} * {k}u;", n(r), n(s)),
            Self::Mix(r, s, k) => format!("{} ^= {} << {k};", n(r), n(s)),
            Self::Rotate(r, k) => format!("{0} = {0} << {k} | {0} >> {1};", n(r), 32 - k),
            Self::TakeInput(r, k) => format!("{0} = ({0} ^ x) * {k}u;", n(r)),
            Self::Compare(r, s, k) => format!("if ({0} > {1}) {0} += {k}u; else {0} ^= x;", n(r), n(s)),
            Self::Half(r, s) => format!("{} -= (uint16_t){};", n(r), n(s)),
            Self::AddQuotient(r, s, k) => format!("{} += (int32_t){} / {k};", n(r), n(s)),
            Self::AddRemainder(r, s, k) => format!("{} += (int32_t){} % {k};", n(r), n(s)),
            Self::ShiftSigned(r, s, k) => format!("{} ^= (int32_t){} >> {k};", n(r), n(s)),
            Self::AddSignedByte(r, s) => format!("{} += (int8_t){};", n(r), n(s)),
        }
    }

    fn python(self) -> String {
        let n = |r: usize| NAMES[r];
        let set = |r: usize, value: String| format!("{} = ({value}) & MASK", n(r));
        match self {
            Self::AddProduct(r, s, k) => set(r, format!("{} + {} * {k}", n(r), n(s))),
            Self::Mix(r, s, k) => set(r, format!("{} ^ {} << {k}", n(r), n(s))),
            Self::Rotate(r, k) => set(r, format!("{0} << {k} | {0} >> {1}", n(r), 32 - k)),
            Self::TakeInput(r, k) => set(r, format!("({} ^ x) * {k}", n(r))),
            Self::Compare(r, s, k) => set(r, format!("{0} + {k} if {0} > {1} else {0} ^ x", n(r), n(s))),
            Self::Half(r, s) => set(r, format!("{} - ({} & 0xFFFF)", n(r), n(s))),
            Self::AddQuotient(r, s, k) => set(r, format!("{} + quotient(number({}), {k})", n(r), n(s))),
            Self::AddRemainder(r, s, k) => {
                set(r, format!("{0} + number({1}) - quotient(number({1}), {k}) * {k}", n(r), n(s)))
            }
            Self::ShiftSigned(r, s, k) => set(r, format!("{} ^ signed({}, 32) >> {k}", n(r), n(s))),
            Self::AddSignedByte(r, s) => set(r, format!("{} + signed({} & 0xFF, 8)", n(r), n(s))),
        }
    }
}
