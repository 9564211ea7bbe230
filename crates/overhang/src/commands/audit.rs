//! `overhang audit`.

use std::path::Path;

use audit::Inputs;
use ledger::{Event, Fold, Label, Plan, RunDir, Says, fold::Sums};
use spec::Project;
use vocabulary::text::harmless_json;

use crate::{
    cli::{AuditArgs, AuditCommand, LabelArgs, LabelSays},
    exit::Exit,
    failure::Failure,
    generated, prepare,
    runs::{open, open_to_write, refuse_unsigned},
};

pub(crate) fn audit(arguments: &AuditArgs) -> Result<Exit, Failure> {
    if let Some(AuditCommand::Label(arguments)) = &arguments.command {
        return label(arguments);
    }
    let Some(run) = &arguments.run else { return detectors(arguments.json) };
    let run = open(run)?;
    let plan = run.plan().map_err(Failure::input)?;
    let found = audit::of_run(&run, &recalled(&run, &plan)).map_err(Failure::input)?;
    if arguments.json {
        let text = serde_json::to_string_pretty(&found).map_err(Failure::other)?;
        outln!("{}", harmless_json(&text));
    } else {
        out!("{}", report::audit(&found));
    }
    Ok(Exit::Done)
}

/// Adds what a person says of a trial to the run's ledger.
fn label(arguments: &LabelArgs) -> Result<Exit, Failure> {
    let LabelArgs { run, trial, says, why, by, finding } = arguments;
    refuse_unsigned(why, by)?;
    let run = open_to_write(run)?;
    let plan = run.plan().map_err(Failure::input)?;
    let (mut ledger, contents) = run.open().map_err(Failure::input)?;
    let fold: Fold = Fold::of(&plan.trials, Sums, contents.lines).map_err(Failure::input)?;
    let ended: Vec<_> = fold.trials().iter().filter(|one| one.end.is_some()).collect();
    let exact = ended.iter().find(|one| one.planned.id.0 == *trial);
    let named: Vec<_> = ended.iter().filter(|one| one.planned.id.0.contains(trial.as_str())).collect();
    let one = match (exact, named.as_slice()) {
        (Some(one), _) => one,
        (None, [one]) => one,
        (None, []) => {
            return Err(Failure::Input(format!("no trial of the run that has ended is called `{trial}`")));
        }
        (None, [first, second, ..]) => {
            let (first, second) = (&first.planned.id, &second.planned.id);
            return Err(Failure::Input(format!("`{trial}` may be {first} or {second}: write more of it")));
        }
    };
    let found = one.end.iter().filter_map(|end| end.audited.as_ref()).flat_map(|audited| &audited.found);
    let found: Vec<&str> = found.map(|found| found.detector.as_str()).collect();
    if let Some(finding) = finding.as_deref().filter(|finding| !found.contains(finding)) {
        let those = if found.is_empty() { "nothing was".to_owned() } else { found.join(", ") };
        let message =
            format!("`{finding}` found nothing in {} when it ended; found: {those}", one.planned.id);
        return Err(Failure::Input(message));
    }
    let label = Label {
        trial: one.planned.id.clone(),
        detector: finding.clone(),
        says: match says {
            LabelSays::Hack => Says::Hack,
            LabelSays::Clean => Says::Clean,
        },
        why: why.trim().to_owned(),
        by: by.trim().to_owned(),
    };
    outln!("{}: {} by {}", label.trial, label.says.as_str(), label.by);
    ledger.append(&[Event::Labelled(label)]).map_err(Failure::other)?;
    Ok(Exit::Done)
}

fn detectors(json: bool) -> Result<Exit, Failure> {
    let listed = audit::detectors();
    if json {
        outln!("{}", serde_json::to_string_pretty(&listed).map_err(Failure::other)?);
    } else {
        out!("{}", report::detectors(&listed));
    }
    Ok(Exit::Done)
}

/// What the run's agents were given, as far as the project around it still has it. A sweep that no longer resolves, or a
/// run that was moved elsewhere, leaves it unknown.
fn recalled(run: &RunDir, plan: &Plan) -> Inputs {
    let resolve = |path: &Path| {
        let project = Project::find(path).ok()?;
        let keep = generated::kept(&project.root);
        project.resolve(&plan.sweep, &prepare::variable, &keep).ok()
    };
    resolve(run.path()).map(|resolved| runner::recalled(&resolved, plan)).unwrap_or_default()
}
