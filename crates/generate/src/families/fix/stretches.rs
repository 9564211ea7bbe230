//! When rooms are in use: intervals, split, merged and summed.

use std::{collections::BTreeMap, fmt::Write};

use super::{Place, Program, place};
use crate::draw::Draw;

const DAY: i64 = 24 * 60;

const REST: usize = 0;
const CLOCK: usize = 1;
const ORDER: usize = 2;
const TOUCHES: usize = 3;
const LONGER: usize = 4;
const EMPTY: usize = 5;
const OVERNIGHT: usize = 6;
const TOTAL: usize = 7;

pub(super) struct Stretches;

pub(super) struct Booking {
    room: String,
    start: i64,
    end: i64,
}

impl Program for Stretches {
    type Input = Vec<Booking>;
    const NAME: &'static str = "stretches";
    const LANGUAGES: &'static [&'static str] = &["python"];
    const DOES: &'static str = "lists when rooms are in use";
    const INSTRUCTION: &'static str = include_str!("../../../templates/fix/stretches/instruction.md");
    const README: &'static str = include_str!("../../../templates/fix/stretches/README");
    const TEXT: &'static str = include_str!("../../../templates/fix/stretches/program");
    const PLACES: [Place; 8] = [
        place("rest", "int(rest)", "int(rest) // 10 * 10"),
        place("clock", "value // 60, value % 60", "value // 60 % 24, value % 60"),
        place("order", "sorted(stretches)", "stretches"),
        place("touches", "<=", "<"),
        place("longer", "max(end, result[-1][1])", "end"),
        place("empty", "<", "<="),
        place("overnight", "end < start", "end < start and end > 0"),
        place("total", "", "- 1 "),
    ];

    fn inputs(draw: &mut Draw) -> Vec<Vec<Booking>> {
        [0, 2, 12, 30, 60].iter().map(|count| bookings(*count, draw)).collect()
    }

    fn text(bookings: &Vec<Booking>) -> String {
        let line = |one: &Booking| format!("{} {} {}\n", one.room, clock(one.start), clock(one.end));
        bookings.iter().map(line).collect()
    }

    fn output(bookings: &Vec<Booking>, faults: &[usize]) -> String {
        let has = |fault: usize| faults.contains(&fault);
        let read = |minutes: i64| if has(REST) { minutes / 10 * 10 } else { minutes };
        let mut rooms = BTreeMap::<&str, Vec<(i64, i64)>>::new();
        for booking in bookings {
            let (start, end) = (read(booking.start), read(booking.end));
            let overnight = end < start && !(has(OVERNIGHT) && end == 0);
            let parts = if overnight { vec![(start, DAY), (0, end)] } else { vec![(start, end)] };
            for (start, end) in
                parts.into_iter().filter(|(start, end)| start < end || (start == end && has(EMPTY)))
            {
                rooms.entry(&booking.room).or_default().push((start, end));
            }
        }
        let mut text = String::new();
        for (room, mut stretches) in rooms {
            if !has(ORDER) {
                stretches.sort_unstable();
            }
            let mut merged: Vec<(i64, i64)> = Vec::new();
            for (start, end) in stretches {
                match merged.last_mut() {
                    Some(last) if start < last.1 || (start == last.1 && !has(TOUCHES)) => {
                        last.1 = if has(LONGER) { end } else { end.max(last.1) };
                    }
                    _ => merged.push((start, end)),
                }
            }
            let shown = |minutes: i64| clock(if has(CLOCK) { minutes % DAY } else { minutes });
            let stretches: Vec<_> =
                merged.iter().map(|(start, end)| format!("{}-{}", shown(*start), shown(*end))).collect();
            let total: i64 = merged.iter().map(|(start, end)| end - start - i64::from(has(TOTAL))).sum();
            let _ = writeln!(text, "{room}: {} ({total} min)", stretches.join(", "));
        }
        text
    }
}

fn bookings(count: usize, draw: &mut Draw) -> Vec<Booking> {
    let rooms = ["Attic", "Red Hall", "Red  Hall", "Annexe 2", "Cellar"];
    let booking = |draw: &mut Draw| {
        // Times of a coarse grid meet often.
        let step = draw.one(&[5, 30]);
        let start = draw.between(0, DAY / step - 1) * step;
        let end = match draw.below(10) {
            0 => start,
            1 => draw.between(0, start / step) * step,
            2 => DAY,
            3 => 0,
            _ => (start + draw.between(1, 150 / step) * step).min(DAY),
        };
        Booking { room: draw.one(&rooms).to_owned(), start, end }
    };
    (0..count).map(|_| booking(draw)).collect()
}

fn clock(minutes: i64) -> String {
    format!("{:02}:{:02}", minutes / 60, minutes % 60)
}
