//! What was registered before a run, and what was registered too late.

use ledger::Event;
use serde_json::json;
use testkit::runs::opened_with;
use vocabulary::{Deviation, Registration};

use super::{done, read};
use crate::lab::Lab;

/// A run of two arms in which the second solves everything, with this event after so many of its trials.
fn lab(event: Event, after: usize) -> Lab {
    let from = crate::records::lab();
    let lines = from.lines();
    let lab = Lab::new();
    let run = lab.run_dir();
    run.prepare(&from.run_dir().plan().unwrap()).unwrap();
    let mut events: Vec<Event> = lines.into_iter().map(|line| line.event).collect();
    let starts = events.iter().enumerate().filter(|(_, event)| matches!(event, Event::Started { .. }));
    let place = starts.map(|(place, _)| place).nth(after).unwrap();
    events.insert(place, event);
    run.open().unwrap().0.append(&events).unwrap();
    from.run_dir().blobs().copy_to(&run.blobs()).unwrap();
    lab
}

fn registration() -> Registration {
    let plan = crate::records::lab().run_dir().plan_digest().unwrap();
    serde_json::from_value(json!({"nonce": "00", "registered": {
        "plan": plan, "program": "0.0.0", "at": "2026-11-01T00:00:00Z", "due": "2026-12-31",
        "hypotheses": [
            {"model": "m", "arm": "robot/specific", "gap": "greater", "margin": 0.05},
            {"model": "m", "arm": "robot/specific", "gap": "equivalent", "margin": 0.1},
        ],
    }}))
    .unwrap()
}

#[test]
fn what_was_registered_is_told_with_what_became_of_it() {
    let lab = lab(Event::Registered(Box::new(registration())), 0);
    let told = done(&lab, &["report", "run"]);
    let registered = told.split("Registered before the first trial").nth(1).unwrap();
    let commitment = ledger::registration::commitment(&registration()).unwrap();
    assert!(registered.contains(&commitment), "{told}");
    assert!(registered.contains("is above 5.0 points") && registered.contains("within"), "{told}");
    assert!(!told.contains("exploratory"), "{told}");
    done(&lab, &["card", "run", "--out", "card.json"]);
    let card = read(&lab, "card.json");
    assert_eq!(card["registration"]["commitment"], json!(commitment));
    let opened: Registration =
        serde_json::from_str(card["registration"]["opened"].as_str().unwrap()).unwrap();
    assert_eq!(opened, registration());
    assert_eq!(card["deviations"], json!([]));
    done(&lab, &["verify", "card.json", "run"]);
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/verify.py");
    let (good, told) = super::succeeds("python3", &[script, "run", "card.json"], lab.root(), None);
    assert!(good && told.contains(&format!("registered before the first trial: {commitment}")), "{told}");
}

/// The chain of such a ledger holds: what gives it away is the order of its events.
#[test]
fn what_is_registered_after_the_first_trial_counts_for_nothing() {
    let lab = lab(Event::Registered(Box::new(registration())), 1);
    let told = done(&lab, &["report", "run"]);
    assert!(told.contains("exploratory") && told.contains("after the first trial had begun"), "{told}");
    let card = done(&lab, &["card", "run"]);
    assert!(card.contains("after the first trial had begun"), "{card}");
}

#[test]
fn another_plan_and_no_registration_are_exploratory() {
    let mut other = registration();
    other.registered.plan = "0".repeat(64);
    let lab = lab(Event::Registered(Box::new(other)), 0);
    let told = done(&lab, &["report", "run"]);
    assert!(told.contains("exploratory") && told.contains("another plan was registered"), "{told}");
    let plain = crate::records::lab();
    for format in ["terminal", "md", "html", "svg", "junit"] {
        let told = done(&plain, &["report", "run", "--format", format]).to_lowercase();
        assert!(told.contains("exploratory"), "{format}");
    }
}

#[test]
fn a_deviation_stands_beside_the_numbers() {
    let lab = lab(Event::Registered(Box::new(registration())), 0);
    let words = ["lock", "deviate", "run", "--why", "the model was changed", "--by", "Ann"];
    done(&lab, &[&words[..], &["--arm", "robot/specific"]].concat());
    let told = done(&lab, &["report", "run"]);
    assert!(told.contains("with deviations") && told.contains("the model was changed (by Ann)"), "{told}");
    let (code, told) = super::said(&lab, &[&words[..], &["--arm", "robot/generic"]].concat());
    assert!(code == 2 && told.contains("it has bare/generic, robot/specific"), "{told}");
    let noted = lab.lines().into_iter().find_map(|line| match line.event {
        Event::Deviated(deviation) => Some(deviation),
        _ => None,
    });
    let arms = vec!["robot/specific".parse().unwrap()];
    assert_eq!(noted, Some(Deviation { why: "the model was changed".into(), by: "Ann".into(), arms }));
    // Whoever opens the run again changes nothing of it.
    lab.run_dir().open().unwrap().0.append(&[opened_with(&lab.run_dir().plan().unwrap())]).unwrap();
    assert!(done(&lab, &["report", "run"]).contains("with deviations"));
}
