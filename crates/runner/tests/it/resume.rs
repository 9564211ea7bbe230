//! A run that ended early goes on where it stood.

use std::time::Duration;

use ledger::{Event, Outcome};
use runner::{Finished, Stop};

use crate::lab::{Lab, Once};

#[tokio::test(flavor = "multi_thread")]
async fn a_run_that_was_stopped_goes_on_and_keeps_what_had_ended() {
    let lab = Lab::new();
    lab.sweep("expert", &["bare/generic"], &["words/greet"], "attempts = 3\nconcurrency = 1");
    let (stop, once) = (Stop::default(), Once::new());
    let told = stop.clone();
    let finished = lab.run_with(stop, move |event| {
        // The second trial is under way.
        if matches!(event, Event::Started { .. }) && !once.first() {
            told.drain.cancel();
            told.kill.cancel();
        }
    });
    assert_eq!(finished.await, Finished::Stopped);
    assert_eq!(sandbox::Engine::list(&lab.engine, None).await.unwrap(), []);
    let before = lab.ends();
    assert_eq!(before.len(), 1);

    assert_eq!(lab.run().await, Finished::Complete);
    let ends = lab.ends();
    assert_eq!(ends.len(), 3);
    assert!(before.iter().all(|(trial, end)| ends[trial] == *end));
    assert!(ends.values().all(|end| end.outcome == Outcome::Pass), "{ends:?}");
    assert_eq!(lab.count(|event| matches!(event, Event::CutOff { .. })), 1);
}

#[test]
fn a_run_whose_program_died_goes_on() {
    let lab = Lab::new();
    lab.task("words/long", "", "echo hello > greeting.txt; sleep 600", "[ -e greeting.txt ]");
    lab.sweep("expert", &["bare/generic"], &["words/long"], "[limits]\nwall_time_sec = 5");
    let runtime = || tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let dying = runtime();
    dying.block_on(async {
        let called = async {
            while lab.run_dir().read().is_err() || lab.count(|event| matches!(event, Event::Call(_))) == 0 {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::select! {
            finished = lab.run() => panic!("{finished:?}"),
            () = called => {}
        }
    });
    // All that it had under way is dropped, as by its death; only the file's lock is waited for.
    dying.shutdown_timeout(Duration::from_secs(60));
    assert_eq!(lab.ends().len(), 0);

    assert_eq!(runtime().block_on(lab.run()), Finished::Complete);
    let end = lab.end();
    assert_eq!((end.outcome, end.score, end.try_number), (Outcome::Wall, Some(1.0), 2));
    let cut_off = lab.events().into_iter().find_map(|event| match event {
        Event::CutOff { spent, try_number, .. } => Some((spent, try_number)),
        _ => None,
    });
    let (spent, try_number) = cut_off.unwrap();
    // What the first try's recorded calls had used is charged to no trial.
    assert!(spent.calls > 0 && try_number == 1);
    let all = lab.count(|event| matches!(event, Event::Call(_)));
    assert_eq!(all, (spent.calls + end.spent.calls) as usize);
}
