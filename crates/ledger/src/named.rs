//! The bodies that an event names.

use vocabulary::Digest;

use crate::Event;

impl Event {
    /// Digests of the bodies that it names, in the order of its fields.
    pub fn bodies(&self) -> Vec<&Digest> {
        let some: Vec<Option<&Digest>> = match self {
            Self::Opened { inputs, .. } => vec![inputs.as_ref()],
            Self::Call(call) => {
                let diff = call.replayed.as_ref().and_then(|replayed| replayed.diff.as_ref());
                vec![call.request.as_ref(), call.response.as_ref(), diff]
            }
            Self::Snapshot(snapshot) => vec![snapshot.workspace.as_ref()],
            Self::SnapshotGraded(grade) => vec![Some(&grade.workspace), grade.verifier_output.as_ref()],
            Self::Ended(end) => vec![
                end.workspace.as_ref(),
                end.changed_outside.as_ref(),
                end.commands.as_ref(),
                end.verifier_output.as_ref(),
                end.harness_output.as_ref(),
                end.audited.as_ref().and_then(|audited| audited.checks.as_ref()),
            ],
            Self::Probed(probe) => vec![Some(&probe.seen)],
            Self::Started { .. }
            | Self::CallStarted { .. }
            | Self::Stopped { .. }
            | Self::Retried { .. }
            | Self::CutOff { .. }
            | Self::Reopened { .. }
            | Self::Preflight(_)
            | Self::Paused { .. }
            | Self::Resumed { .. }
            | Self::ArmStopped { .. }
            | Self::Flag { .. }
            | Self::Labelled(_)
            | Self::Registered(_)
            | Self::Deviated(_)
            | Self::Closed { .. } => Vec::new(),
        };
        some.into_iter().flatten().collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::Value;

    /// The names of all fields that hold a digest of a body, by the schema of a line.
    fn fields(schema: &Value, found: &mut BTreeSet<String>) {
        for (name, field) in schema["properties"].as_object().into_iter().flatten() {
            if field.to_string().contains("#/$defs/Digest\"") {
                found.insert(name.clone());
            }
        }
        match schema {
            Value::Object(parts) => parts.values().for_each(|part| fields(part, found)),
            Value::Array(parts) => parts.iter().for_each(|part| fields(part, found)),
            _ => {}
        }
    }

    #[test]
    fn every_digest_of_an_event_is_known_here_and_to_the_verifier_in_python() {
        let (_, schema) = crate::run::schemas().into_iter().find(|(name, _)| *name == "run-line").unwrap();
        let mut found = BTreeSet::new();
        fields(&schema, &mut found);
        let verifier = include_str!("../../../docs/verify.py");
        let listed = verifier.split_once("BODIES = {").unwrap().1.split_once('}').unwrap().0;
        let listed: BTreeSet<String> = listed.split('"').skip(1).step_by(2).map(str::to_owned).collect();
        assert_eq!(found, listed, "docs/verify.py, and `Event::bodies`");
        let here = include_str!("named.rs").split("#[cfg(test)]").next().unwrap();
        for name in &found {
            assert!(here.contains(name.as_str()), "{name}");
        }
    }
}
