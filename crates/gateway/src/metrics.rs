//! What a gateway that serves on its own tells Prometheus: numbers and names of models, never a token or a body.

use std::{
    io,
    sync::{Arc, atomic::AtomicU64},
};

use async_trait::async_trait;
use dialect::error;
use http::StatusCode;
use ledger::{CallRecord, Digest, TrialId};
use prometheus_client::{
    encoding::{EncodeLabelSet, text},
    metrics::{
        counter::Counter,
        family::Family,
        gauge::Gauge,
        histogram::{Histogram, exponential_buckets},
    },
    registry::{Registry, Unit},
};
use vocabulary::CallEnding;

use crate::{Recorder, Stored, session::Session};

/// The format of [`Metrics::render`].
pub(crate) const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The counters of one gateway.
pub(crate) struct Metrics {
    registry: Registry,
    calls: Family<OfCall, Counter>,
    tokens: Family<OfTokens, Counter>,
    errors: Family<OfError, Counter>,
    units: Family<OfUnits, Gauge<f64, AtomicU64>>,
    seconds: Family<OfModel, Histogram>,
    first_byte: Family<OfModel, Histogram>,
    open: Gauge,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfModel {
    model: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfCall {
    model: String,
    dialect: &'static str,
    ending: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfTokens {
    model: String,
    kind: &'static str,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfError {
    kind: String,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct OfUnits {
    model: String,
    state: &'static str,
}

/// From 5 ms to about 11 minutes, doubling.
fn latencies() -> Histogram {
    Histogram::new(exponential_buckets(0.005, 2.0, 18))
}

impl Metrics {
    pub(crate) fn new() -> Self {
        let mut registry = Registry::with_prefix("overhang");
        let (calls, tokens, errors) = (Family::default(), Family::default(), Family::default());
        let (units, open) = (Family::default(), Gauge::default());
        let (seconds, first_byte) = (
            Family::new_with_constructor(latencies as fn() -> _),
            Family::new_with_constructor(latencies as fn() -> _),
        );
        registry.register("calls", "Model calls that ended", calls.clone());
        registry.register("tokens", "Tokens of settled calls", tokens.clone());
        registry.register(
            "errors",
            "Requests answered with an error, and answers that broke off",
            errors.clone(),
        );
        registry.register("budget_units", "The budget, and what is used and held of it", units.clone());
        registry.register_with_unit(
            "call",
            "Time from a call's arrival to its end",
            Unit::Seconds,
            seconds.clone(),
        );
        registry.register_with_unit(
            "first_byte",
            "Time from a call's arrival to the first byte of its answer",
            Unit::Seconds,
            first_byte.clone(),
        );
        registry.register("open_connections", "Connections of clients", open.clone());
        Self { registry, calls, tokens, errors, units, seconds, first_byte, open }
    }

    /// Everything, in the text format that Prometheus reads.
    pub(crate) fn render(&self, sessions: &[Session]) -> Result<String, std::fmt::Error> {
        for session in sessions {
            let summary = session.summary();
            let model = &session.0.model.id;
            let states = [("total", summary.budget), ("used", summary.used), ("held", summary.held)];
            for (state, value) in states {
                self.units.get_or_create(&OfUnits { model: model.clone(), state }).set(value);
            }
        }
        let mut out = String::new();
        text::encode(&mut out, &self.registry)?;
        Ok(out)
    }

    /// Counts an answer's status where it is an error.
    pub(crate) fn answered(&self, status: StatusCode) {
        if status.as_u16() >= 400 {
            let kind = error::of_status(u64::from(status.as_u16())).name();
            self.errors.get_or_create(&OfError { kind: kind.into() }).inc();
        }
    }

    /// A connection, counted for as long as what this gives is held.
    pub(crate) fn connection(&self) -> Connection {
        self.open.inc();
        Connection(self.open.clone())
    }

    fn ended(&self, record: &CallRecord, model: &str) {
        let model = model.to_owned();
        let (dialect, ending) = (record.dialect.as_str(), record.ending.as_str());
        // An error with a status of its own is counted when it is answered.
        let failed =
            matches!(record.ending, CallEnding::Error | CallEnding::Truncated | CallEnding::Cancelled);
        if record.status < 400 && failed {
            self.errors.get_or_create(&OfError { kind: ending.into() }).inc();
        }
        self.calls.get_or_create(&OfCall { model: model.clone(), dialect, ending }).inc();
        let usage = record.usage.unwrap_or_default();
        for (kind, tokens) in [
            ("input_uncached", usage.input_uncached),
            ("cache_read", usage.cache_read),
            ("cache_write", usage.cache_write),
            ("output", usage.output),
            ("reasoning", usage.reasoning),
        ] {
            self.tokens.get_or_create(&OfTokens { model: model.clone(), kind }).inc_by(tokens);
        }
        let of_model = OfModel { model };
        self.seconds.get_or_create(&of_model).observe(record.total_ms as f64 / 1000.0);
        if let Some(first) = record.first_byte_ms {
            self.first_byte.get_or_create(&of_model).observe(first as f64 / 1000.0);
        }
    }
}

/// One open connection.
pub(crate) struct Connection(Gauge);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// A recorder that counts what another one writes down. A trial's name is its model's id.
pub(crate) struct Counted {
    pub(crate) recorder: Arc<dyn Recorder>,
    pub(crate) metrics: Arc<Metrics>,
}

#[async_trait]
impl Recorder for Counted {
    async fn started(&self, trial: &TrialId, try_number: u32, call: u32, held: f64) -> io::Result<()> {
        self.recorder.started(trial, try_number, call, held).await
    }

    async fn call(&self, record: CallRecord) -> io::Result<()> {
        self.metrics.ended(&record, &record.trial.0);
        tracing::info!(
            ending = record.ending.as_str(),
            status = record.status,
            charged = record.charged,
            "a call ended"
        );
        self.recorder.call(record).await
    }

    fn body(&self, bytes: &[u8]) -> io::Result<Stored> {
        self.recorder.body(bytes)
    }

    fn body_like(&self, bytes: &[u8], like: &Digest) -> io::Result<Stored> {
        self.recorder.body_like(bytes, like)
    }
}
