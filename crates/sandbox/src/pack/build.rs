//! Building a pack: recipe, check, smoke test, and only then into the store.

use std::{collections::HashMap, path::Path, time::Duration};

use minijinja::{Environment, UndefinedBehavior, context};

use super::{Manifest, Pack, PackError, Recipe, environment, store, tree};
use crate::{
    engine::Engine,
    image::Progress,
    job::{Ended, Job, LocalFile},
    labels::Labels,
    start::Network,
};

/// The image recipes run in, made by `scripts/setup`.
pub const BUILDER_IMAGE: &str = "overhang/pack-builder:1";
/// The image a finished pack must run in: it holds nothing that a recipe installed.
pub const SMOKE_IMAGE: &str = "overhang/base:1";

const RECIPE_PLACE: &str = "/recipe";
/// Writable for any user in both images.
const HOME: &str = "/tmp";
const BUILD_LIMIT: Duration = Duration::from_secs(1800);
const SMOKE_LIMIT: Duration = Duration::from_secs(120);
/// The user of the smoke test: a pack must work for one that owns nothing.
const NOBODY: &str = "65534:65534";

/// Builds a pack, or finds it in `store`.
///
/// # Errors
/// If the recipe fails, leaves out what the harness calls complete, or the smoke command does not run without a
/// network or does not print the version.
pub async fn build(
    engine: &dyn Engine,
    recipe: &Recipe,
    store: &Path,
    progress: Progress<'_>,
) -> Result<Pack, PackError> {
    if let Some(pack) = store::find(recipe, store)? {
        return Ok(pack);
    }
    let (name, path) = (recipe.name.clone(), store.to_owned());
    let lock = blocking(move || store::BuildLock::take(&name, &path)).await?;
    if let Some(pack) = store::find(recipe, store)? {
        return Ok(pack);
    }
    let builder = engine.find_image(BUILDER_IMAGE).await?.ok_or(PackError::NoBuilder(BUILDER_IMAGE))?;
    let scratch = lock.scratch.join("tree").canonicalize()?;
    progress(&format!("building the pack of {} {}", recipe.name, recipe.version));
    run_recipe(engine, recipe, &scratch, progress).await?;
    check_complete(recipe, &scratch)?;
    let root = scratch.clone();
    let tree = blocking(move || tree::open_to_all(&root).and_then(|()| tree::hash(&root))).await?;
    smoke(engine, recipe, &scratch).await?;
    let manifest = Manifest {
        name: recipe.name.clone(),
        version: recipe.version.clone(),
        recipe: recipe.digest()?,
        digest: tree.digest,
        bytes: tree.bytes,
        builder: builder.id,
        built_at: jiff::Timestamp::now(),
    };
    let root = store::root(recipe, &manifest.recipe, store);
    lock.commit(&manifest, &root)?;
    Ok(Pack { dir: root.join("tree"), manifest })
}

async fn run_recipe(
    engine: &dyn Engine,
    recipe: &Recipe,
    tree: &Path,
    progress: Progress<'_>,
) -> Result<(), PackError> {
    let place = Pack::place(&recipe.name);
    let mut access = environment::access()?;
    access.env.extend([("PACK".to_owned(), place.clone()), ("HOME".to_owned(), HOME.to_owned())]);
    access.reads.push(LocalFile { path: recipe.folder.canonicalize()?, at: RECIPE_PLACE.to_owned() });
    let this = rustix::process::getuid().as_raw();
    let group = rustix::process::getgid().as_raw();
    let ended = engine.run_to_end(
        Job {
            image: BUILDER_IMAGE,
            name: name(recipe, "build"),
            labels: labels(recipe),
            command: ["/bin/sh", "-eu", "-c", &recipe.build].map(str::to_owned).to_vec(),
            env: access.env,
            workdir: RECIPE_PLACE.into(),
            // What the recipe makes belongs to who asked for it, and can be renamed and removed without root.
            user: format!("{this}:{group}"),
            reads: access.reads,
            fills: Some(LocalFile { path: tree.to_owned(), at: place }),
            network: Network::Open,
            limit: BUILD_LIMIT,
        },
        progress,
    );
    match ended.await? {
        Ended { code: Some(0), .. } => Ok(()),
        Ended { code, output } => {
            Err(PackError::Recipe { harness: recipe.name.clone(), end: end(code, BUILD_LIMIT), output })
        }
    }
}

