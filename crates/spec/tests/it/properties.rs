//! Whatever a file holds, reading it ends in a value or in an error that points into the file.

use proptest::prelude::*;
use spec::{FileError, model, sweep, task};

use spec::host::Host;

use crate::kit::{REAL, SWEEP, Sketch, TASK, no_env};

/// A good file with one stretch of it replaced: most mistakes people make look like this.
fn damaged(good: &'static str) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(String::new()),
        "[a-z_\"\\[\\]=.,{}/0-9 \n-]{0,12}",
        prop::sample::select(vec![
            "-1",
            "nan",
            "1e999",
            "99999999999999999999",
            "[[x]]\n",
            "\"",
            "ä = 'ß'\n",
            "\t",
            "{}"
        ])
        .prop_map(str::to_owned),
    ];
    (0..good.len(), 0..24usize, piece).prop_map(move |(start, length, piece)| {
        let end = (start + length).min(good.len());
        format!("{}{piece}{}", &good[..start], &good[end..])
    })
}

fn points_into_the_file(error: &FileError) {
    assert!(!error.problems.is_empty());
    for problem in &error.problems {
        if let Some((line, column)) = error.position(problem) {
            let text = error.text.split('\n').nth(line - 1).unwrap();
            assert!(column <= text.chars().count() + 1, "{line}:{column} in {error}");
        }
    }
    assert!(error.render(false).lines().count() >= error.problems.len());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn of_a_damaged_sweep(text in damaged(SWEEP)) {
        let sketch = Sketch::empty();
        sketch.write("x.toml", &text);
        match sweep::load(&sketch.root().join("x.toml")) {
            Ok(sweep) => prop_assert!(sweep.budget.tokens > 0.0 && sweep.attempts >= 1),
            Err(error) => points_into_the_file(&error),
        }
    }

    #[test]
    fn of_a_damaged_model(text in damaged(REAL)) {
        let sketch = Sketch::empty();
        sketch.write("real.toml", &text);
        match model::load(&sketch.root().join("real.toml")) {
            Ok(model) => prop_assert!(model.limits.context >= model.limits.output),
            Err(error) => points_into_the_file(&error),
        }
    }

    #[test]
    fn of_a_damaged_task(text in damaged(TASK)) {
        let sketch = Sketch::empty();
        sketch.task("fix/one", &text);
        match task::load(&sketch.root().join("fix/one"), &Host::of(&no_env)) {
            Ok(task) => prop_assert_eq!(task.id.split_once('/').map(|(_, name)| name), Some("one")),
            Err(error) => points_into_the_file(&error),
        }
    }

    #[test]
    fn of_anything_at_all(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let sketch = Sketch::empty();
        fs_err::write(sketch.root().join("x.toml"), &bytes).unwrap();
        points_into_the_file(&sweep::load(&sketch.root().join("x.toml")).unwrap_err());
    }
}
