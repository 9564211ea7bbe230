//! `overhang harness list`.

use std::path::Path;

use kit::LastCheck;
use sandbox::pack::Pack;
use schemars::JsonSchema;
use serde::Serialize;
use spec::{FileError, Harness, HarnessName, Project};

use super::check::checks;
use crate::{
    exit::Exit,
    failure::Failure,
    folders,
    json::{self, Document},
    packs::{self, described},
};

/// The harnesses of a project.
#[derive(Serialize, JsonSchema)]
pub(crate) struct Harnesses {
    /// One per harness: the built-in loop, then the folders in order.
    harnesses: Vec<Listed>,
}

impl Document for Harnesses {}

/// One harness.
#[derive(Default, Serialize, JsonSchema)]
struct Listed {
    /// Its name.
    name: String,
    /// Its pinned version; `null` for the built-in loop and for a folder that cannot be read.
    version: Option<String>,
    /// What it speaks.
    dialects: Vec<String>,
    /// Its pack, where this machine has built it.
    pack: Option<Built>,
    /// When this machine last checked it; `null` if it never did.
    last_check: Option<Last>,
    /// Why its folder cannot be read; `null` when it can.
    error: Option<String>,
}

/// A pack.
#[derive(Serialize, JsonSchema)]
struct Built {
    /// SHA-256 of its tree.
    digest: String,
    /// Its size.
    bytes: u64,
}

/// A check of a harness.
#[derive(Serialize, JsonSchema)]
struct Last {
    /// When it ended, as RFC 3339 has it.
    at: String,
    /// The harness's version.
    version: String,
    /// Checks passed.
    passed: usize,
    /// Checks failed.
    failed: usize,
    /// Checks that did not apply.
    not_applicable: usize,
    /// Whether it was of what is declared, and of the pack that is built, now.
    current: bool,
}

pub(crate) fn list(json: bool) -> Result<Exit, Failure> {
    let project = Project::find(Path::new("."))?;
    let mut rows = vec![["bare", "", "", "built in", ""].map(str::to_owned)];
    let mut harnesses = vec![Listed { name: HarnessName::BARE.to_owned(), ..Listed::default() }];
    let mut wrong: Vec<FileError> = Vec::new();
    for folder in folders::harnesses(&project) {
        match spec::harness::load(&folder) {
            Ok(harness) => {
                let pack = packs::find(&harness, &folder).map_err(Failure::other)?;
                let last = LastCheck::find(&checks(), &harness);
                rows.push(row(&harness, pack.as_ref(), last.as_ref()));
                harnesses.push(listed(harness, pack.as_ref(), last));
            }
            Err(error) => {
                let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
                rows.push([&name, "", "", "cannot be read", ""].map(str::to_owned));
                let why = error.render(false).trim_end().to_owned();
                harnesses.push(Listed { name, error: Some(why), ..Listed::default() });
                wrong.push(error);
            }
        }
    }
    if json {
        json::print(Harnesses { harnesses })?;
    } else {
        print(&rows);
    }
    if wrong.is_empty() { Ok(Exit::Done) } else { Err(Failure::Files(wrong)) }
}

fn listed(harness: Harness, pack: Option<&Pack>, last: Option<LastCheck>) -> Listed {
    let current = last
        .as_ref()
        .is_some_and(|last| last.is_of(&harness, pack.map(|pack| pack.manifest.digest.as_str())));
    Listed {
        dialects: harness.dialects.iter().map(|dialect| dialect.as_str().to_owned()).collect(),
        name: harness.name,
        version: Some(harness.version),
        pack: pack.map(|pack| Built { digest: pack.manifest.digest.clone(), bytes: pack.manifest.bytes }),
        last_check: last.map(|last| Last {
            at: last.at.to_string(),
            version: last.version,
            passed: last.passed,
            failed: last.failed,
            not_applicable: last.not_applicable,
            current,
        }),
        error: None,
    }
}

fn row(harness: &Harness, pack: Option<&Pack>, last: Option<&LastCheck>) -> [String; 5] {
    let dialects: Vec<&str> = harness.dialects.iter().map(|dialect| dialect.as_str()).collect();
    [
        harness.name.clone(),
        harness.version.clone(),
        dialects.join(" "),
        pack.map_or_else(|| "not built".to_owned(), described),
        last.map_or_else(|| "not checked here".to_owned(), |last| last_check(last, harness, pack)),
    ]
}

/// When this machine last checked it, and what came of it.
fn last_check(last: &LastCheck, harness: &Harness, pack: Option<&Pack>) -> String {
    let day = last.at.to_zoned(jiff::tz::TimeZone::system()).date();
    let outdated = match last.is_of(harness, pack.map(|pack| pack.manifest.digest.as_str())) {
        true => String::new(),
        false if last.version == harness.version => "; changed since".to_owned(),
        false => format!("; that was {}", last.version),
    };
    format!(
        "checked {day}: {} passed, {} failed, {} not applicable{outdated}",
        last.passed, last.failed, last.not_applicable
    )
}

fn print(rows: &[[String; 5]]) {
    let width = |column: usize| rows.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..4).map(width).collect();
    for [name, version, dialects, pack, check] in rows {
        let line = format!(
            "{name:0$}  {version:1$}  {dialects:2$}  {pack:3$}  {check}",
            widths[0], widths[1], widths[2], widths[3]
        );
        outln!("{}", line.trim_end());
    }
}
