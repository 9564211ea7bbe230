//! A working program with faults put in at drawn places. Which program it is, is drawn too.
//!
//! Difficulty counts the faults: one for each level. A wrong solution leaves one of them, or brings in another.

mod queue;
mod sizes;
mod stretches;

use crate::{
    draw::Draw,
    problem::{Problem, Solution, Start, filled},
};

/// A place in a program, as it should be and with a fault.
struct Place {
    key: &'static str,
    right: &'static str,
    wrong: &'static str,
}

const fn place(key: &'static str, right: &'static str, wrong: &'static str) -> Place {
    Place { key, right, wrong }
}

/// A program that faults are put in.
trait Program {
    /// What it reads.
    type Input;
    /// The file's name.
    const NAME: &'static str;
    /// The language it is written in.
    const LANGUAGES: &'static [&'static str];
    /// What it does, as the end of a sentence.
    const DOES: &'static str;
    const INSTRUCTION: &'static str;
    const README: &'static str;
    /// Its text, with the places in it.
    const TEXT: &'static str;
    /// The places; faults are given as positions in this list.
    const PLACES: [Place; 8];

    fn inputs(draw: &mut Draw) -> Vec<Self::Input>;
    fn text(input: &Self::Input) -> String;
    /// What the program prints with these faults in it.
    fn output(input: &Self::Input, faults: &[usize]) -> String;
}

pub(crate) fn problem(difficulty: u32, draw: &mut Draw) -> Problem {
    match draw.below(3) {
        0 => of::<stretches::Stretches>(difficulty, draw),
        1 => of::<queue::Queue>(difficulty, draw),
        _ => of::<sizes::Sizes>(difficulty, draw),
    }
}

fn of<P: Program>(difficulty: u32, draw: &mut Draw) -> Problem {
    let mut places = draw.shuffled((0..P::PLACES.len()).collect::<Vec<_>>());
    let others = places.split_off(difficulty as usize);
    let faults = places;
    let inputs = P::inputs(draw);
    let outputs = |faults: &[usize]| inputs.iter().map(|input| P::output(input, faults)).collect();
    let solved = |faults: &[usize]| Solution { program: program::<P>(faults), outputs: outputs(faults) };
    Problem {
        description: format!("Repair a script that {}: {difficulty} faults.", P::DOES),
        instruction: P::INSTRUCTION.to_owned(),
        languages: P::LANGUAGES,
        expert_minutes: 5 + 3 * difficulty,
        quantity: difficulty,
        program: P::NAME,
        start: Start::InPlace,
        workspace: vec![(P::NAME, program::<P>(&faults)), ("README", P::README.to_owned())],
        solution: solved(&[]),
        wrong: vec![("leaves-one", solved(&faults[..1])), ("brings-another", solved(&others[..1]))],
        given: Some(outputs(&faults)),
        inputs: inputs.iter().map(P::text).collect(),
    }
}

fn program<P: Program>(faults: &[usize]) -> String {
    let value = |(at, place): (usize, &Place)| {
        (place.key, if faults.contains(&at) { place.wrong } else { place.right })
    };
    let values: Vec<_> = P::PLACES.iter().enumerate().map(value).collect();
    filled(P::TEXT, &values)
}
