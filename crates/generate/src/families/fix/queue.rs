//! A waiting list: what happens changes what happens later.

use std::fmt::Write;

use super::{Place, Program, place};
use crate::draw::Draw;

const SAME: usize = 0;
const NUMBER: usize = 1;
const NOBODY: usize = 2;
const THIRD: usize = 3;
const KEEPS: usize = 4;
const LEAVES: usize = 5;
const TWICE: usize = 6;
const BEHIND: usize = 7;

pub(super) struct Queue;

/// A line of the input.
pub(super) enum Happening {
    Take { name: String, urgent: bool },
    Call,
    Back,
    Leave(String),
}

struct Person<'d> {
    name: &'d str,
    number: u32,
    urgent: bool,
}

impl Program for Queue {
    type Input = Vec<Happening>;
    const NAME: &'static str = "queue";
    const LANGUAGES: &'static [&'static str] = &["perl"];
    const DOES: &'static str = "keeps a waiting list";
    const INSTRUCTION: &'static str = include_str!("../../../templates/fix/queue/instruction.md");
    const README: &'static str = include_str!("../../../templates/fix/queue/README");
    const TEXT: &'static str = include_str!("../../../templates/fix/queue/program");
    const PLACES: [Place; 8] = [
        place("same", "lc $queue[$at]{name} eq lc $name", "$queue[$at]{name} eq $name"),
        place("number", "$last % 99 + 1", "$last + 1"),
        place("nobody", "\"nobody waits\\n\"", "\"\""),
        place("third", "2", "3"),
        place("keeps", "$called", "{%$called, number => number()}"),
        place("leaves", ", 1", ""),
        place("twice", "place($name) >= 0", "place($name) > 0"),
        place("behind", "$queue[$at]{urgent}", "$at < 1 && $queue[$at]{urgent}"),
    ];

    fn inputs(draw: &mut Draw) -> Vec<Vec<Happening>> {
        [0, 4, 25, 90, 450].iter().map(|count| (0..*count).map(|_| happening(draw)).collect()).collect()
    }

    fn text(day: &Vec<Happening>) -> String {
        let line = |one: &Happening| match one {
            Happening::Take { name, urgent: false } => format!("take {name}\n"),
            Happening::Take { name, urgent: true } => format!("urgent {name}\n"),
            Happening::Call => "call\n".to_owned(),
            Happening::Back => "back\n".to_owned(),
            Happening::Leave(name) => format!("leave {name}\n"),
        };
        day.iter().map(line).collect()
    }

    fn output(day: &Vec<Happening>, faults: &[usize]) -> String {
        let has = |fault: usize| faults.contains(&fault);
        let same = |one: &str, other: &str| {
            if has(SAME) { one == other } else { one.eq_ignore_ascii_case(other) }
        };
        let after = |last: u32| if has(NUMBER) { last + 1 } else { last % 99 + 1 };
        let mut queue: Vec<Person<'_>> = Vec::new();
        let (mut called, mut last, mut text) = (None::<Person<'_>>, 0, String::new());
        for one in day {
            match one {
                Happening::Call => {
                    called = (!queue.is_empty()).then(|| queue.remove(0));
                    let _ = match &called {
                        Some(person) => writeln!(text, "{} {}", person.number, person.name),
                        None if has(NOBODY) => Ok(()),
                        None => writeln!(text, "nobody waits"),
                    };
                }
                Happening::Back => {
                    let Some(mut person) = called.take() else { continue };
                    if has(KEEPS) {
                        last = after(last);
                        person.number = last;
                    }
                    queue.insert(queue.len().min(if has(THIRD) { 3 } else { 2 }), person);
                }
                Happening::Leave(name) => {
                    if let Some(at) = queue.iter().position(|person| same(person.name, name)) {
                        queue.drain(at..if has(LEAVES) { queue.len() } else { at + 1 });
                    }
                }
                Happening::Take { name, urgent } => {
                    let place = queue.iter().position(|person| same(person.name, name));
                    if place.is_some_and(|at| at > 0 || !has(TWICE)) {
                        let _ = writeln!(text, "{name} waits already");
                        continue;
                    }
                    last = after(last);
                    let first = queue.iter().position(|person| !person.urgent).unwrap_or(queue.len());
                    let at = match (urgent, has(BEHIND)) {
                        (false, _) => queue.len(),
                        (true, false) => first,
                        (true, true) => first.min(1),
                    };
                    queue.insert(at, Person { name, number: last, urgent: *urgent });
                    let _ = writeln!(text, "{name} has {last}");
                }
            }
        }
        let numbers: String = queue.iter().map(|person| format!(" {}", person.number)).collect();
        text + "waiting:" + &numbers + "\n"
    }
}

fn happening(draw: &mut Draw) -> Happening {
    let names = ["Ada", "Bo Lee", "Cy", "Dr Dee", "Eli", "Flo", "Gus", "Hana", "Ida Rae", "Jo"];
    let mut name = draw.one(&names).to_owned();
    if draw.percent(70) {
        let _ = write!(name, " {}", draw.between(1, 9));
    }
    if draw.percent(15) {
        name.make_ascii_lowercase();
    }
    match draw.below(100) {
        0..45 => Happening::Take { name, urgent: false },
        45..60 => Happening::Take { name, urgent: true },
        60..84 => Happening::Call,
        84..92 => Happening::Back,
        _ => Happening::Leave(name),
    }
}
