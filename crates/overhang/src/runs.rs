//! Reading the directories of runs, and what is done with what they say.

use std::path::{Path, PathBuf};

use analysis::{Analysis, Folding, Judgement, Record, Thresholds};
use ledger::{Plan, RunDir};
use report::{Format, View};

use crate::{
    bundles,
    exit::Exit,
    failure::Failure,
    folders,
    terminal::{WIDTH, plain},
};

/// A directory that holds a run, or what a bundle of one holds; else an error that says what to give instead.
pub(crate) fn open(run: &Path) -> Result<RunDir, Failure> {
    let unpacked = if run.is_file() { Some(bundles::unpacked(run)?) } else { None };
    let place = unpacked.as_deref().unwrap_or(run);
    if place.join("run.json").is_file() {
        return Ok(RunDir::at(place));
    }
    Err(Failure::Input(format!(
        "{} holds no run: give the directory that `overhang run` named, as runs/latest",
        run.display()
    )))
}

/// A run's directory, plan and record.
pub(crate) fn read(run: &Path) -> Result<(RunDir, Plan, Record), Failure> {
    let directory = open(run)?;
    let plan = directory.plan().map_err(Failure::input)?;
    let mut folding = Folding::new(&plan);
    let wrong = |error| Failure::Input(format!("{}: {error}", run.display()));
    let ledger = directory.each_line_in_brief(|line| folding.take_brief(line).map_err(wrong))?;
    let record = folding.finish(ledger);
    Ok((directory, plan, record))
}

/// Reads and analyses a run's directory.
pub(crate) fn analyse(run: &Path) -> Result<Analysis, Failure> {
    let (_, plan, record) = read(run)?;
    Ok(analysis::analyse(&plan, &record, &Thresholds::of(&plan)))
}

/// What a run's directory may hold before it is one: what a program that died while it made one left there.
const BEFORE: [&str; 8] =
    ["plan.json", "plan.part", "run.part", "logs", "lock", "control", "scratch", ledger::registration::FILE];

/// Refuses a directory that holds something else than a run.
pub(crate) fn refuse_foreign(directory: &Path) -> Result<(), Failure> {
    if directory.join("run.json").exists() || !directory.exists() {
        return Ok(());
    }
    for entry in fs_err::read_dir(directory).map_err(Failure::input)? {
        let name = entry.map_err(Failure::other)?.file_name();
        let is_of_nobody = name.as_encoded_bytes().starts_with(b".") || name == "lost+found";
        if !is_of_nobody && !BEFORE.iter().any(|known| name == *known) {
            return Err(Failure::Input(format!(
                "{} is no run, and holds {}: give --run-dir a new directory, an empty one, or a run of this sweep",
                directory.display(),
                name.display()
            )));
        }
    }
    Ok(())
}

/// As [`open`], for those who add to its ledger: a bundle is not written to.
pub(crate) fn open_to_write(run: &Path) -> Result<RunDir, Failure> {
    if run.is_file() {
        let why = "a bundle is not written to: `overhang open --into` makes a run's directory of it";
        return Err(Failure::Input(format!("{}: {why}", run.display())));
    }
    open(run)
}

/// What a person adds to a ledger says why, and who says so.
pub(crate) fn refuse_unsigned(why: &str, by: &str) -> Result<(), Failure> {
    match [("--why", why), ("--by", by)].into_iter().find(|(_, text)| text.trim().is_empty()) {
        Some((name, _)) => Err(Failure::Input(format!("{name} is empty"))),
        None => Ok(()),
    }
}

/// The directories of runs in a folder, in order of their names, `latest` apart.
pub(crate) fn within(runs: &Path) -> Vec<PathBuf> {
    folders::entries(runs, |path| !path.is_symlink() && path.join("ledger.jsonl").is_file())
}

/// The directory and the plan of the run of a sweep of this name whose ledger was written last; `None` where there is none.
pub(crate) fn newest_of_sweep(runs: &Path, sweep: &str) -> Option<(PathBuf, Plan)> {
    let written =
        |path: &PathBuf| fs_err::metadata(path.join("ledger.jsonl")).and_then(|file| file.modified()).ok();
    let mut all = within(runs);
    all.sort_by_key(written);
    all.into_iter().rev().find_map(|path| {
        let plan = RunDir::at(&path).plan().ok()?;
        (plan.sweep.name == sweep).then_some((path, plan))
    })
}

/// The directory of a run that is pinned as a baseline: it is named by its path, or by what lies in `runs/`.
pub(crate) fn pinned(name: &Path) -> PathBuf {
    let kept = Path::new("runs").join(name);
    if !name.join("run.json").is_file() && kept.join("run.json").is_file() { kept } else { name.to_owned() }
}

/// A run's directory as people know it: where a link as `runs/latest` leads to.
pub(crate) fn named(run: &Path) -> String {
    let target = fs_err::read_link(run).ok().map(|target| run.parent().unwrap_or(Path::new("")).join(target));
    target.as_deref().unwrap_or(run).display().to_string()
}

/// Writes a view to files.
pub(crate) fn export(view: View<'_>, files: &[(Format, PathBuf)]) -> Result<(), Failure> {
    for (format, path) in files {
        // A file is read anywhere: the width of this terminal is none of its business, and it has no colours.
        let text = format.render(view, WIDTH).map_err(Failure::input)?;
        fs_err::write(path, plain(&text)).map_err(Failure::other)?;
        errln!("wrote {}", path.display());
    }
    Ok(())
}

/// How a comparison ends, where it is asked to fail on a regression.
pub(crate) fn verdict(judgement: Option<Judgement>) -> Exit {
    match judgement {
        None | Some(Judgement::NoRegression) => Exit::Done,
        Some(Judgement::Regression) => Exit::Failed,
        Some(Judgement::CannotTell) => Exit::CannotTell,
    }
}
