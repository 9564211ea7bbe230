//! The work tree at points of the budget grid: captured while the agent stands still, graded apart.

use ledger::{Event, Outcome};

use crate::lab::{Lab, text};

#[test]
fn what_stood_at_a_point_of_the_grid_is_graded_as_it_stood() {
    let lab = Lab::new();
    let arms = ["bare/generic", "claude-code/specific"];
    lab.sweep("expert", &arms, "tasks/words/greet", 400_000, "");
    lab.edit("sweep.toml", "tokens = 400000", "tokens = 400000, points = 16");
    lab.run();

    let (plan, contents) = (lab.run_dir().plan().unwrap(), lab.run_dir().read().unwrap());
    let rows = analysis::Record::of(&plan, &contents).unwrap().rows;
    let grid = plan.sweep.budget.grid();
    for row in &rows {
        let end = row.end.as_ref().unwrap();
        assert_eq!((end.outcome, end.score), (Outcome::Pass, Some(1.0)), "{}: {}", end.trial, end.detail);
        assert!(row.snapshots.len() > 1, "{}: {:?}", end.trial, row.snapshots);
        for snapshot in &row.snapshots {
            assert_eq!(snapshot.detail, "");
            assert!(snapshot.points.iter().all(|point| snapshot.used <= *point), "{snapshot:?}");
            assert!(snapshot.workspace.is_some() && snapshot.paused_seconds < 20.0, "{snapshot:?}");
        }
        // The first call passes the first points, with nothing done; past the last snapshot the trial had ended.
        let scores: Vec<_> = grid.iter().map(|point| row.score_at(*point)).collect();
        assert_eq!((scores[0], scores[15]), (Some(0.0), Some(1.0)), "{}: {scores:?}", end.trial);
        assert!(scores.iter().all(Option::is_some), "{}: {scores:?}", end.trial);
    }
    let graded = contents.lines.iter().filter(|line| matches!(line.event, Event::SnapshotGraded(_))).count();
    assert!(
        graded < rows.iter().map(|row| row.snapshots.len()).sum::<usize>(),
        "equal trees are graded once"
    );
}

#[test]
fn a_task_that_is_graded_in_its_own_container_has_no_points() {
    let lab = Lab::new();
    lab.edit(
        "tasks/words/greet/task.toml",
        "environment_mode = \"separate\"",
        "environment_mode = \"shared\"",
    );
    lab.sweep("expert", &["bare/generic"], "tasks/words/greet", 400_000, "");
    lab.edit("sweep.toml", "tokens = 400000", "tokens = 400000, points = 4");
    let output = lab.overhang(&["plan", "sweep.toml"]).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = text(&output.stderr);
    assert!(said.contains("cannot be graded later") && said.contains("points"), "{said}");
}
