//! Where a model is reached: the URL, what proves who asks, and how a streamed answer is cut into events.
//!
//! One file a kind of provider. None knows the form of messages: that is the dialect's (but for `converse`, which no
//! client speaks). What a place wants said otherwise than the dialect's maker is a few fields, in [`fit`](fit()). A new
//! kind is a file here, its line in [`of`], and its word in [`spec::model::ProviderKind`].

mod anthropic;
mod auth;
mod aws;
mod azure;
mod bedrock;
mod client;
mod converse;
mod eventstream;
mod failure;
mod fit;
mod framing;
mod fresh;
mod gemini;
mod google;
mod limits;
mod openai;
mod request;
mod secrets;
mod source;
mod throttle;
mod tries;
mod variables;
mod vertex;

use async_trait::async_trait;
use bytes::Bytes;
use http::{HeaderMap, Request};
use serde_json::Value;
use spec::model::{Endpoint, ProviderKind};

pub(crate) use client::{chain, client, send};
use eventstream::EventStream;
pub(crate) use failure::{Failure, Retry};
pub(crate) use fit::{Hosted, completion_limit, fit};
pub(crate) use framing::{Event, Framing, ServerSent};
pub use limits::UpstreamLimits;
pub(crate) use secrets::Secrets;
pub(crate) use throttle::Throttle;
pub(crate) use tries::Tries;
pub(crate) use variables::{Variable, variables};

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

    /// Whether its bodies are not those of its dialect.
    fn rewrites(&self) -> bool {
        false
    }

    /// A body of its dialect as this provider has it, and what has no place in it, in words.
    fn rewrite(&self, body: Value) -> (Value, Vec<String>) {
        (body, Vec::new())
    }

    /// How it wants the bodies of Anthropic's models, where it is not Anthropic.
    fn hosted(&self, _: &Endpoint) -> Option<Hosted> {
        None
    }
}

/// An endpoint's provider.
pub(crate) fn of(endpoint: &Endpoint) -> Box<dyn Provider> {
    match endpoint.kind() {
        ProviderKind::Anthropic => Box::new(anthropic::Anthropic),
        ProviderKind::Openai => Box::new(openai::Openai { imitated: false }),
        ProviderKind::OpenaiCompatible => Box::new(openai::Openai { imitated: true }),
        ProviderKind::Gemini => Box::new(gemini::Gemini),
        ProviderKind::AzureOpenai => Box::new(azure::Azure),
        ProviderKind::Bedrock => Box::new(bedrock::Bedrock),
        ProviderKind::BedrockConverse => Box::new(converse::Converse),
        ProviderKind::Vertex => Box::new(vertex::Vertex),
    }
}

#[cfg(test)]
pub(crate) mod tests;
