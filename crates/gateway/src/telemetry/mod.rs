//! Model calls as traces and metrics under OpenTelemetry's names for generative AI. Numbers and names only: never a
//! token, a prompt or an answer. Built with the feature `otlp`, and quiet without an endpoint.

mod call;
mod export;
mod names;

use std::{io, sync::Arc};

use async_trait::async_trait;
use ledger::{CallRecord, Digest, TrialId};
use spec::Model;

use crate::{Recorder, Stored};

pub use export::Telemetry;

/// A recorder that tells of each call of a model what `recorder` writes down.
pub(crate) fn told(recorder: &Arc<dyn Recorder>, model: &Arc<Model>) -> Arc<dyn Recorder> {
    Arc::new(Told { recorder: Arc::clone(recorder), model: Arc::clone(model) })
}

struct Told {
    recorder: Arc<dyn Recorder>,
    model: Arc<Model>,
}

#[async_trait]
impl Recorder for Told {
    async fn started(&self, trial: &TrialId, try_number: u32, call: u32, held: f64) -> io::Result<()> {
        self.recorder.started(trial, try_number, call, held).await
    }

    async fn call(&self, record: CallRecord) -> io::Result<()> {
        call::tell(&record, &self.model);
        self.recorder.call(record).await
    }

    fn body(&self, bytes: &[u8]) -> io::Result<Stored> {
        self.recorder.body(bytes)
    }

    fn body_like(&self, bytes: &[u8], like: &Digest) -> io::Result<Stored> {
        self.recorder.body_like(bytes, like)
    }
}
