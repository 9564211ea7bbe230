//! The gateway: every model call of every arm passes here, is metered, kept within its budget, recorded, and
//! translated where client and provider speak different dialects.
//!
//! This is the only crate that knows a provider's key; it must never be the second place. A key must never leave it
//! but in the header of an upstream request.

pub mod meter;
pub mod sim;

mod admission;
mod body;
mod budget;
mod call;
mod cassette;
mod config;
mod directory;
mod download;
mod framing;
mod front;
mod gateway;
mod handed_out;
#[cfg(test)]
mod honest;
mod intake;
mod keys;
mod kind;
mod metrics;
mod preflight;
mod provider;
mod providers;
mod reading;
mod recorder;
mod reply;
mod route;
#[cfg(test)]
mod sent;
mod server;
mod session;
mod setback;
mod state;
mod strangers;
#[cfg(feature = "otlp")]
mod telemetry;
#[cfg(test)]
mod theorem;
pub mod twin;
mod weighing;

use ledger::run::now_ms;

pub use body::{BodyError, BodyStream};
pub use cassette::{Cassette, CassetteError};
pub use config::GatewayConfig;
pub use directory::{Directory, Unrecorded};
pub use download::{DownloadError, download};
pub use front::{EXHAUSTED_HEADER, request};
pub use gateway::{Gateway, OpenError};
pub use keys::{KeyError, KeySources, Keys};
pub use meter::{Meter, MeterError};
pub use preflight::{Cause, Refusal, preflight};
pub use provider::UpstreamLimits;
pub use recorder::{Recorder, Stored};
pub use server::{Allowance, Listener, Server};
pub use session::{Session, SessionSpec};
pub use state::{Stopped, Summary};
#[cfg(feature = "otlp")]
pub use telemetry::Telemetry;