fn check_complete(recipe: &Recipe, tree: &Path) -> Result<(), PackError> {
    let missing: Vec<String> =
        recipe.complete.iter().filter(|path| !tree.join(path).exists()).cloned().collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(PackError::Incomplete { harness: recipe.name.clone(), missing })
}

async fn smoke(engine: &dyn Engine, recipe: &Recipe, tree: &Path) -> Result<(), PackError> {
    let place = Pack::place(&recipe.name);
    let command = smoke_command(recipe, &place)?;
    let ended = engine.run_to_end(
        Job {
            image: SMOKE_IMAGE,
            name: name(recipe, "smoke"),
            labels: labels(recipe),
            command: command.clone(),
            env: HashMap::from([("HOME".to_owned(), HOME.to_owned())]),
            workdir: HOME.into(),
            user: NOBODY.into(),
            reads: vec![LocalFile { path: tree.to_owned(), at: place }],
            fills: None,
            network: Network::None,
            limit: SMOKE_LIMIT,
        },
        &|_| {},
    );
    let Ended { code, output } = ended.await?;
    let reason = match code {
        Some(0) if names(&output, &recipe.version) => return Ok(()),
        Some(0) => format!("does not print the version {}", recipe.version),
        code => format!("ended with {}", end(code, SMOKE_LIMIT)),
    };
    Err(PackError::Smoke { harness: recipe.name.clone(), command: command.join(" "), reason, output })
}

/// Whether a text names a version, and not one that only begins or ends so.
fn names(text: &str, version: &str) -> bool {
    text.match_indices(version).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let mut after = text[at + version.len()..].chars();
        let goes_on = match after.next() {
            Some('.' | '-' | '+') => after.next().is_some_and(char::is_alphanumeric),
            next => next.is_some_and(char::is_alphanumeric),
        };
        !goes_on && !before.is_some_and(|c| c.is_ascii_digit() || c == '.')
    })
}

fn smoke_command(recipe: &Recipe, pack: &str) -> Result<Vec<String>, PackError> {
    let mut templates = Environment::empty();
    templates.set_undefined_behavior(UndefinedBehavior::Strict);
    templates.set_fuel(Some(1_000));
    let render = |text: &String| templates.render_str(text, context! { pack, home => HOME });
    let error = |error: minijinja::Error| PackError::Template {
        harness: recipe.name.clone(),
        reason: format!("{error:#}"),
    };
    recipe.smoke.iter().map(render).collect::<Result<_, _>>().map_err(error)
}

fn end(code: Option<i64>, limit: Duration) -> String {
    code.map_or_else(|| format!("a kill after {} s", limit.as_secs()), |code| format!("exit code {code}"))
}

fn name(recipe: &Recipe, step: &str) -> String {
    format!("pack-{}-{step}", recipe.name)
}

fn labels(recipe: &Recipe) -> Labels {
    Labels { run: "packs".into(), trial: recipe.name.clone() }
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> std::io::Result<T> + Send + 'static,
) -> Result<T, PackError> {
    Ok(tokio::task::spawn_blocking(work).await.map_err(std::io::Error::other)??)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pack::recipe::tests::recipe;

    #[test]
    fn a_version_is_named_whole() {
        for said in ["1.5.4", "v1.5.4\n", "tool 1.5.4 (abc)", "It is 1.5.4.", "@1.5.4,"] {
            assert!(names(said, "1.5.4"), "{said}");
        }
        for said in ["1.5.47", "1.5.4.1", "11.5.4", "0.1.5.4", "1.5.4-rc.8", "1.5", ""] {
            assert!(!names(said, "1.5.4"), "{said}");
        }
    }

    #[test]
    fn the_smoke_command_is_rendered_and_unknown_names_refused() {
        let mut one = recipe("/none".as_ref());
        assert_eq!(
            smoke_command(&one, "/opt/overhang/one").unwrap(),
            ["/opt/overhang/one/bin/run", "--version"]
        );
        one.smoke.push("{{ token }}".into());
        assert!(smoke_command(&one, "/p").unwrap_err().to_string().contains("smoke command"));
    }

    #[test]
    fn what_is_missing_is_named() {
        let tree = tempfile::tempdir().unwrap();
        let error = check_complete(&recipe(tree.path()), tree.path()).unwrap_err();
        assert_eq!(error.to_string(), "pack of one: the recipe did not make bin/run");
    }
}
