//! Odd answers and requests of real servers and clients, each beside its plain form: `tests/corpus`, whose README says
//! what a case holds.

mod answers;
mod mending;
mod reading;
mod requests;
mod seeds;

use std::{fmt, path::Path};

use dialect::{Dialect, neutral::Usage};
use fs_err as fs;
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

use crate::laws::ALL;

/// An answer.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    says: String,
    source: Vec<String>,
    #[serde(default)]
    expect: Expected,
    odd: Forms,
    /// None where the answer breaks off or is an error.
    plain: Option<Forms>,
}

/// The same answer in up to two forms.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Forms {
    stream: Option<Vec<Piece>>,
    whole: Option<Value>,
}

/// A piece of a stream.
#[derive(Deserialize)]
#[serde(untagged)]
enum Piece {
    /// An event: its name, empty where it has none, and its data.
    Event(String, Value),
    /// Bytes as they are sent.
    Raw(String),
}

/// What cannot be read off the plain form.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Expected {
    ends: Ends,
    /// Words of the error.
    words: String,
    /// Words of each loss; a loss of severity `change` without a word here is one too many.
    losses: Vec<String>,
    /// Whether a reader may do without these losses.
    losses_optional: bool,
    usage: Told,
    /// The counts, where the plain form's dialect has no place for some.
    told: Option<Usage>,
    ids: Ids,
    names: Names,
}

/// How an answer ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Ends {
    #[default]
    Complete,
    Cut,
    Error,
}

/// Whether the counts can be true.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Told {
    #[default]
    Believed,
    Doubted,
}

/// Where the ids of calls come from.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Ids {
    #[default]
    Told,
    /// The reader makes them: any, as long as they differ.
    Made,
}

/// Whether the answer's id and model can be told to a client.
#[derive(Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Names {
    #[default]
    Told,
    /// They come with the last event.
    Late,
    /// They never come.
    None,
}

/// A request.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Asked {
    says: String,
    source: Vec<String>,
    #[serde(default)]
    expect: Carried,
    odd: Value,
    /// None where the rules in `expect` say it all.
    plain: Option<Value>,
}

/// What must hold of a request that goes to another dialect.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Carried {
    /// Words that the body of a dialect must hold.
    reaches: std::collections::BTreeMap<String, Vec<String>>,
    /// Words of the names of tools: each must be offered once, and no tool else.
    tools: Vec<String>,
    /// Whether the order of tools does not matter.
    tools_unordered: bool,
    /// Words of a result, and the tool that it came from.
    linked: std::collections::BTreeMap<String, String>,
    /// Whether every result must say something to the model in every dialect.
    results_say_something: bool,
    ids: Ids,
}

/// A case and where it stands.
struct Case<T> {
    dialect: Dialect,
    name: String,
    body: T,
}

impl<T> fmt::Display for Case<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.dialect, self.name)
    }
}

/// All cases below a folder of the corpus, in order.
fn cases<T: DeserializeOwned>(folder: &str) -> Vec<Case<T>> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/corpus").join(folder);
    let mut cases = Vec::new();
    for dialect in ALL {
        let mut files: Vec<_> =
            fs::read_dir(root.join(dialect.as_str())).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        for file in files {
            let name = file.file_stem().unwrap().to_str().unwrap().to_owned();
            let body = serde_json::from_str(&fs::read_to_string(&file).unwrap());
            let body = body.unwrap_or_else(|error| panic!("{}: {error}", file.display()));
            cases.push(Case { dialect, name, body });
        }
    }
    cases
}

/// Runs a rule over all cases, and fails with all that broke it.
fn hold<T>(cases: &[Case<T>], rule: impl Fn(&Case<T>) -> Result<(), String>) {
    assert!(!cases.is_empty());
    let broken: Vec<String> =
        cases.iter().filter_map(|case| rule(case).err().map(|why| format!("{case}: {why}"))).collect();
    assert!(broken.is_empty(), "{} of {} cases:\n{}", broken.len(), cases.len(), broken.join("\n"));
}

#[test]
fn every_case_names_its_source_and_says_what_is_odd() {
    hold(&cases::<Answer>(""), |case| {
        let told = !case.body.says.is_empty() && !case.body.source.is_empty();
        let comparable = case.body.expect.ends != Ends::Complete || case.body.plain.is_some();
        (told && comparable).then_some(()).ok_or_else(|| "tells too little".into())
    });
    hold(&cases::<Asked>("requests"), |case| {
        let told = !case.body.says.is_empty() && !case.body.source.is_empty();
        told.then_some(()).ok_or_else(|| "tells too little".into())
    });
}
