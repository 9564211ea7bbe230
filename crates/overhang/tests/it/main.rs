//! The program as its users run it. Modules under `docker` need the engine and the images of `scripts/setup`.
#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "helpers of tests stop the test where something is wrong"
)]

mod demo;
mod docker;
mod evidence;
mod gateway;
mod history;
mod input;
mod kept;
mod lab;
mod models;
mod records;
mod schema;
