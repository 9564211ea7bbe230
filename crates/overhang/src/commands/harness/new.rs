//! `overhang harness new`: the folder of a harness, to be filled in.

use std::path::Path;

use spec::{HarnessName, project::Project};

use crate::{
    cli::{HarnessNewArgs, Installed, Package},
    exit::Exit,
    failure::Failure,
};

const HARNESS: &str = include_str!("../../../templates/harness/harness.toml");
const README: &str = include_str!("../../../templates/harness/README.md");

pub(crate) fn new(arguments: &HarnessNewArgs) -> Result<Exit, Failure> {
    let project = Project::find(Path::new("."))?;
    let name = arguments.name.as_str();
    if !HarnessName::is_valid(name) || [HarnessName::BARE, HarnessName::PREFERRED].contains(&name) {
        return Err(Failure::Input(format!(
            "`{name}` cannot name a harness: take lower-case letters, digits and `-`, and neither bare nor preferred"
        )));
    }
    let folder = project.harness_dir(name);
    if folder.exists() {
        return Err(Failure::Input(format!("{} exists", folder.display())));
    }
    let recipe = recipe(name, &arguments.from);
    // In this order: the recipe's texts name package and harness.
    let values = [
        ("install", recipe.install),
        ("complete", &recipe.complete),
        ("start", &recipe.start),
        ("version", recipe.version),
        ("package", recipe.package),
        ("name", name),
    ];
    // Double braces are the templates that a trial fills in.
    let fill = |text: &str| {
        values.iter().fold(text.to_owned(), |text, (key, value)| text.replace(&format!("<<{key}>>"), value))
    };
    let files = [("harness.toml", HARNESS), ("README.md", README)];
    fs_err::create_dir_all(&folder).map_err(Failure::other)?;
    for (file, text) in files.into_iter().chain(recipe.requirements) {
        fs_err::write(folder.join(file), fill(text)).map_err(Failure::other)?;
    }
    outln!("{}", folder.display());
    if let Some(step) = recipe.lock {
        errln!("{}", fill(step));
    }
    errln!(
        "fill in what says FILL IN (docs/guides/harnesses.md), then:\n  overhang harness build {name}\n  \
         overhang try FAMILY/NAME --harness {name}\n  overhang harness check {name}"
    );
    Ok(Exit::Done)
}

/// What depends on where a harness is installed from.
struct Recipe<'a> {
    package: &'a str,
    version: &'a str,
    /// The pack's shell script.
    install: &'static str,
    /// Paths that must be in the pack, as TOML.
    complete: String,
    /// The first arguments of its command, as TOML.
    start: String,
    /// What names the packages.
    requirements: Option<(&'static str, &'static str)>,
    /// How they are pinned, all of them.
    lock: Option<&'static str>,
}

fn recipe<'a>(name: &'a str, from: &'a Installed) -> Recipe<'a> {
    if let Some(Package { name: package, version }) = &from.npm {
        return Recipe {
            package,
            version,
            install: include_str!("../../../templates/harness/npm.sh"),
            complete: format!("\"node/bin/node\", \"node_modules/{package}/package.json\""),
            start: format!(
                "\"{{{{ pack }}}}/node/bin/node\", \"{{{{ pack }}}}/node_modules/{package}/FILL IN: what its package.json names under `bin`\""
            ),
            requirements: Some(("package.json", include_str!("../../../templates/harness/package.json"))),
            lock: Some(
                "pin everything below it, in its folder:\n  npm install --package-lock-only --omit-lockfile-registry-resolved",
            ),
        };
    }
    if let Some(Package { name: package, version }) = &from.pypi {
        return Recipe {
            package,
            version,
            install: "bundle-python 3.13 \"$PACK/python\" requirements.txt\n",
            complete: "\"python/bin/python3.13\"".to_owned(),
            start: format!(
                "\"{{{{ pack }}}}/python/bin/python3.13\", \"-I\", \"-m\", \"FILL IN: the module that {package} starts from\""
            ),
            requirements: Some(("requirements.txt", "<<package>>==<<version>>\n")),
            lock: Some(
                "pin everything below it, in its folder:\n  docker run --rm overhang/pack-builder:1 lock-python 3.13 <<package>>==<<version>> > requirements.txt",
            ),
        };
    }
    Recipe {
        package: name,
        version: "FILL IN: what its --version prints",
        install: include_str!("../../../templates/harness/binary.sh"),
        complete: format!("\"bin/{name}\""),
        start: format!("\"{{{{ pack }}}}/bin/{name}\""),
        requirements: None,
        lock: None,
    }
}
