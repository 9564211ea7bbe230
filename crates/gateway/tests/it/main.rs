//! The gateway against a scripted provider.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot set up must fail")]

mod attacks;
mod bounds;
mod budget;
mod causes;
mod converse;
mod doors;
mod handed_out;
mod hostile;
mod pairs;
mod passing;
mod places;
mod policy;
mod preflight;
mod recording;
mod replaying;
mod retries;
mod sdk;
mod simulated;
mod spenders;
mod support;
#[cfg(feature = "otlp")]
mod telemetry;
mod translating;
mod usage;
