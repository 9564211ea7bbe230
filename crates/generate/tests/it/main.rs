//! What holds of every generated task, without a container.

#![expect(clippy::unwrap_used, reason = "a test ends where something is not as expected")]

use std::collections::BTreeSet;

use generate::{DIFFICULTIES, Family, Recipe, Task, generate};

/// So many of each family, over all difficulties.
const EACH: u32 = 100;

fn recipes(family: Family) -> impl Iterator<Item = Recipe> {
    let (least, levels) = (*DIFFICULTIES.start(), DIFFICULTIES.clone().count() as u32);
    (0..EACH).map(move |index| {
        let seed = u64::from(index / 7).wrapping_mul(0x9E37_79B9_97F4_A7C1);
        Recipe { family, seed, index, difficulty: least + index % levels }
    })
}

fn text<'t>(task: &'t Task, path: &str) -> &'t str {
    &task.files.iter().find(|file| file.path == path).unwrap().text
}

#[test]
fn the_same_recipe_gives_the_same_bytes_and_another_one_other_answers() {
    for family in Family::ALL {
        let mut answers = BTreeSet::new();
        for recipe in recipes(family) {
            let task = generate(recipe).unwrap();
            assert_eq!(task, generate(recipe).unwrap());
            complete(&task);
            let cases: serde_json::Value = serde_json::from_str(text(&task, "tests/cases.json")).unwrap();
            let cases = cases["cases"].as_array().unwrap();
            let outputs: Vec<_> = cases.iter().map(|case| &case["output"]).collect();
            assert!(answers.insert(format!("{outputs:?}")), "{}: the answers of another task", recipe.id());
        }
    }
}

/// Nothing is left unfilled, and every script is short enough to be typed.
fn complete(task: &Task) {
    for file in &task.files {
        let at = format!("{}: {}", task.recipe.id(), file.path);
        assert!(!file.text.contains("{{") && file.text.ends_with('\n'), "{at}");
        assert!(!file.executable || file.text.len() < 9000, "{at}");
    }
}

/// Seeds differ in more than where the faults are.
#[test]
fn the_programs_with_faults_in_them_are_several() {
    let mut programs = BTreeSet::new();
    for recipe in recipes(Family::Fix).take(20) {
        let task = generate(recipe).unwrap();
        let given = task.files.iter().filter_map(|file| file.path.strip_prefix("environment/workspace/"));
        programs.extend(given.filter(|name| *name != "README").map(str::to_owned));
    }
    assert_eq!(programs.iter().collect::<Vec<_>>(), ["queue", "sizes", "stretches"]);
}

#[test]
fn what_difficulty_counts_grows_with_it() {
    for family in Family::ALL {
        for index in 0..EACH / 20 {
            let quantity =
                |difficulty| generate(Recipe { family, seed: 3, index, difficulty }).unwrap().quantity;
            let quantities: Vec<u32> = DIFFICULTIES.map(quantity).collect();
            assert!(quantities.is_sorted_by(|less, more| less < more), "{family}: {quantities:?}");
        }
    }
}

/// The bytes of one task of each family: a change of them makes other tasks of the same seeds, and has to be meant.
#[test]
fn the_bytes_are_those_of_every_machine() {
    let sums: Vec<String> = Family::ALL
        .map(|family| {
            let task = generate(Recipe { family, seed: 7, index: 0, difficulty: 3 }).unwrap();
            let bytes =
                task.files.iter().flat_map(|file| [&file.path, &file.text]).flat_map(|text| text.bytes());
            // FNV-1a, 64 bits.
            let sum = bytes.fold(0xCBF2_9CE4_8422_2325_u64, |sum, byte| {
                (sum ^ u64::from(byte)).wrapping_mul(0x100_0000_01B3)
            });
            format!("{family} {sum:016x}")
        })
        .to_vec();
    insta::assert_snapshot!(sums.join("\n"));
}
