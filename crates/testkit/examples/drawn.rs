//! Writes a run drawn at random, for scripts: `cargo run -p testkit --example drawn -- DIR SEED FAMILIES TASKS ATTEMPTS`.
#![expect(clippy::unwrap_used, reason = "a script's arguments are right or it stops")]

use std::path::PathBuf;

use testkit::drawn::{Truth, draw, write};

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [into, seed, families, tasks, attempts]: [String; 5] = arguments.try_into().unwrap();
    let number = |text: &String| text.parse::<u32>().unwrap();
    let truth = Truth {
        families: number(&families),
        tasks: number(&tasks),
        attempts: number(&attempts),
        gap: 0.1,
        family: 0.08,
        task: 0.12,
    };
    let (plan, events) = draw(truth, u64::from(number(&seed)));
    write(&plan, &events, &PathBuf::from(into));
}
