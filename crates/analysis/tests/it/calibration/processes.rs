//! The processes that the numbers are held against.

use testkit::process::{Loss, Process, Shape};

/// Twelve families of four tasks, three attempts: what the others differ from.
const PLAIN: Process = Process {
    name: "plain",
    families: &[4; 12],
    attempts: 3,
    gaps: 1,
    level: 0.0,
    spread: (1.5, 0.7),
    difference: (0.7, 0.4),
    shape: Shape::Normal,
    partial: false,
    loss: Loss::None,
    gap: 0.15,
    control: false,
};

/// Each with the gap that is planted in it; every one is also drawn without a gap.
pub(super) const PROCESSES: [Process; 26] = [
    PLAIN,
    Process { name: "one attempt", attempts: 1, gap: 0.2, ..PLAIN },
    Process { name: "five attempts", attempts: 5, ..PLAIN },
    Process { name: "families alike", spread: (0.7, 1.5), difference: (0.3, 0.9), gap: 0.2, ..PLAIN },
    Process { name: "families unrelated", spread: (1.7, 0.0), difference: (0.8, 0.0), ..PLAIN },
    Process { name: "one family", families: &[30], spread: (1.5, 0.0), difference: (0.7, 0.0), ..PLAIN },
    Process { name: "two families", families: &[20, 20], gap: 0.3, ..PLAIN },
    Process { name: "three families", families: &[12; 3], gap: 0.25, ..PLAIN },
    Process { name: "four families", families: &[10; 4], gap: 0.2, ..PLAIN },
    Process { name: "six families", families: &[6; 6], gap: 0.2, ..PLAIN },
    Process { name: "seven families", families: &[6; 7], gap: 0.2, ..PLAIN },
    Process { name: "eight families", families: &[5; 8], gap: 0.2, ..PLAIN },
    Process { name: "a family of 40 %", families: &[16, 4, 4, 4, 4, 4, 4], gap: 0.2, ..PLAIN },
    Process { name: "uneven families", families: &[20, 8, 6, 4, 4, 3, 2, 1], gap: 0.2, ..PLAIN },
    Process { name: "each task its own family", families: &[1; 24], gap: 0.2, ..PLAIN },
    Process { name: "six tasks", families: &[1; 6], attempts: 5, gap: 0.3, ..PLAIN },
    Process { name: "skewed families", shape: Shape::Skewed, difference: (0.5, 1.0), gap: 0.2, ..PLAIN },
    Process { name: "heavy families", shape: Shape::Heavy, difference: (0.5, 1.2), gap: 0.2, ..PLAIN },
    Process { name: "near the floor", level: -3.5, gap: 0.1, ..PLAIN },
    Process { name: "at the floor, one attempt", level: -5.0, attempts: 1, gap: 0.05, ..PLAIN },
    Process { name: "near the ceiling", level: 3.0, gap: -0.1, ..PLAIN },
    Process { name: "partial scores", partial: true, attempts: 1, ..PLAIN },
    Process { name: "two gaps", gaps: 2, gap: 0.2, ..PLAIN },
    Process { name: "four gaps and a control", gaps: 4, control: true, gap: 0.2, families: &[5; 8], ..PLAIN },
    Process { name: "2 % missing at random", loss: Loss::AtRandom(0.02), gap: 0.25, ..PLAIN },
    Process { name: "3 % missing in the arm", loss: Loss::ByArm(0.03), gap: 0.25, ..PLAIN },
];
