//! Everything here needs the engine and the images that `scripts/setup` makes.

mod containers;
mod hostile;
mod images;
mod packs;
mod reaping;

use std::path::PathBuf;

use sandbox::{Engine, Labels, Settings};

pub(crate) const BASE: &str = "overhang/base:1";

/// The engine, with data of the tests' own.
pub(crate) async fn engine() -> Engine {
    let data = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("sandbox");
    let engine = Engine::connect_with(Settings { data, ..Settings::from_env() }).await;
    let engine = engine.unwrap_or_else(|error| panic!("these tests need Docker: {error}"));
    let base = engine.find_image(BASE).await.unwrap();
    assert!(base.is_some(), "these tests need the image {BASE}: run scripts/setup");
    engine
}

/// Labels that no other test has.
pub(crate) fn labels(trial: &str) -> Labels {
    Labels { run: format!("sandbox-test-{}", unique()), trial: trial.into() }
}

pub(crate) fn unique() -> String {
    uuid::Uuid::now_v7().simple().to_string()
}

pub(crate) fn quiet(_: &str) {}
