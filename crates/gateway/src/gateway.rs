//! The gateway itself.

use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncWrite};

use crate::{
    config::GatewayConfig,
    session::{Session, SessionSpec},
};

/// All sessions of a run, and what they share. Clones share the gateway.
#[derive(Clone)]
pub struct Gateway(Arc<GatewayConfig>);

/// Why a gateway or a session cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The model is unknown.
    #[error("model `{0}` is not one of the gateway's")]
    UnknownModel(String),
    /// A price meter or a spend cap needs prices.
    #[error("model `{model}` has no {price}, and {needed_by} needs it: add it to its profile under [prices]")]
    NoPrice {
        /// The model's id.
        model: String,
        /// The price.
        price: String,
        /// What needs it.
        needed_by: String,
    },
    /// The budget is not a positive number.
    #[error("a budget of {0} lets nothing through: it must be above 0")]
    Budget(f64),
    /// A simulated model was opened without its brief.
    #[error("model `{0}` is simulated and needs a brief")]
    NoBrief(String),
    /// The HTTP client could not be made.
    #[error("the upstream client could not be made: {0}")]
    Client(String),
    /// No random bytes for a token.
    #[error("no random bytes: {0}")]
    Random(String),
}

impl Gateway {
    /// A gateway for the models of a run.
    ///
    /// # Errors
    /// When the upstream client cannot be made, or a spend cap meets a model without prices.
    pub fn new(config: GatewayConfig) -> Result<Self, OpenError> {
        Ok(Self(Arc::new(config)))
    }

    /// Opens a session.
    ///
    /// # Errors
    /// When the model is unknown, or lacks what the meter needs.
    pub fn open(&self, _spec: SessionSpec) -> Result<Session, OpenError> {
        todo!()
    }

    /// Serves HTTP/1 on one connection until it ends. `only`: whose tokens it accepts; any session's when absent.
    pub async fn serve(
        &self,
        _io: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        _only: Option<&Session>,
    ) {
        todo!()
    }

    /// Resolves once the spend cap is reached; never without one.
    pub async fn cap_reached(&self) {
        todo!()
    }

    /// US dollars spent by all sessions, those before a resumption included.
    pub fn spent_usd(&self) -> f64 {
        todo!()
    }
}
