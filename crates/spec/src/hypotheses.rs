//! What is registered before a run.

use std::path::Path;

use vocabulary::{Expected, Hypotheses};

use crate::{
    FileError, Sweep,
    document::{Findings, Source},
};

/// Reads a file of hypotheses about the gaps of a sweep.
///
/// # Errors
/// With the line of what is wrong, or is about something that the sweep does not run.
pub fn load(path: &Path, sweep: &Sweep) -> Result<Hypotheses, FileError> {
    let source = Source::read(path)?;
    let document = source.parse()?;
    let read: Hypotheses = document.typed()?;
    let mut findings = Findings::new(&document);
    for (index, one) in read.hypotheses.iter().enumerate() {
        let place = index.to_string();
        let mut wrong = |key: &str, what: String, help: String| {
            findings.at(&["hypothesis", &place, key], what, help);
        };
        if !sweep.models.contains(&one.model) {
            wrong(
                "model",
                format!("the sweep does not run `{}`", one.model),
                format!("its models: {}", sweep.models.join(", ")),
            );
        }
        let arms = sweep.arms.iter().filter(|arm| **arm != sweep.baseline && !arm.again);
        let arms: Vec<String> = arms.map(ToString::to_string).collect();
        if !arms.contains(&one.arm.to_string()) {
            wrong(
                "arm",
                format!("the sweep has no gap of `{}`", one.arm),
                format!("arms with a gap: {}", arms.join(", ")),
            );
        }
        if one.gap == Expected::Equivalent && one.margin == 0.0 {
            wrong(
                "gap",
                "nothing is equivalent within a margin of 0".to_owned(),
                "say with `margin` which difference does not matter, as in 0.05".to_owned(),
            );
        }
    }
    findings.or(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Hypotheses, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hypotheses.toml");
        fs_err::write(&path, text).unwrap();
        let sweep = "name = \"s\"\nmodels = [\"m\"]\narms = [\"bare/generic\", \"pi/generic\"]\ntasks = [\"t\"]\nbudget = { tokens = 1 }";
        load(&path, &toml::from_str(sweep).unwrap()).map_err(|error| error.render(false))
    }

    const GREATER: &str = "[[hypothesis]]\nmodel = \"m\"\narm = \"pi/generic\"\ngap = \"greater\"\n";

    #[test]
    fn they_are_about_gaps_of_the_sweep() {
        assert_eq!(read(GREATER).unwrap().hypotheses.len(), 1);
        for (text, why) in [
            (GREATER.replace("\"m\"", "\"x\""), "does not run `x`"),
            (GREATER.replace("pi/generic", "bare/generic"), "no gap of `bare/generic`"),
            (GREATER.replace("greater", "equivalent"), "margin of 0"),
            (GREATER.replace("greater", "bigger"), "bigger"),
            ("due = \"soon\"\n".to_owned() + GREATER, "due"),
            (String::new(), "hypothesis"),
        ] {
            let told = read(&text).unwrap_err();
            assert!(told.contains(why) && told.contains("hypotheses.toml"), "{told}");
        }
    }
}
