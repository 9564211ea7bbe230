//! Where a model is reached: the URL, what proves who asks, and how a streamed answer is cut into events.
//!
//! One file a kind of provider. None knows the form of messages: that is the dialect's, and to a provider a body is
//! bytes. A new kind is a file here, its line in [`of`], and its word in [`spec::model::ProviderKind`].

mod anthropic;
mod client;
mod failure;
mod framing;
mod gemini;
mod openai;
mod request;
mod secrets;
mod throttle;
mod tries;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Request};
use spec::model::{Endpoint, ProviderKind};

pub(crate) use client::{chain, client, send};
pub(crate) use failure::{Failure, Retry};
pub(crate) use framing::{Event, Framing, ServerSent};
pub(crate) use secrets::Secrets;
pub(crate) use throttle::Throttle;
pub(crate) use tries::Tries;

/// An environment variable that holds one of a provider's secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    pub(crate) name: String,
    /// Whether it may be unset.
    pub(crate) optional: bool,
}

/// A call ready to be sent, but for where to and in whose name.
#[derive(Clone, Debug)]
pub(crate) struct Outgoing {
    /// The provider's name for the model.
    pub(crate) model: String,
    /// Whether a streamed answer is wanted.
    pub(crate) stream: bool,
    /// The client's query, where it speaks the provider's dialect.
    pub(crate) query: Option<String>,
    /// Headers of the client's that change what a provider does.
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

/// One kind of provider.
#[async_trait]
pub(crate) trait Provider: Send + Sync {
    /// What it authenticates with.
    fn variables(&self, endpoint: &Endpoint) -> Vec<Variable> {
        let key = endpoint.key_env.clone().map(|name| Variable { name, optional: false });
        key.into_iter().collect()
    }

    /// The request as it goes over the wire. Made anew for each try, so that its headers may sign its URL, its body
    /// and the hour.
    ///
    /// # Errors
    /// When there is no such request, or a token for it cannot be had.
    async fn request(
        &self,
        endpoint: &Endpoint,
        outgoing: &Outgoing,
        secrets: &Secrets,
    ) -> Result<Request<Bytes>, Failure>;

    /// How its streamed answers are cut into events.
    fn framing(&self) -> Box<dyn Framing> {
        Box::new(ServerSent::new())
    }

    /// Whether it takes an output limit as `max_completion_tokens` alone.
    fn refuses_max_tokens(&self) -> bool {
        false
    }
}

/// An endpoint's provider.
pub(crate) fn of(endpoint: &Endpoint) -> Box<dyn Provider> {
    match endpoint.kind() {
        ProviderKind::Anthropic => Box::new(anthropic::Anthropic),
        ProviderKind::Openai => Box::new(openai::Openai { imitated: false }),
        ProviderKind::OpenaiCompatible => Box::new(openai::Openai { imitated: true }),
        ProviderKind::Gemini => Box::new(gemini::Gemini),
    }
}

#[cfg(test)]
mod tests;
