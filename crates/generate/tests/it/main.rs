//! What holds of every generated task, without a container.

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
    &task.files.iter().find(|file| file.path == path).unwrap_or_else(|| panic!("{path}")).text
}

#[test]
fn the_same_recipe_gives_the_same_bytes_and_another_one_other_answers() {
    for family in Family::ALL {
        let mut answers = BTreeSet::new();
        for recipe in recipes(family) {
            let task = generate(recipe).unwrap();
            assert_eq!(task, generate(recipe).unwrap());
            let cases: serde_json::Value = serde_json::from_str(text(&task, "tests/cases.json")).unwrap();
            let outputs: Vec<_> =
                cases["cases"].as_array().unwrap().iter().map(|case| &case["output"]).collect();
            assert!(answers.insert(format!("{outputs:?}")), "{}: the answers of another task", recipe.id());
        }
    }
}

#[test]
fn what_difficulty_counts_grows_with_it() {
    for family in Family::ALL {
        for index in 0..EACH / 5 {
            let quantity =
                |difficulty| generate(Recipe { family, seed: 3, index, difficulty }).unwrap().quantity;
            let quantities: Vec<u32> = DIFFICULTIES.map(quantity).collect();
            assert!(quantities.is_sorted_by(|less, more| less < more), "{family}: {quantities:?}");
        }
    }
}

#[test]
fn nothing_is_left_unfilled_and_a_solution_is_short_enough_to_be_typed() {
    for recipe in Family::ALL.into_iter().flat_map(recipes) {
        let task = generate(recipe).unwrap();
        for file in &task.files {
            assert!(!file.text.contains("{{"), "{}: {}", recipe.id(), file.path);
            assert!(file.text.ends_with('\n'), "{}: {}", recipe.id(), file.path);
        }
        let longest = task.files.iter().filter(|file| file.executable && !file.path.starts_with("tests/"));
        assert!(longest.map(|file| file.text.len()).max().unwrap() < 9000, "{}", recipe.id());
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
